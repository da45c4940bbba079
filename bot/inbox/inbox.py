"""The way of every message, whichever door it came by: accept, log, lease, case, engine, log.

Two transactions a message. The first keeps what was said and takes the lease of the conversation; the second writes,
all or nothing, what became of it: claims, hand-off, the dialogue's memory, the replies, and the lease given back. So
whoever dies in between leaves a message that is kept and unanswered, and answering it anew starts from the same state.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import IO, Any, TypeVar

from bot.desk import Case, Desk, Speaker
from bot.engine.protocol import Engine
from bot.inbox import events
from bot.inbox.answer import Answer, answer_to, standing
from bot.inbox.choices import meant, offered
from bot.inbox.feed import Feed
from bot.inbox.metrics import Metrics
from bot.inbox.model import Incoming, Later, NotYours, Outcome
from bot.inbox.queue import Queue
from bot.inbox.text import printable
from bot.office import default_buyer
from bot.orders.base import OrdersSlow
from bot.store import UNREACHABLE, Author, Conflict, Conversation, Entry, Line, new_lease
from bot.store.files import FileRejected, FileStore, StoredFile
from bot.store.log import as_entries

logger = logging.getLogger(__name__)

# So long is waited for a worker that died over an answer. One that is only slow loses nothing but its work: what it did
# is written under the lease alone.
_LEASE = timedelta(seconds=60)
_LOOK_AGAIN_S = 0.05
_GIVE_UP_AFTER_S = 2 * _LEASE.total_seconds()
_TRIES = 5  # only the first message of a conversation can be raced for
_WORKERS = 4  # more would only take turns at Python's lock
# Pictures are decoded one at a time, wherever they come from: nobody's words wait for that.
_FILE_WORKERS = 2

Result = TypeVar("Result")


class Inbox:
    """One for a process; holds nothing of a conversation itself."""

    def __init__(self, engine: Engine, desk: Desk, files: FileStore) -> None:
        self.engine = engine
        self.desk = desk
        self.files = files
        self.log = desk.store.log
        self.feed = Feed(desk.store.log)
        self.metrics = Metrics(desk)
        self._queue = Queue()
        self._workers = ThreadPoolExecutor(_WORKERS, "inbox")
        self._file_workers = ThreadPoolExecutor(_FILE_WORKERS, "files")
        self._unreleased: dict[str, str] = {}  # conversations, and our leases that could not be given back

    def close(self) -> None:
        """Finish what is begun; what waits for its turn stays unanswered in the log."""
        self._workers.shutdown(cancel_futures=True)
        self._file_workers.shutdown(cancel_futures=True)

    # --- for doors that wait for the answer -------------------------------------------------------

    async def handle(self, incoming: Incoming) -> Outcome:
        """Answer one message. The same ``message_id`` again gets the same answer and changes nothing.

        An answer that says that an order is still being looked up is for now: the next one brings the other.

        Raises:
            NotYours: the conversation is another buyer's.
            Overloaded: see there.
            TimeoutError: other workers were at the conversation all the time; the message is kept.
        """
        async with self._queue.place(incoming.conversation_id) as turn:
            try:
                kept = [await self._in_file_worker(self.files.accept, file) for file in incoming.files]
                seq, outcome = await self._in_worker(lambda: self._receive(incoming, kept))
                if outcome is None:
                    async with turn:
                        outcome = await self._wait(incoming, seq)
                return outcome
            except Later as later:
                return later.outcome

    async def suggest(self, incoming: Incoming, before: Sequence[str] = ()) -> Outcome:
        """What ``handle`` would answer now, worked out and thrown away: nothing is written, nobody is told.

        Args:
            incoming: as for ``handle``; its ``message_id`` plays no part.
            before: what the buyer has said earlier, in order, where it is not on record here.

        Raises:
            NotYours, Overloaded: see there.
        """
        return (await self.rehearse(incoming, before))[-1]

    async def rehearse(self, incoming: Incoming, before: Sequence[str] = ()) -> list[Outcome]:
        """The same, with the answers to what came ``before``; a number there names what was offered just before it."""
        async with self._queue.place(incoming.conversation_id):
            seen = [await self._in_file_worker(self.files.check, file) for file in incoming.files]
            return await self._in_worker(lambda: self._try_out(incoming, seen, before))

    async def _wait(self, incoming: Incoming, seq: int) -> Outcome:
        give_up_at = time.monotonic() + _GIVE_UP_AFTER_S
        while time.monotonic() < give_up_at:
            await asyncio.sleep(_LOOK_AGAIN_S)
            outcome = await self._in_worker(lambda: self._answer(incoming, seq))
            if outcome is not None:
                return outcome
        raise TimeoutError(f"conversation {incoming.conversation_id} is busy")

    # --- for doors that deliver it later ----------------------------------------------------------

    async def keep(self, incoming: Incoming) -> int:
        """Keep a message, for an answer that comes later: see ``answer``. Its ``message_id`` is kept once.

        Returns:
            The number of its last entry.

        Raises:
            NotYours: the conversation is another buyer's.
        """
        kept = [await self._in_file_worker(self.files.accept, file) for file in incoming.files]
        return await self._in_worker(lambda: self._only_keep(incoming, kept))

    async def wait(self, incoming: Incoming, seq: int) -> Outcome:
        """The answer to what was kept, up to entry ``seq``; whoever gives up waiting loses nothing.

        Raises:
            Overloaded, TimeoutError: as ``handle`` does.
        """
        async with self._queue.place(incoming.conversation_id) as turn, turn:
            try:
                return await self._wait(incoming, seq)
            except Later as later:
                return later.outcome

    async def answer(self, incoming: Incoming) -> bool:
        """Let the bot answer all that is unanswered in the conversation, together.

        Returns:
            False when another worker is at it.

        Raises:
            Later: see there.
        """
        return await self._in_worker(lambda: self._answer(incoming) is not None)

    def write(self, conversation_id: str, author: Author, body: dict[str, Any], entry_id: str | None = None) -> Entry:
        """Append to the log, once for each ``entry_id``, and tell everybody who reads along."""
        entry = self.log.append(conversation_id, author, body, self.desk.clock(), entry_id)
        self.feed.tell(conversation_id)
        return entry

    def with_person(self, conversation_id: str) -> bool:
        """Has a person been asked to take over, and not given back?"""
        return self.desk.store.handoffs.active(conversation_id) is not None

    def wording(self, name: str, **values: Any) -> str:
        """The text of a response of ``domain.yml``."""
        return str(self.engine.wording(name, **values)["text"])

    # --- accept, log, lease -----------------------------------------------------------------------

    def _receive(self, incoming: Incoming, kept: Sequence[dict[str, Any]]) -> tuple[int, Outcome | None]:
        """Keep a message, and answer it unless another worker is at the conversation.

        Returns:
            The number of its last entry, and the answer if it is there.
        """
        try:
            with self._leasing(incoming.conversation_id) as lease:
                conversation, said = self._accept(incoming, kept, lease)
                self.feed.tell(incoming.conversation_id)
                seq = conversation.last_seq
                if conversation.lease != lease:
                    return seq, None
                return seq, self._turn(incoming, conversation, seq, said if not conversation.waiting else None)
        except _CameBefore as before:
            return before.seq, self._answer(incoming, before.seq)

    def _only_keep(self, incoming: Incoming, kept: Sequence[dict[str, Any]]) -> int:
        try:
            with self._leasing(incoming.conversation_id) as lease:
                conversation, _ = self._accept(incoming, kept, lease)
        except _CameBefore as before:
            return before.seq
        if conversation.lease == lease:
            self._release(conversation)
        self.feed.tell(incoming.conversation_id)
        return conversation.last_seq

    @contextmanager
    def _leasing(self, conversation_id: str) -> Iterator[str]:
        """A lease to be taken: a new one, or ours that could not be given back when the database went away."""
        lease = self._unreleased.pop(conversation_id, None) or new_lease()
        try:
            yield lease
        except _UNTAKEN:
            self._unreleased[conversation_id] = lease
            raise

    def _accept(
        self, incoming: Incoming, kept: Sequence[dict[str, Any]], lease: str
    ) -> tuple[Conversation, list[Entry]]:
        """Write down what was said, and take the lease if it is free."""
        conversation_id, lines = incoming.conversation_id, _lines(incoming, kept)
        for _ in range(_TRIES):
            now = self.desk.clock()
            try:
                with self.desk.store.transaction() as parts:
                    conversation = parts.conversations.take(
                        conversation_id,
                        lease,
                        now,
                        now + _LEASE,
                        new_entries=len(lines),
                        buyer_id=incoming.buyer_id,
                    )
                    _check_owner(conversation, incoming)  # before anything is kept: leaving undoes it
                    return conversation, parts.log.write(conversation_id, conversation.last_seq, lines, now)
            except Conflict:
                known = self.log.get(conversation_id, incoming.message_id) if incoming.message_id else None
                if known:
                    _check_owner(self.desk.store.conversations.get(conversation_id), incoming)
                    raise _CameBefore(known.seq + len(lines) - 1) from None
        raise Conflict(f"conversation {conversation_id}: the message could not be kept")

    def _answer(self, incoming: Incoming, until: int | None = None) -> Outcome | None:
        """Answer what is unanswered up to entry ``until``; None when another worker is at it."""
        conversation_id = incoming.conversation_id
        known = self.log.answer_to(conversation_id, incoming.message_id)
        if known is not None:
            return Outcome(**known)
        with self._leasing(conversation_id) as lease:
            now = self.desk.clock()
            conversation = self.desk.store.conversations.take(conversation_id, lease, now, now + _LEASE)
            return self._turn(incoming, conversation, until) if conversation.lease == lease else None

    # --- case, engine, log ------------------------------------------------------------------------

    def _turn(
        self, incoming: Incoming, conversation: Conversation, until: int | None, said: list[Entry] | None = None
    ) -> Outcome | None:
        """What is unanswered up to entry ``until``, answered under the lease; ``said``, when it is known.

        None when it has to be begun anew: the lease has gone to somebody else, or the case has changed meanwhile.

        Raises:
            Later: see there.
        """
        said = said or []
        try:
            with self.desk.store.reading() as parts:
                said = said or parts.log.unanswered(conversation.conversation_id, until)
                case = self.desk.open(_speaker(incoming, conversation), parts, with_person=conversation.with_person)
                is_due = bool(said) and conversation.has_due
                due = parts.log.due(conversation.conversation_id, said[0].seq, said[-1].seq) if is_due else []
            if said:
                answer = answer_to(
                    self.engine, case, said, conversation.memory, incoming.order_id, due, incoming.outside
                )
                self._finish(conversation, said, answer)
                self.metrics.answered(incoming.channel, said, answer)
                self.feed.tell(conversation.conversation_id)
                return answer.outcome
        except Conflict as conflict:
            logger.info("conversation %s is begun anew: %s", conversation.conversation_id, conflict)
            self._release(conversation)
            return None
        except OrdersSlow as slow:
            outcome = self._say_it_is_slow(case, said)
            self._release(conversation)
            raise Later(outcome, slow.coming) from slow
        except BaseException:
            self._release(conversation)
            raise
        self._release(conversation)
        known = self.log.answer_to(conversation.conversation_id, incoming.message_id)
        return Outcome(**(known or {}))

    def _try_out(self, incoming: Incoming, seen: Sequence[dict[str, Any]], before: Sequence[str]) -> list[Outcome]:
        """One case, never saved, goes through all that was said."""
        now = self.desk.clock()
        with self.desk.store.reading() as parts:
            conversation = parts.conversations.get(incoming.conversation_id)
            _check_owner(conversation, incoming)
            conversation = conversation or Conversation(incoming.conversation_id, 0, incoming.buyer_id)
            waiting = parts.log.unanswered(conversation.conversation_id)
            case = self.desk.open(_speaker(incoming, conversation), parts, with_person=conversation.with_person)
        memory, outcomes = conversation.memory, [Outcome()]
        for number, text in enumerate([*before, incoming.text], 1):
            is_last = number > len(before)
            text = meant(text, offered(outcomes[-1].replies))
            lines = _lines(replace(incoming, text=text), seen if is_last else ())
            said = as_entries(conversation.conversation_id, conversation.last_seq + len(lines), lines, now)
            heard = [*(waiting if is_last else ()), *said]
            try:
                answer = answer_to(self.engine, case, heard, memory, incoming.order_id, outside=incoming.outside)
            except OrdersSlow:
                return [*outcomes[1:], standing(case, [self.engine.wording("utter_orders_slow")])]
            outcomes.append(answer.outcome)
            case, memory = answer.case, answer.memory
        return outcomes[1:]

    def _finish(self, conversation: Conversation, said: Sequence[Entry], answer: Answer) -> None:
        """Write all that has become of it, together."""
        with self.desk.store.transaction() as parts:
            last = parts.conversations.finish(conversation, answer.memory, len(answer.lines))
            answer.case.save_claims(parts)
            parts.log.answered(said, vars(answer.outcome), answer.error)
            parts.log.write(conversation.conversation_id, last, answer.lines, answer.case.now)
            if any(entry.body.get("push") for entry in said):
                events.answered(parts, self.desk, said, answer.outcome)
        if answer.case.is_handed_over_now and answer.case.handoff:
            handoff = answer.case.handoff
            logger.info(
                "conversation %s: handed over, %s, %s", handoff.conversation_id, handoff.reason, handoff.case_no
            )

    def _say_it_is_slow(self, case: Case, said: Sequence[Entry]) -> Outcome:
        """Once a message, however often its answer is tried."""
        conversation_id = case.speaker.conversation_id
        again = len(said) > 1 and self.log.get(conversation_id, f"slow-{said[0].seq}") is not None
        reply = self.engine.wording("utter_orders_still_slow" if again else "utter_orders_slow")
        written = self.write(conversation_id, Author.BOT, {"text": reply["text"]}, f"slow-{said[-1].seq}")
        return standing(self.desk.open(case.speaker), [{"id": written.entry_id, **reply}])

    def _release(self, conversation: Conversation) -> None:
        if conversation.lease:
            self.desk.store.conversations.release(conversation.conversation_id, conversation.lease)

    async def _in_file_worker(self, take: Callable[[IO[bytes]], StoredFile], file: IO[bytes] | None) -> dict[str, Any]:
        return await asyncio.get_running_loop().run_in_executor(self._file_workers, as_body, take, file)

    async def _in_worker(self, work: Callable[[], Result]) -> Result:
        with self.metrics.asked():
            return await asyncio.get_running_loop().run_in_executor(self._workers, self.metrics.watched(work))


def as_body(take: Callable[[IO[bytes]], StoredFile], file: IO[bytes] | None) -> dict[str, Any]:
    """One upload as the log has it; one that cannot be taken becomes an error code for the bot to word."""
    if file is None:
        return {"error": "missing"}
    try:
        stored = take(file)
    except FileRejected as rejected:
        return {"error": rejected.code}
    return {"sha256": stored.sha256, "video": stored.is_video}


def _lines(incoming: Incoming, kept: Sequence[dict[str, Any]]) -> list[Line]:
    """An entry for the text, one for each file."""
    bodies: list[dict[str, Any]] = [{"file": file} for file in kept]
    if incoming.text or not bodies:
        bodies.insert(0, {"text": printable(incoming.text)})
    if incoming.key:  # each automatic answer is on record with whose program has asked for it
        bodies = [{**body, "key": incoming.key} for body in bodies]
    if incoming.push:  # whoever answers it later has to know
        bodies = [{**body, "push": True, "order_id": incoming.order_id} for body in bodies]
    first = incoming.message_id
    ids = [first, *(first and f"{first}/{number}" for number in range(2, len(bodies) + 1))]
    return [(Author.BUYER, body, entry_id) for body, entry_id in zip(bodies, ids, strict=True)]


def _speaker(incoming: Incoming, conversation: Conversation) -> Speaker:
    buyer_id = incoming.buyer_id or conversation.buyer_id or default_buyer(incoming.conversation_id)
    return Speaker(incoming.conversation_id, buyer_id, incoming.order_id if incoming.by_number else None)


def _check_owner(conversation: Conversation | None, incoming: Incoming) -> None:
    """
    Raises:
        NotYours: see there.
    """
    owner = conversation.buyer_id if conversation else None
    if owner and incoming.buyer_id and owner != incoming.buyer_id:
        raise NotYours(f"conversation {incoming.conversation_id} is another buyer's")


class _CameBefore(Exception):
    """The message is kept already; its last entry has the number ``seq``."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


# After these the lease may be there all the same.
_UNTAKEN: tuple[type[Exception], ...] = (_CameBefore, *UNREACHABLE)
