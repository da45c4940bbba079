"""Readers are told what is new, by whichever process it was written, and leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.db import make_engine
from bot.inbox import feed as feed_module
from bot.inbox.feed import Feed
from bot.store import Author, Entry, Store
from bot.store.log import PAGE, Log
from tests.claims.builders import NOW


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    engine = make_engine(f"sqlite:///{tmp_path}/shaofa.db")
    yield Store(engine).log
    engine.dispose()


@pytest.fixture
def feed(log: Log, monkeypatch: pytest.MonkeyPatch) -> Feed:
    monkeypatch.setattr(feed_module, "_LOOK_EVERY_S", 0.02)
    return Feed(log)


def say(log: Log, text: str, talk: str = "c") -> Entry:
    return log.append(talk, Author.BUYER, {"text": text}, NOW)


async def soon(news: feed_module.AsyncGenerator[list[Entry], None]) -> list[str]:
    return [entry.text for entry in await asyncio.wait_for(news.__anext__(), 5)]


def test_first_what_was_missed_then_what_is_new(log: Log, feed: Feed) -> None:
    async def read() -> None:
        for text in ("一", "二", "三"):
            say(log, text)
        news = feed.follow("c", 1)
        assert await soon(news) == ["二", "三"]
        waiting = asyncio.create_task(soon(news))
        await asyncio.sleep(0.01)
        say(log, "别处", "another")
        feed.tell("another")
        say(log, "四")
        feed.tell("c")
        assert await waiting == ["四"]

    asyncio.run(read())


def test_a_long_log_comes_a_little_at_a_time(log: Log, feed: Feed) -> None:
    async def read() -> list[str]:
        said = [say(log, str(number)).text for number in range(60)]
        news, heard = feed.follow("c", 0), []
        while len(heard) < len(said):
            some = await soon(news)
            assert len(some) <= PAGE
            heard += some
        assert heard == said
        return heard

    assert len(asyncio.run(read())) == 60


def test_what_another_process_writes_is_seen(log: Log, feed: Feed) -> None:
    async def read() -> None:
        watch = asyncio.create_task(feed.watch())
        waiting = asyncio.create_task(soon(feed.follow("c", 0)))
        await asyncio.sleep(0.05)
        say(log, "一")
        assert await waiting == ["一"]
        watch.cancel()

    asyncio.run(read())


def test_a_database_that_is_away_for_a_moment_does_not_end_it(
    log: Log, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read() -> None:
        watch = asyncio.create_task(feed.watch())
        waiting = asyncio.create_task(soon(feed.follow("c", 0)))
        with monkeypatch.context() as gone:
            gone.setattr(log, "heads", lambda _: 1 / 0)
            await asyncio.sleep(0.1)
        say(log, "一")
        assert await waiting == ["一"]
        watch.cancel()

    asyncio.run(read())


def test_silence_is_broken(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "SILENCE_S", 0.01)
    assert asyncio.run(soon(feed.follow("c", 0))) == []


def test_a_reader_who_leaves_is_forgotten_and_closing_ends_all(feed: Feed) -> None:
    async def read() -> None:
        leaving = asyncio.create_task(soon(feed.follow("c", 0)))
        staying = asyncio.create_task(soon(feed.follow("c", 0)))
        await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert len(feed._readers) == 1
        feed.close()
        with pytest.raises(StopAsyncIteration):
            await staying
        assert not feed._readers

    asyncio.run(read())


def test_what_is_written_in_another_thread_is_told_at_once(log: Log, feed: Feed) -> None:
    """Answers are made in threads of their own."""

    async def read() -> None:
        waiting = asyncio.create_task(soon(feed.follow("c", 0)))
        await asyncio.sleep(0.01)

        def write() -> None:
            say(log, "一")
            feed.tell("c")

        await asyncio.get_running_loop().run_in_executor(None, write)
        assert await asyncio.wait_for(waiting, 1) == ["一"]

    asyncio.run(read())
