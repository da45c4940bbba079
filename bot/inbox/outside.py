"""What is done in a conversation by others than buyer and bot: from then on the bot is silent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from bot.claims.events import SaidBy
from bot.desk import Case, Speaker
from bot.desk.handoffs import hand_off, step_aside
from bot.inbox.answer import HANDED_OFF, standing
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, Outcome
from bot.inbox.text import printable
from bot.store import Author, Conflict

SOMEBODY = "同事"  # a tool does not always say who types
_TRIES = 5  # a turn of the bot may change the claim just then, or the same come twice at once


def agent_said(inbox: Inbox, incoming: Incoming) -> None:
    """A person has typed in this conversation, in a tool of the shop's own: the buyer sees it there.

    The first line takes over. The same ``message_id`` again changes nothing, and neither does the bot's own line that
    the tool sends back: what it is called is known.

    Raises:
        Conflict: others were quicker again and again; nothing was written.
    """
    text = printable(incoming.text)

    def speak(case: Case) -> None:
        if incoming.message_id and inbox.log.get(incoming.conversation_id, incoming.message_id):
            return  # it has come before
        if not case.handoff:
            hand_off(case, "agent_took_over")
            case.tell(Author.SYSTEM, {"state": HANDED_OFF})
        if case.handoff and (case.handoff.is_waiting or case.handoff.offered_back_at):
            case.custody.take(case.handoff.taken_by or SOMEBODY)
        if text:
            case.tell(Author.AGENT, {"text": text}, incoming.message_id)

    change(inbox, incoming, speak)


def platform_stepped_in(inbox: Inbox, incoming: Incoming) -> Outcome:
    """The shop's own software says that 小二 has stepped in: the bot is silent here for good.

    Once is enough; what was known before changes nothing.

    Raises:
        Conflict: others were quicker again and again; nothing was written.
    """

    def leave(case: Case) -> None:
        was_with_person = case.handoff is not None
        if step_aside(case, SaidBy.DESK) and not was_with_person:
            case.tell(Author.SYSTEM, {"state": HANDED_OFF})

    return standing(change(inbox, incoming, leave))


def change(inbox: Inbox, incoming: Incoming, do: Callable[[Case], None]) -> Case:
    """Do it in the conversation's case and save it; anew when somebody else has changed the same meanwhile."""
    for _ in range(_TRIES - 1):
        with suppress(Conflict):
            return _try(inbox, incoming, do)
    return _try(inbox, incoming, do)


def _try(inbox: Inbox, incoming: Incoming, do: Callable[[Case], None]) -> Case:
    case = inbox.desk.open(owner(inbox, incoming))
    do(case)
    with inbox.desk.store.transaction() as parts:
        if case.is_handed_over_now:  # what the bot is about to say is void
            parts.conversations.interrupt(incoming.conversation_id)
        case.save(parts)
    inbox.feed.tell(incoming.conversation_id)
    return case


def owner(inbox: Inbox, incoming: Incoming) -> Speaker:
    """The buyer whose conversation it is: who speaks here is somebody else."""
    conversation = inbox.desk.store.conversations.get(incoming.conversation_id)
    owner = conversation.buyer_id if conversation else None
    return Speaker(incoming.conversation_id, owner or incoming.buyer_id or incoming.conversation_id)
