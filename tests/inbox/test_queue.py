"""Who comes first is served first, and who is one too many is told so."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from bot.inbox import queue as queue_module
from bot.inbox.model import Overloaded
from bot.inbox.queue import Queue


def test_in_one_conversation_one_after_the_other_in_another_at_the_same_time() -> None:
    order: list[str] = []

    async def speak(queue: Queue, talk: str, name: str) -> None:
        async with queue.place(talk) as turn, turn:
            order.append(f"{name} begins")
            await asyncio.sleep(0.02)
            order.append(f"{name} ends")

    async def all_at_once() -> None:
        queue = Queue()
        await asyncio.gather(speak(queue, "a", "a1"), speak(queue, "a", "a2"), speak(queue, "b", "b1"))
        assert not queue._waiting and not queue._turns, "nothing is kept of who has gone"

    asyncio.run(all_at_once())
    assert order.index("a1 ends") < order.index("a2 begins") and order.index("b1 begins") < order.index("a1 ends")


@pytest.mark.parametrize("bound", ["_ALL", "_IN_ONE"])
def test_one_too_many_is_refused_and_room_is_made_again(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(queue_module, bound, 2)

    async def come() -> None:
        queue = Queue()
        async with AsyncExitStack() as waiting:
            for _ in range(2):
                await waiting.enter_async_context(queue.place("a"))
            with pytest.raises(Overloaded):
                await waiting.enter_async_context(queue.place("a"))
        async with queue.place("a"):
            pass

    asyncio.run(come())
