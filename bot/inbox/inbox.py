"""The way of every message, whichever door it came by: accept, log, lease, case, engine, log.

Two transactions a message. The first keeps what was said and takes the lease of the conversation; the second writes,
all or nothing, what became of it: claims, hand-off, the dialogue's memory, the replies, and the lease given back. So
whoever dies in between leaves a message that is kept and unanswered, and answering it anew starts from the same state.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

from bot.claims.events import SaidBy
from bot.desk import Case, Desk, Speaker
from bot.desk.handoffs import hand_off, in_force, step_aside
from bot.engine.protocol import Engine
from bot.inbox.answer import HANDED_OFF, Answer, answer_to, standing
from bot.inbox.feed import Feed
from bot.inbox.metrics import Metrics
from bot.inbox.model import Incoming, NotYours, Outcome
from bot.inbox.text import printable
from bot.office import default_buyer
from bot.store import Author, Conflict, Conversation, Entry, Line, new_lease
from bot.store.files import FileRejected, FileStore

logger = logging.getLogger(__name__)

# So long is waited for a worker that died over an answer. One that is only slow loses nothing but its work: what it did
# is written under the lease alone.
_LEASE = timedelta(seconds=60)
_LOOK_AGAIN_S = 0.05
_GIVE_UP_AFTER_S = 2 * _LEASE.total_seconds()
_TRIES = 5  # only the first message of a conversation can be raced for
# More would only take turns at Python's lock; a slow order source holds up its own buyers.
_WORKERS = 4

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
        self._workers = ThreadPoolExecutor(_WORKERS, "inbox")

    # --- for doors that wait for the answer -------------------------------------------------------

    async def handle(self, incoming: Incoming) -> Outcome:
        """Answer one message. The same ``message_id`` again gets the same answer and changes nothing.

        Raises:
            NotYours: the conversation is another buyer's.
            TimeoutError: other workers were at the conversation all the time; the message is kept.
        """
        give_up_at = time.monotonic() + _GIVE_UP_AFTER_S
        seq, outcome = await self._in_worker(lambda: self._receive(incoming))
        while outcome is None:
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"conversation {incoming.conversation_id} is busy")
            await asyncio.sleep(_LOOK_AGAIN_S)
            outcome = await self._in_worker(lambda: self._answer(incoming, seq))
        return outcome

    # --- for doors that deliver it later ----------------------------------------------------------

    async def answer(self, incoming: Incoming) -> bool:
        """Let the bot answer all that is unanswered in the conversation, together.

        Returns:
            False when another worker is at it.
        """
        return await self._in_worker(lambda: self._answer(incoming) is not None)

    def write(self, conversation_id: str, author: Author, body: dict[str, Any], entry_id: str | None = None) -> Entry:
        """Append to the log, once for each ``entry_id``, and tell everybody who reads along."""
        entry = self.log.append(conversation_id, author, body, self.desk.clock(), entry_id)
        self.feed.tell(conversation_id)
        return entry

    def agent_said(self, incoming: Incoming) -> None:
        """A person has typed in this conversation: the buyer sees it, and from now on the bot is silent.

        Raises:
            Conflict: others were quicker again and again; nothing was written.
        """
        for tries_left in reversed(range(_TRIES)):
            if incoming.message_id and self.log.get(incoming.conversation_id, incoming.message_id):
                return  # it has come before
            try:
                self._take_over(incoming)
                break
            except Conflict:  # a turn of the bot has changed the claim just now, or the same has come twice at once
                if not tries_left:
                    raise
        self.feed.tell(incoming.conversation_id)

    def platform_stepped_in(self, incoming: Incoming) -> Outcome:
        """The shop's own software says that 小二 has stepped in: from now on the bot is silent here for good.

        Once is enough; what was known before changes nothing.

        Raises:
            Conflict: others were quicker again and again; nothing was written.
        """
        for tries_left in reversed(range(_TRIES)):
            try:
                case = self._case_from_outside(incoming)
                was_with_person = case.handoff is not None
                if step_aside(case, SaidBy.DESK) and not was_with_person:
                    case.tell(Author.SYSTEM, {"state": HANDED_OFF})
                self._save_from_outside(case)
                break
            except Conflict:
                if not tries_left:
                    raise
        self.feed.tell(incoming.conversation_id)
        return standing(case)

    def with_person(self, conversation_id: str) -> bool:
        """Has a person been asked to take over, and not given back?"""
        return self.desk.store.handoffs.active(conversation_id) is not None

    def wording(self, name: str, **values: Any) -> str:
        """The text of a response of ``domain.yml``."""
        return str(self.engine.wording(name, **values)["text"])

    def _take_over(self, incoming: Incoming) -> None:
        text = printable(incoming.text)
        case = self._case_from_outside(incoming)
        if not in_force(case):
            hand_off(case, "agent_took_over")
            case.tell(Author.SYSTEM, {"state": HANDED_OFF})
        if text:
            case.tell(Author.AGENT, {"text": text}, incoming.message_id)
        self._save_from_outside(case)

    def _case_from_outside(self, incoming: Incoming) -> Case:
        return self.desk.open(Speaker(incoming.conversation_id, incoming.buyer_id or incoming.conversation_id))

    def _save_from_outside(self, case: Case) -> None:
        with self.desk.store.transaction() as parts:
            if case.is_handed_over_now:  # what the bot is about to say is void
                parts.conversations.interrupt(case.speaker.conversation_id)
            case.save(parts)

    # --- accept, log, lease -----------------------------------------------------------------------

    def _receive(self, incoming: Incoming) -> tuple[int, Outcome | None]:
        """Keep a message, and answer it unless another worker is at the conversation.

        Returns:
            The number of its last entry, and the answer if it is there.
        """
        lease = new_lease()
        try:
            conversation, said = self._accept(incoming, lease)
        except _CameBefore as before:
            return before.seq, self._answer(incoming, before.seq)
        self.feed.tell(incoming.conversation_id)
        seq = conversation.last_seq
        if conversation.lease != lease:
            return seq, None
        return seq, self._turn(incoming, conversation, seq, said if not conversation.waiting else None)

    def _accept(self, incoming: Incoming, lease: str) -> tuple[Conversation, list[Entry]]:
        """Write down what was said, and take the lease if it is free."""
        conversation_id, lines = incoming.conversation_id, self._lines(incoming)
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

    def _lines(self, incoming: Incoming) -> list[Line]:
        """An entry for the text, one for each file."""
        bodies: list[dict[str, Any]] = [{"file": self._keep(data)} for data in incoming.files]
        if incoming.text or not bodies:
            bodies.insert(0, {"text": printable(incoming.text)})
        first = incoming.message_id
        ids = [first, *(first and f"{first}/{number}" for number in range(2, len(bodies) + 1))]
        return [(Author.BUYER, body, entry_id) for body, entry_id in zip(bodies, ids, strict=True)]

    def _keep(self, data: bytes | None) -> dict[str, Any]:
        """Store one upload; a file that cannot be taken becomes an error code for the bot to word."""
        if data is None:
            return {"error": "missing"}
        try:
            stored = self.files.accept(data)
        except FileRejected as rejected:
            return {"error": rejected.code}
        return {"sha256": stored.sha256, "video": stored.is_video}

    def _answer(self, incoming: Incoming, until: int | None = None) -> Outcome | None:
        """Answer what is unanswered up to entry ``until``; None when another worker is at it."""
        conversation_id = incoming.conversation_id
        known = self.log.answer_to(conversation_id, incoming.message_id)
        if known is not None:
            return Outcome(**known)
        lease, now = new_lease(), self.desk.clock()
        conversation = self.desk.store.conversations.take(conversation_id, lease, now, now + _LEASE)
        return self._turn(incoming, conversation, until) if conversation.lease == lease else None

    # --- case, engine, log ------------------------------------------------------------------------

    def _turn(
        self, incoming: Incoming, conversation: Conversation, until: int | None, said: list[Entry] | None = None
    ) -> Outcome | None:
        """What is unanswered up to entry ``until``, answered under the lease; ``said``, when it is known.

        None when it has to be begun anew: the lease has gone to somebody else, or the case has changed meanwhile.
        """
        try:
            with self.desk.store.reading() as parts:
                said = said or parts.log.unanswered(conversation.conversation_id, until)
                case = self.desk.open(
                    self._speaker(incoming, conversation), parts, with_person=conversation.with_person
                )
            if said:
                answer = answer_to(self.engine, case, said, conversation.memory, incoming.order_id)
                self._finish(conversation, said, answer)
                self.metrics.answered(incoming.channel, said, answer)
                self.feed.tell(conversation.conversation_id)
                return answer.outcome
        except Conflict as conflict:
            logger.info("conversation %s is begun anew: %s", conversation.conversation_id, conflict)
            self._release(conversation)
            return None
        except BaseException:
            self._release(conversation)
            raise
        self._release(conversation)
        known = self.log.answer_to(conversation.conversation_id, incoming.message_id)
        return Outcome(**(known or {}))

    def _speaker(self, incoming: Incoming, conversation: Conversation) -> Speaker:
        buyer_id = incoming.buyer_id or conversation.buyer_id or default_buyer(incoming.conversation_id)
        return Speaker(incoming.conversation_id, buyer_id)

    def _finish(self, conversation: Conversation, said: Sequence[Entry], answer: Answer) -> None:
        """Write all that has become of it, together."""
        with self.desk.store.transaction() as parts:
            last = parts.conversations.finish(conversation, answer.memory, len(answer.lines))
            answer.case.save_claims(parts)
            parts.log.answered(said, vars(answer.outcome))
            parts.log.write(conversation.conversation_id, last, answer.lines, answer.case.now)

    def _release(self, conversation: Conversation) -> None:
        if conversation.lease:
            self.desk.store.conversations.release(conversation.conversation_id, conversation.lease)

    async def _in_worker(self, work: Callable[[], Result]) -> Result:
        with self.metrics.asked():
            return await asyncio.get_running_loop().run_in_executor(self._workers, self.metrics.watched(work))


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
