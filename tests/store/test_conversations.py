"""The row of a conversation: one worker at a time, who writes only while it is theirs; numbers without gaps."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db import make_engine
from bot.store import Author, Conflict, Conversation, Session, Store, new_lease
from tests.claims.builders import NOW

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def store(new_database: Any) -> Iterator[Store]:
    engine = make_engine(new_database())
    yield Store(engine)
    engine.dispose()


@pytest.fixture
def talk() -> str:
    """A conversation of its own for each test."""
    return uuid.uuid4().hex


def take(store: Store, talk: str, lease: str = "mine", seconds: int = 0, **more: Any) -> Conversation:
    """At so many seconds after the beginning, for a minute."""
    now = NOW + seconds * SECOND
    return store.conversations.take(talk, lease, now, now + MINUTE, **more)


def test_an_unknown_conversation_is_none(store: Store, talk: str) -> None:
    assert store.conversations.get(talk) is None


def test_the_first_message_begins_the_conversation(store: Store, talk: str) -> None:
    begun = take(store, talk, new_entries=2, buyer_id="anna")
    assert begun == Conversation(talk, 2, "anna", None, "mine") == store.conversations.get(talk)


def test_a_lease_is_unlike_any_other() -> None:
    assert len({new_lease() for _ in range(200)}) == 200


def test_a_lease_that_is_anothers_is_left_to_it_and_what_was_said_is_counted(store: Store, talk: str) -> None:
    take(store, talk, "theirs", new_entries=1)
    seen = take(store, talk, "mine", 1, new_entries=2)
    assert (seen.lease, seen.last_seq) == ("theirs", 3)
    assert take(store, talk, "mine", 59).lease == "theirs"


def test_a_lease_that_has_ended_is_taken_over(store: Store, talk: str) -> None:
    take(store, talk, "theirs")
    assert take(store, talk, "mine", 61).lease == "mine"
    assert take(store, talk, "theirs", 62).lease == "mine", "for a minute of its own"


def test_a_lease_by_a_clock_that_was_put_back_since_is_free(store: Store, talk: str) -> None:
    take(store, talk, "of one who died", seconds=3600, new_entries=1)
    assert take(store, talk).lease == "mine"
    take(store, talk, "another's, whose clock differs", seconds=100)
    assert take(store, talk, "again").lease == "another's, whose clock differs"


def test_a_lease_that_is_given_back_is_free(store: Store, talk: str) -> None:
    take(store, talk, "theirs")
    store.conversations.release(talk, "theirs")
    assert take(store, talk, "mine", 1).lease == "mine"


def test_nobody_gives_anothers_lease_back(store: Store, talk: str) -> None:
    take(store, talk, "theirs")
    store.conversations.release(talk, "mine")
    assert take(store, talk, "mine", 1).lease == "theirs"


def test_who_is_interrupted_writes_nothing(store: Store, talk: str) -> None:
    conversation = take(store, talk, new_entries=1)
    store.conversations.interrupt(talk)
    with pytest.raises(Conflict):
        store.conversations.finish(conversation, {"mine": True}, 1)
    assert store.conversations.get(talk) == Conversation(talk, 1)


def test_of_many_workers_at_once_one_has_the_conversation(store: Store, talk: str) -> None:
    for begun in (False, True):
        together = Barrier(6)

        def work(number: int, together: Barrier = together) -> str | None:
            together.wait()
            try:
                return take(store, talk, f"{number}").lease
            except Conflict:  # others have begun the conversation just now
                return None

        with ThreadPoolExecutor(6) as pool:
            seen = list(pool.map(work, range(6)))
        winners = [lease for number, lease in enumerate(seen) if lease == f"{number}"]
        assert len(winners) == 1 and set(seen) - {None} == set(winners), begun
        store.conversations.release(talk, winners[0])


def test_who_vouches_first_says_whose_conversation_it_is(store: Store, talk: str) -> None:
    assert take(store, talk).buyer_id is None
    assert take(store, talk, buyer_id="anna").buyer_id == "anna"
    assert take(store, talk, buyer_id="ben").buyer_id == "anna"
    assert take(store, talk).buyer_id == "anna"


def test_the_memory_is_kept_and_the_lease_is_free(store: Store, talk: str) -> None:
    memory = {"events": [{"text": "少了😀"}], "nothing": None}
    conversation = take(store, talk, new_entries=1)
    assert store.conversations.finish(conversation, memory, 3) == 4
    assert store.conversations.get(talk) == Conversation(talk, 4, None, memory, None)
    assert take(store, talk, "next", 1).memory == memory


def test_a_lease_that_has_ended_and_that_nobody_took_is_still_ones_own(store: Store, talk: str) -> None:
    conversation = take(store, talk)
    assert store.conversations.finish(conversation, {"a": 1}, 1) == 1


def test_what_the_buyer_has_said_meanwhile_keeps_its_number(store: Store, talk: str) -> None:
    conversation = take(store, talk, new_entries=1)
    take(store, talk, "theirs", 1, new_entries=2)
    assert store.conversations.finish(conversation, {"a": 1}, 2) == 5
    assert store.conversations.get(talk) == Conversation(talk, 5, None, {"a": 1}, None)


@pytest.mark.parametrize("taken", [True, False])
def test_who_has_lost_the_lease_writes_nothing(store: Store, talk: str, taken: bool) -> None:
    conversation = take(store, talk, new_entries=1)
    if taken:
        take(store, talk, "theirs", 61)
    else:
        store.conversations.release(talk, "mine")
    before = store.conversations.get(talk)
    with pytest.raises(Conflict, match=talk), store.transaction() as parts:
        parts.log.write(talk, 2, [(Author.BOT, {"text": "too late"}, None)], NOW)
        parts.conversations.finish(conversation, {"mine": True}, 1)
    assert store.conversations.get(talk) == before and store.log.after(talk) == []


def test_a_turn_is_finished_once(store: Store, talk: str) -> None:
    conversation = take(store, talk)
    store.conversations.finish(conversation, {"a": 1}, 1)
    with pytest.raises(Conflict):
        store.conversations.finish(conversation, {"a": 2}, 1)
    assert store.conversations.get(talk) == Conversation(talk, 1, None, {"a": 1}, None)


def test_numbers_have_no_gaps_however_many_write_at_once(store: Store, talk: str) -> None:
    """Buyers' messages, answers to them, and what people and the system say, each from a thread of its own."""
    together = Barrier(4)

    def accept(number: int) -> None:
        together.wait()
        for said in range(10):
            while True:
                try:
                    with store.transaction() as parts:
                        begun = parts.conversations.take(talk, "x", NOW, NOW, new_entries=2)
                        lines = [(Author.BUYER, {"text": f"{number}-{said}-{part}"}, None) for part in range(2)]
                        parts.log.write(talk, begun.last_seq, lines, NOW)
                    break
                except Conflict:  # somebody else has begun the conversation just now
                    continue

    def answer(_: int) -> None:
        together.wait()
        for said in range(10):
            lease = new_lease()
            conversation = take(store, talk, lease, seconds=said + 1)
            with store.transaction() as parts:
                last = parts.conversations.finish(conversation, {"said": said}, 1)
                parts.log.write(talk, last, [(Author.BOT, {"text": f"b-{said}"}, None)], NOW)

    def speak(_: int) -> None:
        together.wait()
        for said in range(10):
            store.log.append(talk, Author.AGENT, {"text": f"a-{said}"}, NOW)

    take(store, talk, "x")
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(task, number) for number, task in enumerate((accept, accept, answer, speak))]
    for done in work:
        done.result()
    entries = store.log.after(talk)
    assert [entry.seq for entry in entries] == list(range(1, 61))
    conversation = store.conversations.get(talk)
    assert conversation is not None and conversation.last_seq == 60
    for author in ("0-", "1-", "b-", "a-"):
        mine = [entry.text for entry in entries if entry.text.startswith(author)]
        assert mine == sorted(mine) and len(mine) == (20 if author[0] in "01" else 10)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(memory=st.dictionaries(st.text(max_size=5), st.text() | st.integers() | st.none(), max_size=5))
def test_any_memory_survives(store: Store, memory: dict[str, Any]) -> None:
    talk = uuid.uuid4().hex
    store.conversations.finish(take(store, talk), memory, 0)
    found = store.conversations.get(talk)
    assert found is not None and found.memory == memory


def test_what_waits_for_an_answer_in_the_widget_is_found_again(store: Store, talk: str) -> None:
    store.sessions.open(Session(talk, "buyer", None), NOW)
    assert talk not in store.conversations.unanswered()
    said = [store.log.append(talk, Author.BUYER, {"text": text}, NOW) for text in ("少了", "一件")]
    store.log.append("inline", Author.BUYER, {"text": "its caller asks again by itself"}, NOW)
    waiting = store.conversations.unanswered()
    assert waiting.count(talk) == 1 and "inline" not in waiting
    store.log.answered(said, {})
    assert talk not in store.conversations.unanswered()


def test_a_conversation_survives_a_restart(store: Store, talk: str, new_database: Any) -> None:
    url = new_database()
    first = Store(make_engine(url))
    first.conversations.finish(take(first, talk, new_entries=1, buyer_id="anna"), {"a": 1}, 1)
    make_engine(url).dispose()
    make_engine.cache_clear()
    assert Store(make_engine(url)).conversations.get(talk) == Conversation(talk, 2, "anna", {"a": 1}, None)
    make_engine(url).dispose()


def test_in_the_widget_it_is_whose_session_it_is(store: Store, talk: str) -> None:
    store.sessions.open(Session(talk, "buyer", None), NOW)
    store.log.append(talk, Author.BUYER, {"text": "在吗"}, NOW)
    known = store.conversations.get(talk)
    assert known and known.buyer_id == "buyer"
    assert take(store, talk).buyer_id == "buyer"
