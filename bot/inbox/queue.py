"""Who waits for an answer: in one conversation one after the other, in all of them together not too many."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.inbox.model import Overloaded

_ALL = 128  # what two cores answer in two seconds
_IN_ONE = 16  # nobody types so fast


class Queue:
    """One for a process and its event loop."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def place(self, conversation_id: str) -> AsyncIterator[asyncio.Lock]:
        """A place for one message, and the lock of those who wait in the same conversation: first come, first served.

        Raises:
            Overloaded: too many wait already.
        """
        if self._waiting.total() >= _ALL or self._waiting[conversation_id] >= _IN_ONE:
            raise Overloaded(f"conversation {conversation_id}: too many messages wait")
        self._waiting[conversation_id] += 1
        try:
            yield self._turns.setdefault(conversation_id, asyncio.Lock())
        finally:
            self._waiting[conversation_id] -= 1
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id], self._turns[conversation_id]
