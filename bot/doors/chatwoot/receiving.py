"""What has happened in Chatwoot, written down: in the log, in the outbox, and who has the conversation. All of it
blocks, and each may come again: what was done before is not done twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
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
from bot.store import Author, Conflict, Line, Parts, Thread
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
        if what.kind in ("said", "clicked") and self._has(thread, what):
            return  # it has come late once more, and who has it may have changed since
        if what.kind == "outgoing":
            self._outgoing(thread, what)
        thread = self._store.threads.of(thread.conversation_id) or thread
        if what.status == "open" and not thread.is_open and not self._is_stale(thread):
            self._people_have_it(thread)
        gives_back = what.status == "pending" and thread.is_open and not self._is_stale(thread)
        if gives_back and self._has_to_ask(thread):
            self._ask(thread, what)
        elif what.kind in ("said", "clicked"):
            self._said(thread, what)
        if gives_back:
            self._store.threads.switched(thread.conversation_id, self._inbox.desk.clock(), is_open=False)

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
        """A picture alone has no entry of its own until it is fetched."""
        names = (what.entry_id, f"{what.entry_id}/file0")
        known = any(self._inbox.log.get(thread.conversation_id, name) for name in names)
        return known or self._store.outbox.has(f"{thread.conversation_id}:{what.entry_id}:0")

    # --- the buyer --------------------------------------------------------------------------------

    def _said(self, thread: Thread, what: Happened) -> None:
        """While people have it, it is kept and not answered."""
        conversation_id = thread.conversation_id
        if what.kind == "clicked" and not self._still_stands(thread, what):
            return
        is_kept_only = what.status != "pending"
        text = what.text
        if what.kind == "said" and not is_kept_only:
            text = meant(text, standing(self._inbox.log, conversation_id))
        lines, now = _lines(what, text), self._inbox.desk.clock()
        try:
            with self._store.transaction() as parts:
                last = parts.conversations.lengthen(conversation_id, len(lines)) if lines else 0
                entries = parts.log.write(conversation_id, last, lines, now)
                if entries and is_kept_only:
                    parts.log.answered(entries, {})
                self._put_files(parts, thread, what, silent=is_kept_only)
        except Conflict:  # it has come twice at once, or somebody else has begun the conversation just now
            if not self._has(thread, what):
                raise
            return
        self._inbox.feed.tell(conversation_id)
        if entries and not is_kept_only:
            self._answer(conversation_id)

    def _put_files(self, parts: Parts, thread: Thread, what: Happened, *, silent: bool) -> None:
        for number, file in enumerate(each for each in what.attachments if each.is_file):
            payload = {"door": thread.door, "conversation_id": thread.conversation_id, "url": file.url}
            more = {"entry_id": f"{what.entry_id}/file{number}", "silent": silent}
            key, lane = f"{thread.conversation_id}:{what.entry_id}:{number}", f"in:{thread.conversation_id}"
            parts.outbox.put(key, PICTURE, lane, {**payload, **more}, self._inbox.desk.clock())

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

    def _has_to_ask(self, thread: Thread) -> bool:
        """Given back, the bot goes on after the buyer's yes alone."""
        handoff = self._store.handoffs.active(thread.conversation_id)
        return handoff is not None and handoff.offered_back_at is None

    def _ask(self, thread: Thread, what: Happened) -> None:
        """Once, as the answer to what the buyer has said, if that is how we hear of it."""
        conversation_id, by = thread.conversation_id, what.assignee or SOMEBODY
        lines = _lines(what, what.text) if what.kind in ("said", "clicked") else []

        def ask(case: Case) -> None:
            for author, body, entry_id in lines:
                case.tell(author, body, entry_id)
            if case.handoff and not case.handoff.offered_back_at and not case.is_with_platform:
                waiting.give_back(case, by)

        with suppress(Conflict), self._store.transaction() as parts:
            self._put_files(parts, thread, what, silent=True)
        outside.change(self._inbox, Incoming(conversation_id), ask)
        for entry in self._inbox.log.unanswered(conversation_id):
            if entry.entry_id in {entry_id for _, _, entry_id in lines}:
                self._inbox.log.settle(entry)


def _lines(what: Happened, text: str) -> list[Line]:
    """The words, and what cannot be looked at; pictures come when they are fetched."""
    bodies: list[dict[str, Any]] = [{"text": text}] if text or not what.attachments else []
    bodies += [{"file": {"error": "not_a_picture"}} for each in what.attachments if not each.is_file]
    ids = [what.entry_id, *(f"{what.entry_id}/{number}" for number in range(2, len(bodies) + 1))]
    return [(Author.BUYER, body, entry_id) for body, entry_id in zip(bodies, ids, strict=False)]


def _about(what: Happened) -> dict[str, object]:
    return {
        "account": what.account,
        "conversation": what.conversation,
        "channel": what.channel,
        "attributes": dict(what.attributes),
    }
