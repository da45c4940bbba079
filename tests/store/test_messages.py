"""Messages: kept as they came, answered once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.db import make_engine
from bot.store import Store
from bot.store.messages import Messages
from tests.claims.builders import NOW
from tests.databases import NewDatabase

ANSWER: dict[str, Any] = {
    "replies": [{"text": "好的😀", "buttons": []}],
    "intent": "affirm",
    "confidence": 0.5,
    "claim": None,
}


@pytest.fixture(scope="module")
def url(new_database: NewDatabase) -> str:
    return new_database()


@pytest.fixture(scope="module")
def messages(url: str) -> Iterator[Messages]:
    engine = make_engine(url)
    yield Store(engine).messages
    engine.dispose()


@pytest.fixture
def talk() -> str:
    """A conversation of its own for each test."""
    return uuid.uuid4().hex


def test_messages_are_remembered_in_order(messages: Messages, talk: str) -> None:
    for number, text in enumerate(("少了一件", "", "少了一件")):
        messages.remember(talk, str(number), text, NOW)
    assert messages.texts(talk) == ["少了一件", "", "少了一件"]


def test_an_unknown_conversation_has_nothing(messages: Messages, talk: str) -> None:
    assert messages.texts(talk) == []
    assert messages.answer(talk, "1") is None


def test_the_same_message_gives_the_stored_answer(messages: Messages, talk: str) -> None:
    row = messages.remember(talk, "m1", "少了一件", NOW)
    assert messages.answer(talk, "m1") is None
    messages.remember_answer(row, ANSWER)
    assert messages.answer(talk, "m1") == ANSWER
    assert messages.answer(talk, "m2") is None


def test_an_empty_answer_is_an_answer_too(messages: Messages, talk: str) -> None:
    messages.remember_answer(messages.remember(talk, "m1", "转人工", NOW), {})
    assert messages.answer(talk, "m1") == {}


def test_a_message_that_comes_again_before_its_answer_is_kept_once(messages: Messages, talk: str) -> None:
    row = messages.remember(talk, "m1", "少了一件", NOW)
    assert messages.remember(talk, "m1", "少了一件", NOW) == row
    assert messages.texts(talk) == ["少了一件"]
    messages.remember_answer(row, ANSWER)
    assert messages.answer(talk, "m1") == ANSWER


def test_without_an_id_nothing_is_deduplicated(messages: Messages, talk: str) -> None:
    first = messages.remember(talk, None, "在吗", NOW)
    second = messages.remember(talk, None, "在吗", NOW)
    assert first != second
    messages.remember_answer(first, ANSWER)
    assert messages.answer(talk, None) is None
    assert messages.texts(talk) == ["在吗", "在吗"]


def test_conversations_do_not_mix(messages: Messages, talk: str) -> None:
    other = talk + "-2"
    mine = messages.remember(talk, "m1", "我的", NOW)
    theirs = messages.remember(other, "m1", "他的", NOW)
    assert mine != theirs
    messages.remember_answer(mine, ANSWER)
    assert messages.answer(other, "m1") is None
    assert (messages.texts(talk), messages.texts(other)) == (["我的"], ["他的"])


ODD = [
    "👩‍👩‍👧‍👦少了🧦x2",
    "مرحبا \u202eabc\u202c",
    "e\u0301 ﬁ ①",
    "𠮷野家",
    "a\r\n\tb\x01c",
    "'; DROP TABLE messages; --",
    "少" * 10_000,
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text_survives(messages: Messages, talk: str, text: str) -> None:
    row = messages.remember(talk, text[:100], text, NOW)
    messages.remember_answer(row, {"text": text})
    assert messages.texts(talk) == [text]
    assert messages.answer(talk, text[:100]) == {"text": text}


@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",))))  # PostgreSQL takes no NUL
def test_any_text_survives(messages: Messages, text: str) -> None:
    talk = uuid.uuid4().hex
    messages.remember_answer(messages.remember(talk, "m", text, NOW), {"text": text})
    assert messages.texts(talk) == [text]
    assert messages.answer(talk, "m") == {"text": text}


def test_messages_survive_a_restart(messages: Messages, url: str, talk: str) -> None:
    messages.remember_answer(messages.remember(talk, "m1", "少了一件", NOW), ANSWER)
    make_engine(url).dispose()
    make_engine.cache_clear()
    engine = make_engine(url)
    again = Store(engine).messages
    assert again.texts(talk) == ["少了一件"]
    assert again.answer(talk, "m1") == ANSWER
    engine.dispose()
