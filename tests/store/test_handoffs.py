"""Hand-offs: who has the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone

import pytest

from bot.db import make_engine
from bot.store import Handoff, Store
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
