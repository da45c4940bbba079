"""The log of a conversation: numbered without gaps, nothing twice, an answer with its replies or neither."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.db import make_engine
from bot.store import Author, Conflict, Entry, Line, Store
from bot.store import log as log_module
from bot.store.log import Log
from tests.claims.builders import NOW
from tests.databases import NewDatabase

ANSWER: dict[str, Any] = {"replies": [{"text": "好的😀", "buttons": []}], "intent": "affirm", "claim": None}
REPLIES: list[Line] = [
    (Author.BOT, {"text": "好的"}, None),
    (Author.BOT, {"text": "还有吗", "buttons": [{"title": "有"}]}, None),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("log")
    return f"sqlite:///{folder}/shaofa.db"


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[Store]:
    engine = make_engine(url)
    yield Store(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def log(store: Store) -> Log:
    return store.log


@pytest.fixture
def talk() -> str:
    """A conversation of its own for each test."""
    return uuid.uuid4().hex


def say(log: Log, talk: str, text: str, entry_id: str | None = None) -> Entry:
    return log.append(talk, Author.BUYER, {"text": text}, NOW, entry_id)


def answer(store: Store, said: list[Entry], answered: dict[str, Any], replies: list[Line]) -> None:
    """As the inbox writes an answer."""
    talk = said[0].conversation_id
    with store.transaction() as parts:
        last = parts.conversations.lengthen(talk, len(replies))
        parts.log.answered(said, answered)
        parts.log.write(talk, last, replies, NOW)


def texts(log: Log, talk: str) -> list[str]:
    return [entry.text for entry in log.after(talk)]


def test_entries_are_numbered_in_order(log: Log, talk: str) -> None:
    said = [say(log, talk, text) for text in ("少了一件", "", "少了一件")]
    assert [entry.seq for entry in said] == [1, 2, 3]
    assert log.after(talk) == said
    assert log.after(talk, 2) == said[2:]
    assert log.after(talk, 3) == []


def test_a_long_log_is_read_page_by_page_from_either_end(log: Log, talk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "PAGE", 3)
    said = [say(log, talk, str(number)) for number in range(1, 8)]
    say(log, talk + "-2", "别处")
    assert log.page_after(talk, 0) == said[:3] and log.page_after(talk, 3) == said[3:6]
    assert log.page_after(talk, 6) == said[6:] and log.page_after(talk, 7) == []
    assert log.page_before(talk) == said[4:] and log.page_before(talk, 5) == said[1:4]
    assert log.page_before(talk, 2) == said[:1] and log.page_before(talk, 1) == log.page_before(talk, 0) == []


def test_long_texts_make_short_pages(log: Log, talk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "PAGE_CHARS", 10)
    said = [say(log, talk, text) for text in ("少" * 6, "少" * 4, "少" * 20, "少", "少")]
    assert log.page_after(talk, 0) == said[:2] and log.page_after(talk, 2) == said[2:3]
    assert log.page_before(talk) == said[3:] and log.page_before(talk, 4) == said[2:3]
    assert log.page_before(talk, 3) == said[:2]


def test_an_unknown_conversation_has_nothing(log: Log, talk: str) -> None:
    assert log.after(talk) == [] and log.unanswered(talk) == []
    assert log.get(talk, "1") is None and log.answer_to(talk, "1") is None and log.state(talk) is None
    assert log.heads([talk]) == {}


def test_the_same_id_changes_nothing(log: Log, talk: str) -> None:
    first = say(log, talk, "少了一件", "m1")
    assert say(log, talk, "另一句", "m1") == first
    assert texts(log, talk) == ["少了一件"]


def test_without_an_id_nothing_is_taken_for_a_repeat(log: Log, talk: str) -> None:
    assert say(log, talk, "在吗") != say(log, talk, "在吗")
    assert texts(log, talk) == ["在吗", "在吗"]


def test_conversations_do_not_mix(log: Log, talk: str) -> None:
    other = talk + "-2"
    say(log, talk, "我的", "m1")
    say(log, other, "他的", "m1")
    say(log, other, "又一句")
    assert (texts(log, talk), texts(log, other)) == (["我的"], ["他的", "又一句"])
    assert log.heads([talk, other, "nobody"]) == {talk: 1, other: 2}


def test_an_answer_comes_with_its_replies(store: Store, log: Log, talk: str) -> None:
    said = [say(log, talk, "少了", "m1"), say(log, talk, "一件", "m2")]
    assert log.unanswered(talk) == said and log.answer_to(talk, "m1") is None
    answer(store, said, ANSWER, REPLIES)
    assert log.unanswered(talk) == []
    assert log.answer_to(talk, "m1") == log.answer_to(talk, "m2") == ANSWER
    assert [(entry.seq, entry.author, entry.body) for entry in log.after(talk, 2)] == [
        (3, Author.BOT, {"text": "好的"}),
        (4, Author.BOT, {"text": "还有吗", "buttons": [{"title": "有"}]}),
    ]


def test_nothing_is_answered_twice(store: Store, log: Log, talk: str) -> None:
    said = [say(log, talk, "少了"), say(log, talk, "一件")]
    answer(store, said[:1], ANSWER, REPLIES)
    before = log.after(talk)
    for again in (said[:1], said):  # half of it was
        with pytest.raises(Conflict, match="answered before"):
            answer(store, again, ANSWER, REPLIES)
    assert log.after(talk) == before
    assert log.unanswered(talk) == said[1:]


def test_an_empty_answer_is_an_answer_too(store: Store, log: Log, talk: str) -> None:
    answer(store, [say(log, talk, "转人工", "m1")], {}, [])
    assert log.answer_to(talk, "m1") == {}
    assert log.unanswered(talk) == []


def test_what_came_later_waits_for_the_next_answer(log: Log, talk: str) -> None:
    said = [say(log, talk, text) for text in ("少了", "一件", "在吗")]
    assert log.unanswered(talk, until=2) == said[:2]
    assert log.unanswered(talk, until=0) == []


def test_the_authors_last_word_is_found(log: Log, talk: str) -> None:
    assert log.last(talk, Author.AGENT) is None
    spoken = [log.append(talk, Author.AGENT, {"text": text}, NOW) for text in ("我来", "我在查")]
    say(log, talk, "好")
    assert log.last(talk, Author.AGENT) == spoken[-1]


def test_a_file_is_found_in_its_own_conversation(new_database: NewDatabase, talk: str) -> None:
    log = Store(make_engine(new_database())).log
    say(log, talk, '少了"一件"\\ab')
    log.append(talk, Author.BUYER, {"file": {"sha256": "ab", "video": False}}, NOW)
    log.append(talk, Author.BUYER, {"file": {"error": "unreadable"}}, NOW)
    log.append(talk, Author.SYSTEM, {"state": "handed_off"}, NOW)
    assert log.has_file(talk, "ab")
    assert not any(log.has_file(*asked) for asked in ((talk, "a"), (talk, "unreadable"), ("another", "ab")))


def test_only_the_buyers_words_wait_for_an_answer(log: Log, talk: str) -> None:
    for author in (Author.BOT, Author.AGENT, Author.SYSTEM):
        log.append(talk, author, {"text": "", "state": "resumed"}, NOW)
    assert log.unanswered(talk) == []


def test_the_state_is_the_last_one_noted(log: Log, talk: str) -> None:
    for state in ("handed_off", "resumed"):
        log.append(talk, Author.SYSTEM, {"state": state}, NOW)
        say(log, talk, "在吗")
        assert log.state(talk) == state


def test_the_last_minute_is_counted(log: Log, talk: str) -> None:
    for seconds in (0, 30, 61, 90):
        log.append(talk, Author.BUYER, {"text": "在吗"}, NOW - timedelta(seconds=seconds))
        log.append(talk, Author.BOT, {"text": "在"}, NOW)
    assert log.count(talk, Author.BUYER, NOW - timedelta(minutes=1), NOW) == 2


def test_writers_at_the_same_time_all_succeed(url: str, log: Log, talk: str) -> None:
    """Each with an engine of its own, as other processes have."""
    first = say(log, talk, "在吗")

    def write(number: int) -> None:
        make_engine.cache_clear()
        mine = Store(make_engine(url))
        for line in range(10):
            say(mine.log, talk, f"{number}-{line}", f"id-{line}" if number < 2 else None)
        if number == 3:
            answer(mine, [first], ANSWER, REPLIES)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    entries = log.after(talk)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) == 1 + 10 + 2 * 10 + 2  # two of the writers said the same ten
    for number in (2, 3):
        mine = [entry.text for entry in entries if entry.text.startswith(f"{number}-")]
        assert mine == [f"{number}-{line}" for line in range(10)]


ODD = [
    "👩‍👩‍👧‍👦少了🧦x2",
    "مرحبا \u202eabc\u202c",
    "e\u0301 ﬁ ①",
    "𠮷野家",
    "a\r\n\tb\x00c",
    "'; DROP TABLE entries; --",
    "少" * 10_000,
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text_survives(store: Store, log: Log, talk: str, text: str) -> None:
    said = say(log, talk, text, text[:100])
    answer(store, [said], {"text": text}, [(Author.BOT, {"text": text}, None)])
    assert texts(log, talk) == [text, text]
    assert log.answer_to(talk, text[:100]) == {"text": text}


@settings(max_examples=50, deadline=None)
@given(text=st.text())
def test_any_text_survives(log: Log, text: str) -> None:
    talk = uuid.uuid4().hex
    say(log, talk, text)
    assert texts(log, talk) == [text]


def test_the_log_survives_a_restart(store: Store, log: Log, url: str, talk: str) -> None:
    answer(store, [say(log, talk, "少了一件", "m1")], ANSWER, REPLIES)
    make_engine(url).dispose()
    make_engine.cache_clear()
    engine = make_engine(url)
    again = Store(engine).log
    assert again.after(talk) == log.after(talk) and len(again.after(talk)) == 3
    assert again.answer_to(talk, "m1") == ANSWER
    engine.dispose()
