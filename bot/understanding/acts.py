"""What a message does, act by act: it states facts, wishes, agrees, asks, complains of something else. Needs no Rasa.

A message is seldom one thing, and nothing that was said may be dropped. Each act keeps the words that it was read from,
and the intent under which rules and stories know it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

from bot.claims.model import Order
from bot.language.pattern_files import read_patterns
from bot.language.sums import named_sum
from bot.understanding.replies import names_other_address
from bot.understanding.replies import read as read_reply
from bot.understanding.several import Stated, apart, goods_named


class Kind(str, Enum):
    FACT = "fact"  # which order, which item, how many
    DENIAL = "denial"  # not that one
    WISH = "wish"
    YES = "yes"
    NO = "no"
    SUM = "sum"
    EVIDENCE = "evidence"
    PROBLEM = "problem"  # wrong, broken, light, never came: no shortage
    QUESTION = "question"
    FEELING = "feeling"
    CALL = "call"  # for a person, or for the platform
    WITHDRAWAL = "withdrawal"
    TALK = "talk"  # greetings, thanks, small talk, and what was not understood


_AT_ONCE = frozenset({Kind.QUESTION, Kind.CALL, Kind.EVIDENCE})

_KINDS: Mapping[str, tuple[Kind, Any]] = {
    "report_short_shipment": (Kind.FACT, None),
    "give_order": (Kind.FACT, None),
    "give_item": (Kind.FACT, None),
    "give_quantity": (Kind.FACT, None),
    "correct_claim": (Kind.DENIAL, None),
    "request_reship": (Kind.WISH, "reship"),
    "request_refund": (Kind.WISH, "refund"),
    "request_return": (Kind.WISH, "return"),
    "accept_offer": (Kind.YES, None),
    "affirm": (Kind.YES, None),
    "reject_offer": (Kind.NO, None),
    "deny": (Kind.NO, None),
    "counter_offer": (Kind.SUM, None),
    "give_evidence": (Kind.EVIDENCE, True),
    "no_evidence": (Kind.EVIDENCE, False),
    "report_wrong_item": (Kind.PROBLEM, "wrong"),
    "report_damage": (Kind.PROBLEM, "broken"),
    "report_not_received": (Kind.PROBLEM, "not_received"),
    "report_quality": (Kind.PROBLEM, "other"),
    "vent_anger": (Kind.FEELING, "anger"),
    "threaten_review": (Kind.FEELING, "review"),
    "request_human": (Kind.CALL, "person"),
    "request_platform": (Kind.CALL, "platform"),
    "platform_stepped_in": (Kind.CALL, "platform"),
    "withdraw_claim": (Kind.WITHDRAWAL, None),
}
_ANOTHER = re.compile("呢|还有|也|另外|少|缺|没|漏")
COMPLAINT, FALLBACK, ADDRESS = "report_short_shipment", "nlu_fallback", "ask_other_service"
_STATES_FACTS = frozenset({COMPLAINT, "give_item", "give_quantity", "correct_claim"})
_OF_MONEY = frozenset({"ask_compensation", "ask_rule", "counter_offer"})
_WISHES = frozenset(name for name, (kind, _) in _KINDS.items() if kind is Kind.WISH)
# Of what single clauses say besides, the acts that are dealt with by themselves. A wish goes with the facts; what is
# merely polite or loud asks for nothing.
_BESIDE: Mapping[Kind, frozenset[str]] = {
    Kind.FACT: frozenset(
        {"ask_compensation", "ask_freight", "ask_time_limit", "report_wrong_item", "report_damage", "no_evidence"}
        | {"request_human"}
    ),
    Kind.YES: frozenset({"ask_compensation", "ask_freight", "report_wrong_item", "report_damage", "request_human"}),
    Kind.WITHDRAWAL: frozenset({"no_evidence"}),
}

Parse = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """``item``: the title where it is known, else the buyer's word for it. ``confidence``: 0 to 1.

    ``message``: the act by itself, as a parse that rules, stories and handlers can go by.
    """

    kind: Kind
    value: Any
    item: str | None
    words: str
    confidence: float
    message: Parse
    noted: bool = False  # it has been said back

    @property
    def is_at_once(self) -> bool:
        """Is it answered with the message that it came with, whatever else is in work?"""
        return self.kind in _AT_ONCE

    def as_json(self) -> dict[str, Any]:
        """The public shape: see the seams in DESIGN.md."""
        shown = {name: value for name, value in asdict(self).items() if name not in ("message", "noted")}
        return {**shown, "kind": self.kind.value, "confidence": round(self.confidence, 4)}

    def kept(self) -> dict[str, Any]:
        """As JSON, whole; ``Act.again`` reads it."""
        return {**self.as_json(), "message": dict(self.message), "noted": self.noted}

    @staticmethod
    def again(kept: Mapping[str, Any]) -> Act:
        return Act(**{**kept, "kind": Kind(kept["kind"])})


def acts_of(parsed: Parse, orders: Callable[[], Iterable[Order]] = tuple) -> list[Act]:
    """The acts of a message, that of its own intent first; none of a message that says nothing.

    Args:
        parsed: ``text``, ``intent``, ``entities``, ``also`` and ``clauses``, as the model reads it.
        orders: the buyer's, by whose goods several things in one message are told apart; asked for only if there may
            be several.
    """
    intent = (parsed.get("intent") or {}).get("name")
    if not intent or not parsed["text"].strip():
        return []
    if intent in _OF_MONEY and (both := _complaint_and_question(parsed, orders)):
        return both
    stated = apart(parsed["text"], orders) if intent in _STATES_FACTS | {FALLBACK} else []
    facts = _by_order(parsed, stated) if stated else [_act(parsed)]
    beside = _beside(parsed, facts[0].kind)
    if facts[0].kind is Kind.FACT and not stated:
        facts = [_act(_without(parsed, [act.words for act in beside if act.kind is Kind.PROBLEM], orders))]
    return [*facts, *_after_yes(parsed, orders), *beside, *_address(parsed)]


def _without(parsed: Parse, problems: Sequence[str], orders: Callable[[], Iterable[Order]]) -> Parse:
    """The message without the clauses that tell of something else, if what is left still names its thing: of
    袜子少了一双,面霜瓶子碎了 the socks."""
    text = parsed["text"]
    for words in problems:
        at = text.find(words)
        text = text[:at] + " " * len(words) + text[at + len(words) :] if at >= 0 else text
    if text == parsed["text"] or not goods_named(text, orders()):
        return parsed
    entities = [e for e in parsed.get("entities") or () if text[e.get("start", 0) : e.get("end", 1)].strip()]
    return {**parsed, "text": text, "entities": entities}


def _act(message: Parse) -> Act:
    intent = message["intent"]
    kind, value = _KINDS.get(intent["name"], (Kind.TALK, None))
    if kind is Kind.TALK and intent["name"].startswith("ask_"):
        kind, value = Kind.QUESTION, intent["name"].removeprefix("ask_")
    if kind is Kind.SUM:
        named = named_sum(message["text"], haggling=True)
        value = named.fen if named else None
    if kind is Kind.FACT:
        value = _counts(message) or None
    items = [entity["value"] for entity in message.get("entities") or () if entity["entity"] == "product"]
    item = next(iter(items), None)
    return Act(kind, value, item, message["text"], float(intent.get("confidence") or 0.0), message)


def _counts(message: Parse) -> dict[str, int]:
    counted = (entity for entity in message.get("entities") or () if entity["entity"] == "quantity")
    return {entity["role"]: entity["value"] for entity in counted}


def _by_order(parsed: Parse, stated: Sequence[Stated]) -> list[Act]:
    """A fact for each order that is spoken of; several lines of one are its ``parts``. A gift is settled by itself."""
    groups: dict[tuple[str, bool], list[Stated]] = {}
    for each in (each for each in stated if not each.came):
        groups.setdefault((each.order_id or each.title, each.is_gift), []).append(each)
    wishes = [name for name in parsed.get("also") or () if name in _WISHES]
    acts: list[Act] = []
    for parts in groups.values():
        message: dict[str, Any] = {
            **complaint(parsed),
            "text": ",".join(part.text for part in parts),
            "entities": [entity for part in parts for entity in part.entities],
            "also": wishes,
            "parts": [{"text": part.text, "entities": list(part.entities), "sku": part.sku} for part in parts],
        }
        if not acts:
            message["came"] = [each.sku for each in stated if each.came]
            if parsed["intent"]["name"] != FALLBACK:  # 泳帽泳镜都木有: who names what is missing complains
                message["intent"] = parsed["intent"]
        acts.append(replace(_act(message), item="、".join(part.title for part in parts)))
    return acts


def complaint(message: Parse) -> Parse:
    """The message as what opens a claim, with nothing but its own words."""
    intent = {"name": COMPLAINT, "confidence": message["intent"].get("confidence")}
    return {"text": message["text"], "intent": intent, "entities": message.get("entities") or [], "also": []}


def _after_yes(parsed: Parse, orders: Callable[[], Iterable[Order]]) -> list[Act]:
    """行 那袜子呢: a yes, and the next thing."""
    if parsed["intent"]["name"] not in ("accept_offer", "affirm"):
        return []
    rest = "".join(read_reply(parsed["text"]).rest)
    goods = goods_named(rest, orders()) if _ANOTHER.search(rest) else []
    if not goods:
        return []
    message = {"text": rest, "intent": {"name": "give_item", "confidence": 1.0}, "entities": []}
    return [replace(_act(message), item=goods[0])]


def _complaint_and_question(parsed: Parse, orders: Callable[[], Iterable[Order]]) -> list[Act]:
    """T恤少了一件,能赔多少钱: the claim, and the question, which is answered for it. A sum that is named stays one."""
    text = parsed["text"]
    if not _counts(parsed).get("missing") or named_sum(text, haggling=True) or not goods_named(text, orders()):
        return []
    intent = {"name": "ask_compensation", "confidence": parsed["intent"].get("confidence")}
    return [_act(complaint(parsed)), _act({"text": text, "intent": intent, "entities": []})]


def _address(parsed: Parse) -> list[Act]:
    """可以,但我搬家了: beside the answer, and a person's matter."""
    answers = parsed["intent"]["name"] in {"accept_offer", "affirm"} | _WISHES
    if not answers or not names_other_address(parsed["text"]):
        return []
    act = _act({"text": parsed["text"], "intent": {"name": ADDRESS, "confidence": 1.0}, "entities": []})
    return [replace(act, kind=Kind.CALL, value="address")]


def _beside(parsed: Parse, first: Kind) -> list[Act]:
    """What single clauses say for certain besides; ``also`` names it."""
    wanted = _BESIDE.get(first, frozenset())
    certain = set(parsed.get("also") or ())
    found: dict[str, Act] = {}
    for clause in parsed.get("clauses") or ():
        name = clause["intent"]
        if name == parsed["intent"]["name"] or name not in wanted or name in found:
            continue
        named = _names_trouble(name, clause["text"])
        if named if named is not None else name in certain:
            intent = {"name": name, "confidence": clause["confidence"]}
            found[name] = _act({"text": clause["text"], "intent": intent, "entities": []})
    return list(found.values())


def _names_trouble(intent: str, text: str) -> bool | None:
    """Of a problem: is it named? A clause by itself is soon taken for one. None: it is none of those."""
    words = read_patterns("troubles").get(intent)
    return any(word in text for word in words) if words else None
