"""What has happened in Chatwoot, written down: in the log, in the outbox, and who has the conversation. All of it
blocks, and each may come again: what was done before is not done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.desk import Case
from bot.desk.handoffs import hand_off
from bot.doors.chatwoot.events import Happened
from bot.doors.chatwoot.inboxes import ChatwootInbox
from bot.doors.chatwoot.pictures import PICTURE
from bot.inbox import outside
from bot.inbox.answer import HANDED_OFF
from bot.inbox.choices import meant, standing
from bot.inbox.conversations import named
from bot.inbox.forwarding import lane_of
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming
from bot.store import Author, Conflict, Thread
from bot.talk import waiting

_STALE = timedelta(seconds=2)  # so long what comes may have been sent before our own switch
SOMEBODY = outside.SOMEBODY


class Receiving:
    """``answer`` is told of a conversation in which the buyer has said something."""

    def __init__(self, inbox: Inbox, answer: Callable[[str], None]) -> None:
        self._inbox, self._answer = inbox, answer
        self._store = inbox.desk.store

    def take(self, door: ChatwootInbox, what: Happened) -> None:
        place = f"{door.name}:{what.account}.{what.conversation}"
        thread, before = self._at(place, what)
        if thread is None:
            # Nobody is greeted: not before the buyer has said something, and only where the bot is asked.
            if what.kind != "said" or what.status != "pending" or any(self._has(old, what) for old in before):
                return
            thread = self._begin(door, place, what, len(before))
        elif dict(thread.about) != _about(what) and what.channel:
            self._store.threads.learn(thread.conversation_id, _about(what))
        if what.status == "resolved":
            self._store.threads.end(thread.conversation_id, self._inbox.desk.clock())
            return
        if what.kind == "outgoing":
            self._outgoing(thread, what)
        thread = self._store.threads.of(thread.conversation_id) or thread
        if what.status == "open" and not thread.is_open and not self._is_stale(thread):
            self._people_have_it(thread)
        gives_back = what.status == "pending" and thread.is_open and not self._is_stale(thread)
        if what.kind in ("said", "clicked"):
            self._said(thread, what, asks_first=gives_back)
        if gives_back:
            self._bot_may(thread, what.assignee or SOMEBODY)

    # --- which conversation -----------------------------------------------------------------------

    def _at(self, place: str, what: Happened) -> tuple[Thread | None, list[Thread]]:
        """The one that goes on there, and all that ever were. Another buyer's is ended."""
        all_there = self._store.threads.at(place)
        current = next((thread for thread in all_there if thread.ended_at is None), None)
        if current and what.buyer_id and what.buyer_id != current.buyer_id and what.kind == "said":
            self._store.threads.end(current.conversation_id, self._inbox.desk.clock())
            current = None
        return current, all_there

    def _begin(self, door: ChatwootInbox, place: str, what: Happened, before: int) -> Thread:
        session = f"{place.partition(':')[2]}.{before + 1}"
        conversation_id = named(door.name, session, what.buyer_id)
        since = self._inbox.desk.clock() - _STALE
        thread = Thread(conversation_id, door.name, place, _about(what), what.buyer_id, switched_at=since)
        try:
            self._store.threads.begin(thread)
        except Conflict:  # the same has come twice at once
            return self._store.threads.of(conversation_id) or thread
        return thread

    def _has(self, thread: Thread, what: Happened) -> bool:
        return self._inbox.log.get(thread.conversation_id, what.entry_id) is not None

    # --- the buyer --------------------------------------------------------------------------------

    def _said(self, thread: Thread, what: Happened, *, asks_first: bool) -> None:
        """While people have it, and while the bot has to ask whether it may go on, it is kept and not answered."""
        conversation_id, text = thread.conversation_id, what.text
        if self._has(thread, what) or (what.kind == "clicked" and not self._still_stands(thread, what)):
            return
        is_kept_only = asks_first or what.status != "pending"
        if what.kind == "said" and not is_kept_only:
            text = meant(text, standing(self._inbox.log, conversation_id))
        bodies: list[dict[str, Any]] = [{"text": text}] if text or not what.attachments else []
        bodies += [{"file": {"error": "not_a_picture"}} for each in what.attachments if not each.is_file]
        files = [each for each in what.attachments if each.is_file]
        ids = [what.entry_id, *(f"{what.entry_id}/{number}" for number in range(2, len(bodies) + 1))]
        now = self._inbox.desk.clock()
        try:
            with self._store.transaction() as parts:
                last = parts.conversations.lengthen(conversation_id, len(bodies)) if bodies else 0
                lines = [(Author.BUYER, body, entry_id) for body, entry_id in zip(bodies, ids, strict=False)]
                entries = parts.log.write(conversation_id, last, lines, now)
                if entries and is_kept_only:
                    parts.log.answered(entries, {})
                for number, file in enumerate(files):
                    payload = {"door": thread.door, "conversation_id": conversation_id, "url": file.url}
                    more = {"entry_id": f"{what.entry_id}/file{number}", "silent": is_kept_only}
                    key = f"{conversation_id}:{what.entry_id}:{number}"
                    parts.outbox.put(key, PICTURE, f"in:{conversation_id}", {**payload, **more}, now)
        except Conflict:
            if not self._has(thread, what) and not files:
                raise
            return  # it has come twice at once
        self._inbox.feed.tell(conversation_id)
        if entries and not is_kept_only:
            self._answer(conversation_id)

    def _still_stands(self, thread: Thread, what: Happened) -> bool:
        """A click on an old list agrees to nothing: only what was asked since the buyer spoke last can be chosen."""
        clicked = self._store.outbox.called(lane_of(thread), what.message_id)
        said = self._inbox.log.last(thread.conversation_id, Author.BUYER)
        if clicked and said and (clicked.payload.get("seq") or 0) < said.seq:
            return False
        return any(choice.payload == what.text for choice in standing(self._inbox.log, thread.conversation_id))

    # --- people -----------------------------------------------------------------------------------

    def _outgoing(self, thread: Thread, what: Happened) -> None:
        """Our own line has come; a colleague's takes over."""
        store, lane = self._store, lane_of(thread)
        now = self._inbox.desk.clock()
        if what.source_id.startswith(f"{lane}:") and store.outbox.came(what.source_id, what.message_id, now):
            return
        if store.outbox.called(lane, what.message_id):
            return
        for delivery in store.outbox.under_way(lane):
            if delivery.payload.get("body", {}).get("content") == what.text:
                store.outbox.came(delivery.key, what.message_id, now)
                return
        if what.is_person and what.text:
            outside.agent_said(self._inbox, Incoming(thread.conversation_id, what.text, what.entry_id))

    def _is_stale(self, thread: Thread) -> bool:
        """Our own switch is on its way, or has just been made: what comes may not know of it."""
        return thread.switched_at is None or self._inbox.desk.clock() - thread.switched_at < _STALE

    def _people_have_it(self, thread: Thread) -> None:
        """Somebody there has opened it, or Chatwoot has: the bot is silent."""

        def note(case: Case) -> None:
            if case.handoff is None:
                hand_off(case, "agent_took_over")
                case.tell(Author.SYSTEM, {"state": HANDED_OFF})
            elif case.handoff.offered_back_at:
                case.custody.take(case.handoff.taken_by or SOMEBODY)

        self._store.threads.switched(thread.conversation_id, self._inbox.desk.clock(), is_open=True)
        outside.change(self._inbox, Incoming(thread.conversation_id), note)

    def _bot_may(self, thread: Thread, by: str) -> None:
        """Given back: the buyer is asked once whether the bot may go on."""

        def ask(case: Case) -> None:
            if case.handoff and not case.handoff.offered_back_at and not case.is_with_platform:
                waiting.give_back(case, by)

        outside.change(self._inbox, Incoming(thread.conversation_id), ask)
        self._store.threads.switched(thread.conversation_id, self._inbox.desk.clock(), is_open=False)


def _about(what: Happened) -> dict[str, object]:
    return {
        "account": what.account,
        "conversation": what.conversation,
        "channel": what.channel,
        "attributes": dict(what.attributes),
    }
