"""Tells waiting readers what is new in a conversation's log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from bot.store import Entry
from bot.store.log import Log

logger = logging.getLogger(__name__)

SILENCE_S = 20.0  # proxies close a connection on which nothing moves, many after a minute
_LOOK_EVERY_S = 1.0


@dataclass(eq=False)
class _Reader:
    conversation_id: str
    after: int
    news: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def wake(self) -> None:
        """From whichever thread; a loop that is closed has nobody left to wake."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.news.set)


class Feed:
    """One for a process. What this process writes is told at once; what others write is seen within a second."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._readers: set[_Reader] = set()
        self._followers: list[Callable[[str], None]] = []
        self._closed = False

    async def follow(self, conversation_id: str, after: int) -> AsyncGenerator[list[Entry], None]:
        """What comes after entry number ``after``, as it comes; an empty list after each while of silence."""
        reader = _Reader(conversation_id, after)
        self._readers.add(reader)
        try:
            while not self._closed:
                reader.news.clear()
                entries = await asyncio.to_thread(self._log.page_after, conversation_id, reader.after)
                if entries:
                    reader.after = entries[-1].seq
                    yield entries
                    continue
                try:
                    await asyncio.wait_for(reader.news.wait(), SILENCE_S)
                except asyncio.TimeoutError:
                    yield []
        finally:
            self._readers.discard(reader)

    def on_news(self, follower: Callable[[str], None]) -> None:
        """To be called with each conversation in which this process writes, in whichever thread."""
        self._followers.append(follower)

    def tell(self, conversation_id: str) -> None:
        """Something was written in this conversation, in whichever thread."""
        for follower in self._followers:
            follower(conversation_id)
        for reader in list(self._readers):
            if reader.conversation_id == conversation_id:
                reader.wake()

    async def watch(self) -> None:
        """Look for what other processes have written, for ever."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await self._look()
            except Exception:  # the database may be back a second later
                logger.exception("the log could not be read")

    @property
    def is_closed(self) -> bool:
        """Is the server about to stop?"""
        return self._closed

    def close(self) -> None:
        """End every ``follow``, so that the server can stop."""
        self._closed = True
        for reader in list(self._readers):
            reader.wake()

    async def _look(self) -> None:
        if not self._readers:
            return
        heads = await asyncio.to_thread(self._log.heads, {reader.conversation_id for reader in self._readers})
        for reader in list(self._readers):
            if heads.get(reader.conversation_id, 0) > reader.after:
                reader.news.set()
