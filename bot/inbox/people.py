"""What a colleague does in a conversation: takes it over, speaks, decides, gives it back. The counter calls these, and
desks whose people do the same there. Each is written at once, and the buyer's browser shows it.

``by`` is the name that goes on record, and with it on the audit trail whatever has changed anything. Who may do what is
the caller's business. All of them may raise:

- ``NoConversation``: nobody has ever said a word there;
- ``TakenByOther``: another colleague has it, by ``name``;
- ``NotPossible``: the claim is not where that can be done, for ``code``;
- ``Conflict``: others were quicker again and again; nothing was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from bot.claims.events import SaidBy
from bot.claims.model import Claim, Remedy
from bot.claims.negotiation import Terms
from bot.desk import Case, people
from bot.desk.handoffs import hand_off, step_aside
from bot.desk.people import NotPossible, Proposal
from bot.inbox import outside
from bot.inbox.answer import HANDED_OFF
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming
from bot.inbox.text import printable
from bot.store import Author, Entry, Handoff
from bot.talk import colleague, due, waiting

__all__ = ["NoConversation", "NotPossible", "Proposal", "TakenByOther", "Terms"]

Result = TypeVar("Result")


class NoConversation(LookupError):
    """There is no such conversation."""


class TakenByOther(RuntimeError):
    """Another colleague has it; ``name`` is who."""

    def __init__(self, name: str) -> None:
        super().__init__(f"taken by {name}")
        self.name = name


def take_over(inbox: Inbox, conversation_id: str, *, by: str) -> Handoff:
    """From now on ``by`` has it, and the bot is silent; whether a person was asked for or not."""

    def take(case: Case) -> Handoff:
        assert case.handoff is not None  # `_change` has taken it
        return case.handoff

    return _change(inbox, conversation_id, by, "taken", take)


def release(inbox: Inbox, conversation_id: str, *, by: str, may_others: bool = False) -> None:
    """Back into the queue, for another colleague; ``may_others``: also what a third one has, who has gone home."""

    def put_back(case: Case) -> None:
        if case.handoff:
            if not may_others:
                _take(case, by)
            case.custody.put_back()

    _change(inbox, conversation_id, by, "released", put_back, takes=False)


def say(
    inbox: Inbox, conversation_id: str, text: str, *, by: str, message_id: str | None = None, elsewhere: bool = False
) -> Entry | None:
    """The buyer reads it: at once, or with the next answer where nothing can be sent unasked. ``elsewhere``: the buyer
    has read it already, in a tool of the shop's own.

    Returns:
        The entry in the log; None for a text with nothing in it. The same ``message_id`` again changes nothing.
    """
    words = printable(text)
    known = inbox.log.get(conversation_id, message_id) if message_id else None
    if known or not words:
        return known

    def speak(case: Case) -> None:
        tell = case.tell if elsewhere else case.tell_buyer
        tell(Author.AGENT, {"text": words, "by": by}, message_id)

    _change(inbox, conversation_id, by, "said", speak)
    return inbox.log.get(conversation_id, message_id) if message_id else inbox.log.last(conversation_id, Author.AGENT)


def give_back(inbox: Inbox, conversation_id: str, *, by: str) -> None:
    """The bot asks the buyer whether it may go on, and is silent until the yes."""

    def offer(case: Case) -> None:
        if case.is_with_platform:
            raise NotPossible("platform")
        if case.handoff and not case.handoff.offered_back_at:
            _take(case, by)
            waiting.give_back(case, by)

    _change(inbox, conversation_id, by, "given_back", offer, takes=False)


# --- decisions ------------------------------------------------------------------------------------


def proposals(inbox: Inbox, conversation_id: str) -> Sequence[Proposal]:
    """What could be offered for the claim at hand, what the bot may offer by itself first."""
    return people.proposals(_open(inbox, conversation_id))


def propose_offer(
    inbox: Inbox,
    conversation_id: str,
    remedy: Remedy,
    amount_fen: int,
    goodwill_fen: int = 0,
    *,
    by: str,
    may_exceed: bool = False,
) -> Claim:
    """The buyer gets it with a button for yes; above the shop's limits, and without the right to exceed them, it stands
    as ``claim.proposal`` until somebody approves it."""
    terms = Terms(remedy, amount_fen, goodwill_fen)

    def propose(case: Case) -> Claim:
        return _made(case, people.propose(case, terms, by, may_exceed=may_exceed))

    return _change(inbox, conversation_id, by, "offered", propose, more=_sum(terms))


def approve(inbox: Inbox, conversation_id: str, terms: Terms, *, by: str, may_exceed: bool = False) -> Claim:
    """What was proposed becomes the offer; it need not be the approver who has the conversation. ``terms``: what the
    approver has seen; above the shop's limits only with the right to exceed them."""

    def agree(case: Case) -> Claim:
        return _made(case, people.approve(case, terms, by, may_exceed=may_exceed))

    return _change(inbox, conversation_id, by, "approved", agree, takes=False, more=_sum(terms))


def change_counts(inbox: Inbox, conversation_id: str, item: str, missing: int, *, by: str) -> Claim:
    """So many of the item, by its sku or its title, are missing; what was offered for another count is void."""

    def change(case: Case) -> Claim:
        claim = people.change_counts(case, item, missing, by)
        case.tell_buyer(Author.BOT, colleague.counts(claim))
        return claim

    return _change(inbox, conversation_id, by, "counted", change, more={"item": item, "missing": str(missing)})


def refuse(inbox: Inbox, conversation_id: str, reason: str, *, by: str) -> Claim:
    """``reason``: one of ``colleague.REASONS_TO_REFUSE``. The buyer reads it, and the way to the platform."""
    if reason not in colleague.REASONS_TO_REFUSE:
        raise NotPossible("reason")

    def say_no(case: Case) -> Claim:
        claim = people.refuse(case, reason, by)
        case.tell_buyer(Author.BOT, colleague.refused(claim))
        return claim

    return _change(inbox, conversation_id, by, "refused", say_no, more={"reason": reason})


def other_kind(inbox: Inbox, conversation_id: str, kind: str, *, by: str) -> Claim:
    """Nothing is short: ``kind`` is one of ``colleague.OTHER_KINDS``."""
    if kind not in colleague.OTHER_KINDS:
        raise NotPossible("kind")

    def note(case: Case) -> Claim:
        claim = people.other_kind(case, kind, by)
        case.tell_buyer(Author.BOT, colleague.other_kind(claim))
        return claim

    return _change(inbox, conversation_id, by, "other_kind", note, more={"kind": kind})


def platform_stepped_in(inbox: Inbox, conversation_id: str, *, by: str) -> None:
    """小二 has it: the bot is silent here for good. What was promised stays."""

    def leave(case: Case) -> None:
        if step_aside(case, SaidBy.DESK):
            case.custody.take(by)

    _change(inbox, conversation_id, by, "platform", leave, takes=False)


def fulfilled(inbox: Inbox, claim_id: str, *, by: str, carrier: str | None = None, number: str | None = None) -> Claim:
    """What the claim promised is done, now, and the buyer is told. Nobody has to take the conversation over for it."""
    claim = inbox.desk.store.claims.get(claim_id)
    if claim is None:
        raise NotPossible("no_claim")

    def keep(case: Case) -> Claim:
        promise = _of(case, claim_id).promise
        if promise is None or promise.kept_at:
            raise NotPossible("kept" if promise else "nothing_promised")
        return due.fulfil(case, _of(case, claim_id), carrier, number, by)

    more = {"claim": claim_id, "carrier": carrier or "", "number": number or ""}
    return _change(inbox, claim.conversation_id, by, "fulfilled", keep, takes=False, more=more)


# --- how --------------------------------------------------------------------------------------


def can_push(inbox: Inbox, conversation_id: str) -> bool:
    """Does the buyer see at once what is said there unasked?"""
    return inbox.desk.store.conversations.can_push(conversation_id)


def _change(
    inbox: Inbox,
    conversation_id: str,
    by: str,
    did: str,
    change: Callable[[Case], Result],
    *,
    takes: bool = True,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Result:
    """``takes``: ``by`` has the conversation before it is done; else it stays with whoever has it. ``did`` and ``more``
    go on the audit trail."""
    _open(inbox, conversation_id)
    results: list[Result] = []

    def take_and_change(case: Case) -> None:
        results.clear()
        if takes:
            _take(case, by)
        results.append(change(case))
        if case.is_changed:
            case.note(by, did, **more)

    outside.change(inbox, Incoming(conversation_id), take_and_change)
    return results[0]


def _sum(terms: Terms) -> dict[str, str]:
    return {"remedy": terms.remedy.value, "fen": str(terms.amount_fen + terms.goodwill_fen)}


def _take(case: Case, by: str) -> None:
    if case.handoff is None:
        hand_off(case, "agent_took_over")
        case.tell(Author.SYSTEM, {"state": HANDED_OFF})
    assert case.handoff is not None
    if case.handoff.taken_by not in (None, by):
        raise TakenByOther(case.handoff.taken_by or "")
    if case.handoff.taken_by is None or case.handoff.offered_back_at:
        case.custody.take(by)  # the colleague goes on, before the buyer has said yes to the bot


def _made(case: Case, claim: Claim) -> Claim:
    """Tell the buyer of an offer that was made; one that waits for a yes is nobody's business yet."""
    if claim.proposal is None:
        case.tell_buyer(Author.BOT, colleague.offer(case, claim))
    return claim


def _of(case: Case, claim_id: str) -> Claim:
    return next(claim for claim in case.claims if claim.claim_id == claim_id)


def _open(inbox: Inbox, conversation_id: str) -> Case:
    if inbox.desk.store.conversations.get(conversation_id) is None:
        raise NoConversation(conversation_id)
    return inbox.desk.open(outside.owner(inbox, Incoming(conversation_id)))
