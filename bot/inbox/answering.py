"""Answers what was said where nobody waits for an inline answer: a burst of messages at a time, each once."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, Later
from bot.store import Author, Entry, Session

logger = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.5
_SWEEP_EVERY_S = 10
_STOP_WITHIN_S = 5
_MOMENT_S = 0.9  # after the pause; with it, the buyer has waited for two seconds
_CROWD = 60  # so many are waiting that the last will hear nothing for about a second: all are told so at once
_LATE_S = 60  # for an order source that has been asked


class Answering:
    """One for a process. What is still to be answered stands in the log; this holds only who is at it."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._desk = inbox.desk
        self._wait = timedelta(seconds=self._desk.policy.messages.wait_seconds)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, conversation_id: str) -> None:
        """Something was said. The answer comes when the buyer has paused."""
        if conversation_id not in self._tasks and not self._stopping.is_set():
            self._tasks[conversation_id] = asyncio.create_task(self._run(conversation_id))

    def start_soon(self, conversation_id: str) -> None:
        """The same from whichever thread; while nothing is answered here, the next sweep takes it up."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self.start, conversation_id)

    async def sweep(self) -> None:
        """Take up, for ever, what a process that stopped or failed has left unanswered."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                for conversation_id in await asyncio.to_thread(self._desk.store.conversations.unanswered):
                    self.start(conversation_id)
            except Exception:  # the database may be back later
                logger.exception("what is unanswered could not be read")
            await asyncio.sleep(_SWEEP_EVERY_S)

    async def stop(self) -> None:
        """Let what was said be answered, without waiting for more; the rest stays in the log for the next start."""
        self._stopping.set()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=_STOP_WITHIN_S)

    async def _run(self, conversation_id: str) -> None:
        try:
            waited_after = 0  # which entry: no longer than a pause, whatever becomes of the clock
            while True:
                is_last = self._stopping.is_set()
                said, pause = await asyncio.to_thread(self._look, conversation_id)
                if not said:
                    return
                if len(self._tasks) > _CROWD and not waited_after:
                    await asyncio.to_thread(self._ask_for_patience, said[-1])
                if pause > timedelta() and said[-1].seq > waited_after and not is_last:
                    waited_after = said[-1].seq
                    await self._sleep(pause.total_seconds())
                    continue
                await self._answer(said[-1])
                if is_last:
                    return
        except Exception as error:  # it stays unanswered, and the next sweep takes it up
            logger.exception("conversation %s: %s", conversation_id, error)
        finally:
            del self._tasks[conversation_id]

    def _look(self, conversation_id: str) -> tuple[list[Entry], timedelta]:
        """What is unanswered, and how long to wait for more."""
        said = self._desk.store.log.unanswered(conversation_id)
        if not said or self._is_choice(said[-1]):
            return said, timedelta()
        return said, min(self._wait, self._wait - (self._desk.clock() - said[-1].at))

    def _is_choice(self, said: Entry) -> bool:
        """A button that the bot offered last: a whole answer, after which nothing has to be waited for."""
        asked = self._desk.store.log.last(said.conversation_id, Author.BOT)
        buttons = asked.body.get("buttons") or [] if asked else []
        return any(button["payload"] == said.text for button in buttons)

    async def _answer(self, last: Entry) -> None:
        """One burst, unless another worker is at this conversation."""
        speaker = await asyncio.to_thread(self._speaker, last)
        answering = asyncio.ensure_future(self._inbox.answer(speaker))
        await asyncio.wait([answering], timeout=_MOMENT_S)
        if not answering.done():
            await asyncio.to_thread(self._ask_for_patience, last)
        try:
            if not await answering:
                await self._sleep(_LOOK_AGAIN_S)
        except Later as later:
            coming = asyncio.wrap_future(later.coming)
            coming.add_done_callback(lambda done: done.exception())  # how it ends is seen when it is asked for again
            await self._sleep(_LATE_S, coming)

    def _speaker(self, last: Entry) -> Incoming:
        """Who is answered: the buyer at the widget, at a desk that shows it, or whose message was kept."""
        if session := self._desk.store.sessions.of(last.conversation_id):
            return incoming(session)
        if thread := self._desk.store.threads.of(last.conversation_id):
            buyer_id = thread.buyer_id or thread.conversation_id
            return Incoming(thread.conversation_id, buyer_id=buyer_id, channel=thread.door)
        if last.body.get("push"):
            return Incoming(last.conversation_id, order_id=last.body.get("order_id"))  # whose it is, its row says
        raise LookupError("a conversation without a session cannot be answered")

    def _ask_for_patience(self, last: Entry) -> None:
        """Once a burst, where it is seen at once: many are waiting."""
        if last.body.get("push"):
            return
        moment = {"text": self._inbox.wording("utter_moment")}
        self._inbox.write(last.conversation_id, Author.BOT, moment, f"moment-{last.seq}")

    async def _sleep(self, seconds: float, *until: asyncio.Future[Any]) -> None:
        """Not beyond the end of the process, nor of what is given besides."""
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([stopping, *until], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


def incoming(session: Session) -> Incoming:
    """Who says it. A buyer whom nobody vouches for is the conversation itself, which has no orders."""
    return Incoming(
        conversation_id=session.conversation_id,
        buyer_id=session.buyer_id or session.conversation_id,
        order_id=session.order_id,
        channel="web",
    )
