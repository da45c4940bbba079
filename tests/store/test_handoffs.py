"""Hand-offs: who has the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone

import pytest

from bot.db import make_engine
from bot.store import Handoff, Store, Urgency
from bot.store.handoffs import Handoffs
from tests.claims.builders import NOW

LATER = NOW + timedelta(minutes=31)


@pytest.fixture
def handoffs(url: str) -> Iterator[Handoffs]:
    engine = make_engine(url)
    yield Store(engine).handoffs
    engine.dispose()


ASKED = Handoff("c", None, "asked", "", NOW)


def begin(handoffs: Handoffs, handoff: Handoff = ASKED) -> Handoff:
    handoffs.open(handoff)
    return handoff


def test_at_first_the_bot_has_the_conversation(handoffs: Handoffs) -> None:
    assert handoffs.active("c") is None


def test_an_open_handoff_is_active(handoffs: Handoffs) -> None:
    opened = begin(handoffs, Handoff("c", "SF-1", "above_limit", "少了😀两件", NOW))
    assert handoffs.active("c") == opened


def test_a_handoff_needs_no_claim(handoffs: Handoffs) -> None:
    begin(handoffs)
    active = handoffs.active("c")
    assert active is not None
    assert active.claim_id is None


def test_its_time_comes_back_in_utc(handoffs: Handoffs) -> None:
    in_shanghai = NOW.astimezone(timezone(timedelta(hours=8)))
    begin(handoffs, Handoff("c", None, "asked", "", in_shanghai))
    active = handoffs.active("c")
    assert active is not None
    assert active.at == NOW
    assert active.at.utcoffset() == timedelta(0)


def test_given_back_the_bot_has_it_again(handoffs: Handoffs) -> None:
    begin(handoffs)
    assert handoffs.give_back("c", LATER)
    assert handoffs.active("c") is None
    assert not handoffs.give_back("c", LATER), "one of two gives it back"


def test_giving_back_what_nobody_took_changes_nothing(handoffs: Handoffs) -> None:
    assert not handoffs.give_back("c", NOW)
    opened = begin(handoffs)
    assert handoffs.active("c") == opened


def test_the_latest_counts_and_giving_back_ends_all(handoffs: Handoffs) -> None:
    begin(handoffs)
    second = begin(handoffs, Handoff("c", None, "angry", "", NOW))
    assert handoffs.active("c") == second
    handoffs.give_back("c", LATER)
    assert handoffs.active("c") is None


def test_it_can_be_taken_again_after_it_was_given_back(handoffs: Handoffs) -> None:
    begin(handoffs)
    handoffs.give_back("c", LATER)
    again = begin(handoffs, Handoff("c", None, "angry", "", LATER))
    assert handoffs.active("c") == again


def test_conversations_do_not_mix(handoffs: Handoffs) -> None:
    mine = begin(handoffs)
    begin(handoffs, Handoff("d", None, "asked", "", NOW))
    handoffs.give_back("d", LATER)
    assert handoffs.active("c") == mine
    assert handoffs.active("d") is None


def test_a_handoff_survives_a_restart(handoffs: Handoffs, url: str) -> None:
    opened = begin(handoffs)
    make_engine(url).dispose()
    make_engine.cache_clear()
    engine = make_engine(url)
    assert Store(engine).handoffs.active("c") == opened
    engine.dispose()


# --- the queue ------------------------------------------------------------------------------------


def test_the_urgent_come_first_then_the_oldest(handoffs: Handoffs) -> None:
    for minute, (talk, urgency) in enumerate({"a": Urgency.NORMAL, "b": Urgency.URGENT, "c": Urgency.NORMAL}.items()):
        begin(handoffs, Handoff(talk, None, "asked", "", NOW + timedelta(minutes=minute), urgency, f"SF-{talk}"))
    queue = handoffs.waiting()
    assert [handoff.conversation_id for handoff in queue] == ["b", "a", "c"] and handoffs.count_waiting() == 3
    assert [handoffs.ahead_of(handoff) for handoff in queue] == [0, 1, 2]
    assert handoffs.ahead_of(Handoff("d", None, "asked", "", LATER)) == 3, "and one that is not written yet"


def test_one_of_two_takes_it(handoffs: Handoffs) -> None:
    begin(handoffs)
    assert handoffs.take("c", "小李", LATER) and handoffs.take("c", "小李", LATER + timedelta(minutes=1))
    assert not handoffs.take("c", "小王", LATER)
    active = handoffs.active("c")
    assert active is not None and (active.taken_by, active.taken_at) == ("小李", LATER)
    assert handoffs.waiting() == [] and handoffs.last_waits(NOW) == [31 * 60.0]
    assert handoffs.put_back("c") and [each.conversation_id for each in handoffs.waiting()] == ["c"]


def test_the_buyer_is_asked_once_and_the_shop_alarmed_once(handoffs: Handoffs) -> None:
    begin(handoffs)
    assert handoffs.alarmed("c", LATER) and not handoffs.alarmed("c", LATER)
    assert handoffs.offer_back("c", LATER) and not handoffs.offer_back("c", LATER)
    assert handoffs.take("c", "小李", LATER) and handoffs.offer_back("c", LATER), "after a word of the person's, again"


def test_a_conversation_is_found_by_its_numbers(handoffs: Handoffs) -> None:
    begin(handoffs, Handoff("c", "SF-1", "asked", "", NOW, case_no="SF-1"))
    begin(handoffs, Handoff("d", None, "asked", "", NOW, case_no="SF-2"))
    assert [handoffs.find(number) for number in ("c", "SF-1", "SF-2", "d")] == ["c", "c", "d", "d"]
    assert handoffs.find("SF-3") is None
