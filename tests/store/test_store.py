"""The parts of the store together: written all or not at all, and asked without writing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.claims.events import ClaimOpened
from bot.db import make_engine
from bot.store import Author, Conflict, Handoff, Parts, Session, Store
from tests.claims.builders import NOW


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    engine = make_engine(url)
    yield Store(engine)
    engine.dispose()


def write_a_bit_of_everything(parts: Parts) -> None:
    last = parts.conversations.lengthen("c", 1)
    parts.log.write("c", last, [(Author.BUYER, {"text": "少了"}, "m1")], NOW)
    parts.claims.append(None, [ClaimOpened("SF-1", "c", "buyer")], NOW)
    parts.handoffs.open(Handoff("c", "SF-1", "angry", "", NOW))
    parts.sessions.open(Session("c", "buyer", None), NOW)


def found(parts: Parts) -> list[object]:
    return [
        parts.conversations.get("c"),
        parts.log.get("c", "m1"),
        parts.claims.get("SF-1"),
        parts.handoffs.active("c"),
        parts.sessions.of("c"),
    ]


def test_what_goes_through_one_transaction_is_written_together(store: Store) -> None:
    with store.transaction() as parts:
        write_a_bit_of_everything(parts)
        assert None not in found(parts), "within it one sees what one has written"
    assert None not in found(store)


@pytest.mark.parametrize("why", [ZeroDivisionError, SystemExit])
def test_what_ends_by_an_error_is_not_written(store: Store, why: type[BaseException]) -> None:
    with pytest.raises(why), store.transaction() as parts:
        write_a_bit_of_everything(parts)
        raise why
    assert found(store) == [None] * 5


def test_whoever_is_second_gets_a_conflict_and_nothing_of_it_is_written(store: Store) -> None:
    store.claims.append(None, [ClaimOpened("SF-1", "elsewhere", "buyer")], NOW)
    with pytest.raises(Conflict), store.transaction() as parts:
        write_a_bit_of_everything(parts)
    assert [what is None for what in found(store)] == [True, True, False, True, True]


def test_several_questions_at_once_write_nothing(store: Store) -> None:
    write_a_bit_of_everything(store)
    with store.reading() as parts:
        assert found(parts) == found(store)
        parts.handoffs.give_back("c", NOW)
    assert store.handoffs.active("c") is not None
