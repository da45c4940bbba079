"""Answers what was said where nobody waits for an inline answer: a burst of messages at a time, each once."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming
from bot.store import Author, Entry, Session

logger = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.5
_SWEEP_EVERY_S = 10
_STOP_WITHIN_S = 5


class Answering:
    """One for a process. What is still to be answered stands in the log; this holds only who is at it."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._desk = inbox.desk
        self._wait = timedelta(seconds=self._desk.policy.messages.wait_seconds)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, conversation_id: str) -> None:
        """Something was said. The answer comes when the buyer has paused."""
        if conversation_id not in self._tasks:
            self._tasks[conversation_id] = asyncio.create_task(self._run(conversation_id))

    async def sweep(self) -> None:
        """Take up, for ever, what a process that stopped or failed has left unanswered."""
        while True:
            try:
                for conversation_id in self._desk.store.conversations.unanswered():
                    self.start(conversation_id)
            except Exception:  # the database may be back later
                logger.exception("what is unanswered could not be read")
            await asyncio.sleep(_SWEEP_EVERY_S)

    async def stop(self) -> None:
        """Let the answers that are under way be finished."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=_STOP_WITHIN_S)

    async def _run(self, conversation_id: str) -> None:
        try:
            while said := self._desk.store.log.unanswered(conversation_id):
                paused = self._desk.clock() - said[-1].at
                if paused < self._wait and not self._is_choice(said[-1]):
                    await asyncio.sleep((self._wait - paused).total_seconds())
                else:
                    await self._answer(conversation_id)
        except Exception as error:  # it stays unanswered, and the next sweep takes it up
            logger.exception("conversation %s: %s", conversation_id, error)
        finally:
            del self._tasks[conversation_id]

    def _is_choice(self, said: Entry) -> bool:
        """A button that the bot offered last: a whole answer, after which nothing has to be waited for."""
        asked = self._desk.store.log.last(said.conversation_id, Author.BOT)
        buttons = asked.body.get("buttons") or [] if asked else []
        return any(button["payload"] == said.text for button in buttons)

    async def _answer(self, conversation_id: str) -> None:
        """One burst, unless another worker is at this conversation."""
        session = self._desk.store.sessions.of(conversation_id)
        if session is None:
            raise LookupError("a conversation without a session cannot be answered")
        if not await self._inbox.answer(incoming(session)):
            await asyncio.sleep(_LOOK_AGAIN_S)


def incoming(session: Session) -> Incoming:
    """Who says it. A buyer whom nobody vouches for is the conversation itself, which has no orders."""
    return Incoming(
        conversation_id=session.conversation_id,
        buyer_id=session.buyer_id or session.conversation_id,
        order_id=session.order_id,
        channel="web",
    )
