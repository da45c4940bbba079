"""What is on record of a conversation or claim, as programs of the shop's ask for it; and what they report."""

from __future__ import annotations

from typing import Any

from bot.desk import Case
from bot.desk.handoffs import hand_off
from bot.inbox import outside, people
from bot.inbox.answer import HANDED_OFF
from bot.inbox.claim_view import claim_as_json, handoff_as_json
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, NotYours, Outcome
from bot.store import Author, Conversation, Entry
from bot.store.ratings import Rating


class NoMessage(LookupError):
    """Nothing of that id was said by a buyer there."""


def conversation(inbox: Inbox, conversation_id: str, buyer_id: str | None, after: int) -> dict[str, Any]:
    """Who has it, its claims, and a page of what was said after entry number ``after``.

    Raises:
        NoConversation, NotYours: see there.
    """
    _find(inbox, conversation_id, buyer_id)
    entries = inbox.log.page_after(conversation_id, after)
    ratings = inbox.desk.store.ratings.of(conversation_id)
    return {
        **state(inbox, conversation_id),
        "messages": [_entry_as_json(entry) for entry in entries],
        "ratings": [{"message_id": each.message_id or None, "score": each.score} for each in ratings],
    }


def state(inbox: Inbox, conversation_id: str) -> dict[str, Any]:
    """Who has it, and its claims, the latest first."""
    found = _find(inbox, conversation_id)
    case = inbox.desk.open(outside.owner(inbox, Incoming(conversation_id)))
    return {
        "conversation_id": conversation_id,
        "buyer_id": found.buyer_id,
        "handoff": handoff_as_json(case.handoff, begun=False) if case.handoff else None,
        "claims": [claim_as_json(each) for each in case.here],
    }


def answer_to(inbox: Inbox, conversation_id: str, message_id: str, buyer_id: str | None) -> Outcome | None:
    """The answer that a message got; None while it waits for one.

    Raises:
        NoConversation, NotYours, NoMessage: see there.
    """
    _find(inbox, conversation_id, buyer_id)
    entry = inbox.log.get(conversation_id, message_id)
    if entry is None or entry.author is not Author.BUYER:
        raise NoMessage(message_id)
    known = inbox.log.answer_to(conversation_id, message_id)
    return Outcome(**known) if known is not None else None


def hand_over(inbox: Inbox, conversation_id: str, by: str | None) -> dict[str, Any]:
    """To ``by``, who has it from now on; without a name into the queue. Who has it already keeps it.

    Raises:
        NoConversation, TakenByOther: see there.
    """
    _find(inbox, conversation_id)
    if by:
        people.take_over(inbox, conversation_id, by=by)
        return state(inbox, conversation_id)

    def call_somebody(case: Case) -> None:
        if case.handoff is None:
            hand_off(case, "user_requested")
            case.tell(Author.SYSTEM, {"state": HANDED_OFF})

    outside.change(inbox, Incoming(conversation_id), call_somebody)
    return state(inbox, conversation_id)


def rate(inbox: Inbox, conversation_id: str, message_id: str, score: int, comment: str) -> None:
    """
    Raises:
        NoConversation, NoMessage: see there.
    """
    _find(inbox, conversation_id)
    if message_id and inbox.log.get(conversation_id, message_id) is None:
        raise NoMessage(message_id)
    store = inbox.desk.store
    store.ratings.put(Rating(conversation_id, message_id, score, comment, inbox.desk.clock()))


def claim(inbox: Inbox, claim_id: str) -> dict[str, Any]:
    """
    Raises:
        NotPossible: ``no_claim``.
    """
    found = inbox.desk.store.claims.get(claim_id)
    if found is None:
        raise people.NotPossible("no_claim")
    promise = found.promise
    return {
        **claim_as_json(found),
        "conversation_id": found.conversation_id,
        "opened_at": found.opened_at.isoformat(),
        "fulfilled_at": promise.kept_at.isoformat() if promise and promise.kept_at else None,
    }


def _find(inbox: Inbox, conversation_id: str, buyer_id: str | None = None) -> Conversation:
    found = inbox.desk.store.conversations.get(conversation_id)
    if found is None:
        raise people.NoConversation(conversation_id)
    if buyer_id and found.buyer_id and found.buyer_id != buyer_id:
        raise NotYours(f"conversation {conversation_id} is another buyer's")
    return found


def _entry_as_json(entry: Entry) -> dict[str, Any]:
    shown = {"id": entry.entry_id, "seq": entry.seq, "author": entry.author.value, "at": entry.at.isoformat()}
    body = entry.body
    return {
        **shown,
        "text": body.get("text"),
        "quick_replies": body.get("buttons") or [],
        "card": body.get("card"),
        "file": body.get("file") and {name: value for name, value in body["file"].items() if name != "name"},
        "state": body.get("state"),
    }
