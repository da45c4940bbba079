"""What was said and has to wait: it is said back with the rest, and taken up as soon as nothing else is in work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.claims.model import Claim, ClaimState, Order, Remedy
from bot.desk import Case, facts
from bot.talk import phrases
from bot.talk.turn import Memory, Turn
from bot.understanding import matching, replies
from bot.understanding.acts import Act, Kind, complaint
from bot.understanding.hearing import hear, hear_all
from bot.understanding.several import goods_named

SLOT = "agenda"
TOGETHER = "together"
EMPTY: Mapping[str, Any] = {SLOT: None, TOGETHER: None}
_OVER = frozenset({ClaimState.WITHDRAWN, ClaimState.EXPIRED})
_WAITS = frozenset({"utter_wait_agreed"})


def waiting(slots: Mapping[str, Any]) -> list[Act]:
    return [Act.again(kept) for kept in slots.get(SLOT) or ()]


def kept(acts: Iterable[Act]) -> list[dict[str, Any]] | None:
    """The slot's value."""
    return [act.kept() for act in acts] or None


def with_more(acts: Sequence[Act], more: Iterable[Act]) -> list[Act]:
    """Facts before problems; what is said again of the same thing takes the place of what was said before."""
    more = list(more)
    said = {(act.kind, act.item) for act in more if act.item}
    all_of_them = [*(act for act in acts if (act.kind, act.item) not in said), *more]
    return sorted(all_of_them, key=lambda act: act.kind is Kind.PROBLEM)


def about(message: Mapping[str, Any], order: Order) -> Act:
    """The message as a fact about that order, said back already."""
    heard = hear(message, None)
    lines = matching.mentioned(heard.text, order.lines) or order.lines[:1]
    meant = {"entity": "order_number", "value": order.order_id}
    by_itself = {**message, "entities": [*message.get("entities", ()), meant]}
    words = str(message["text"])
    sure = float(message["intent"].get("confidence") or 0.0)
    return Act(Kind.FACT, None, "、".join(line.title for line in lines), words, sure, complaint(by_itself), noted=True)


def taken_up(case: Case, memory: Memory) -> tuple[Act | None, list[Act]]:
    """The act whose turn it is now, if there is one, and those that go on waiting."""
    acts = [act for act in waiting(memory.slots) if not _is_claimed(case, act)]
    due = next((act for act in acts if _is_due(case, memory, act)), None)
    return due, [act for act in acts if act is not due]


def named(turn: Turn, claim: Claim) -> tuple[list[Act], list[Act]]:
    """The facts that wait and that the message names, when it names nothing of the claim in work; and the others."""
    acts = waiting(turn.memory.slots)
    titles = set(goods_named(turn.text, turn.case.recent_orders())) if acts else set()
    if titles & {line.title for line in claim.lines}:
        return [], acts
    gone = [act for act in acts if act.kind is Kind.FACT and titles & {*str(act.item).split("、")}]
    return gone, [act for act in acts if act not in gone]


def for_all(turn: Turn) -> bool:
    """都行,一起办: is the answer for all that waits, too?"""
    return any(act.kind is Kind.FACT for act in waiting(turn.memory.slots)) and replies.means_all(turn.text)


def together(turn: Turn) -> Remedy | None:
    """The remedy that the buyer has agreed to for all that was said, before each had its turn."""
    remedy = turn.memory.slots.get(TOGETHER)
    return Remedy(remedy) if remedy else None


def begins(turn: Turn) -> dict[str, Any]:
    """For a fact that is new, the yes of before was not meant; for one that has waited it was."""
    return {} if turn.message.get("taken_up") else {TOGETHER: None}


def says_none(slots: Mapping[str, Any]) -> bool:
    """Has the buyer said beforehand that there is nothing to show?"""
    return any(act.kind is Kind.EVIDENCE for act in waiting(slots))


def said_back(turn: Turn, claim: Claim) -> dict[str, Any]:
    """Says what was understood, with all that waits and has not been said back; the slot as it is then."""
    acts = waiting(turn.memory.slots)
    fresh = [act for act in acts if not act.noted]
    others = [said for act in fresh if act.kind is Kind.FACT and (said := _understood(turn.case, act))]
    if turn.message.get("taken_up"):
        turn.say("utter_understood_next", lines=phrases.understood(claim))
    elif others:
        lines = "；".join([phrases.understood(claim), *others])
        turn.say("utter_understood_several", lines=lines, item="、".join(line.title for line in claim.lines))
    else:
        turn.say("utter_understood", lines=phrases.understood(claim))
    for act in fresh:
        if act.kind is Kind.PROBLEM:
            turn.say("utter_problem_noted", said=act.words)
    return {SLOT: kept(replace(act, noted=True) for act in acts)} if fresh else {}


def _understood(case: Case, act: Act) -> str:
    heard = hear_all(act.message, None)
    order = case.order(heard[0].order_id)
    claim = facts.supposed(case, heard, order)
    known = order is not None and claim.lines and all(line.missing is not None for line in claim.lines)
    return phrases.understood(claim) if known else phrases.short(act.item or act.words)


def _is_due(case: Case, memory: Memory, act: Act) -> bool:
    if act.kind is Kind.EVIDENCE:
        return memory.form == "evidence_form"
    if act.is_at_once:
        return True
    if memory.form:
        return False
    in_work = case.active is not None and case.active.state is not ClaimState.AGREED
    return not in_work or memory.last_action in _WAITS


def _is_claimed(case: Case, act: Act) -> bool:
    """Has it been claimed in this conversation meanwhile?"""
    claimed = {line.title for claim in case.here if claim.state not in _OVER for line in claim.lines}
    return act.kind is Kind.FACT and bool(act.item) and {*str(act.item).split("、")} <= claimed
