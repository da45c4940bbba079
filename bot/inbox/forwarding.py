"""Puts what is said in a conversation that a desk of others shows into the outbox, entry by entry, each once.

The log is followed by number: what lies in the outbox, and up to which entry all lies there, are written together. So
who dies in between leaves nothing out and puts nothing there twice. The desk is told who has the conversation by the
same way, after the words: whoever has handed over, its people, the bot or the counter.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from bot.store import Author, Entry, Handoff, Store, Thread

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 3.0  # for what other processes have written, or one that died
_SAID = (Author.BOT, Author.AGENT)


class Step(NamedTuple):
    """``kind`` says who sends it, ``payload`` what."""

    kind: str
    payload: Mapping[str, Any]


class Outlet(Protocol):
    """How a desk is told of it."""

    def said(self, thread: Thread, entry: Entry) -> Sequence[Step]:
        """A line of the bot's or of a colleague's; none for what was typed in the desk itself."""

    def to_person(self, thread: Thread, handoff: Handoff) -> Sequence[Step]: ...

    def to_bot(self, thread: Thread) -> Sequence[Step]: ...


class Forwarder:
    """``outlets`` by the name of the door. ``wake`` is called when there is something to send."""

    def __init__(
        self, store: Store, outlets: Mapping[str, Outlet], clock: Callable[[], datetime], wake: Callable[[], None]
    ) -> None:
        self._store, self._outlets, self._clock, self._wake = store, outlets, clock, wake
        self._told: set[str] = set()
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def tell(self, conversation_id: str) -> None:
        """Something was written there, in whichever thread."""
        if self._loop is not None and self._outlets:
            self._told.add(conversation_id)
            with suppress(RuntimeError):  # the loop is closed: the next process sees it
                self._loop.call_soon_threadsafe(self._news.set)

    async def run(self) -> None:
        """For ever."""
        if not self._outlets:
            return
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                await self._round(await asyncio.to_thread(self._store.threads.behind))
                while True:
                    await asyncio.wait_for(self._news.wait(), _LOOK_EVERY_S)
                    self._news.clear()
                    told, self._told = self._told, set()
                    await self._round(told)
            except asyncio.TimeoutError:
                continue
            except Exception:  # the database may be back later
                logger.exception("what is to be forwarded could not be read")
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _round(self, conversation_ids: Sequence[str] | set[str]) -> None:
        for conversation_id in conversation_ids:
            try:
                if await asyncio.to_thread(self.forward, conversation_id):
                    self._wake()
            except Exception as error:  # a busy database, most likely: it is behind still, and seen again
                logger.warning("conversation %s could not be forwarded: %s", conversation_id, type(error).__name__)

    def forward(self, conversation_id: str) -> bool:
        """Put there what is new; was there anything?"""
        with self._store.reading() as parts:
            thread = parts.threads.of(conversation_id)
            if thread is None or thread.door not in self._outlets:
                return False
            entries = parts.log.after(conversation_id, thread.sent)
            handoff = parts.handoffs.active(conversation_id)
        if not entries:
            return False
        is_open = thread.is_open
        if thread.ended_at is None:
            is_open = handoff is not None and handoff.offered_back_at is None
        steps = list(self._steps(thread, entries, handoff, is_open))
        lane, now = lane_of(thread), self._clock()
        with self._store.transaction() as parts:
            if not parts.threads.forwarded(thread, entries[-1].seq, is_open=is_open):
                return False  # another worker was quicker
            for key, step in steps:
                parts.outbox.put(f"{lane}:{key}", step.kind, lane, {"door": thread.door, **step.payload}, now)
        return bool(steps)

    def _steps(
        self, thread: Thread, entries: Sequence[Entry], handoff: Handoff | None, is_open: bool
    ) -> Iterator[tuple[str, Step]]:
        outlet = self._outlets[thread.door]
        for entry in entries:
            if entry.author in _SAID:
                yield from ((f"{entry.seq}.{n}", step) for n, step in enumerate(outlet.said(thread, entry)))
        if is_open is not thread.is_open:
            steps = outlet.to_person(thread, handoff) if is_open and handoff else outlet.to_bot(thread)
            yield from ((f"{entries[-1].seq}.state.{n}", step) for n, step in enumerate(steps))


def lane_of(thread: Thread) -> str:
    """What is sent to one conversation comes one after the other."""
    return f"to:{thread.conversation_id}"
