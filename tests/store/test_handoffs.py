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


def test_at_first_the_bot_has_the_conversation(handoffs: Handoffs) -> None:
    assert handoffs.active("c") is None


def test_an_open_handoff_is_active(handoffs: Handoffs) -> None:
    opened = handoffs.open(conversation_id="c", claim_id="SF-1", reason="above_limit", summary="少了😀两件", now=NOW)
    assert opened == Handoff("c", "SF-1", "above_limit", "少了😀两件", NOW)
    assert handoffs.active("c") == opened


def test_a_handoff_needs_no_claim(handoffs: Handoffs) -> None:
    handoffs.open(conversation_id="c", claim_id=None, reason="asked", summary="", now=NOW)
    active = handoffs.active("c")
    assert active is not None
    assert active.claim_id is None


def test_its_time_comes_back_in_utc(handoffs: Handoffs) -> None:
    in_shanghai = NOW.astimezone(timezone(timedelta(hours=8)))
    handoffs.open(conversation_id="c", claim_id=None, reason="asked", summary="", now=in_shanghai)
    active = handoffs.active("c")
    assert active is not None
    assert active.at == NOW
    assert active.at.utcoffset() == timedelta(0)


def test_given_back_the_bot_has_it_again(handoffs: Handoffs) -> None:
    handoffs.open(conversation_id="c", claim_id=None, reason="asked", summary="", now=NOW)
    handoffs.give_back("c", LATER)
    assert handoffs.active("c") is None


def test_giving_back_what_nobody_took_changes_nothing(handoffs: Handoffs) -> None:
    handoffs.give_back("c", NOW)
    opened = handoffs.open(conversation_id="c", claim_id=None, reason="asked", summary="", now=NOW)
    assert handoffs.active("c") == opened


def test_the_latest_counts_and_giving_back_ends_all(handoffs: Handoffs) -> None:
    handoffs.open(conversation_id="c", claim_id=None, reason="asked", summary="", now=NOW)
    second = handoffs.open(conversation_id="c", claim_id=None, reason="angry", summary="", now=NOW)
    assert handoffs.active("c") == second
    handoffs.give_back("c", LATER)
    assert handoffs.active("c") is None


def test_it_can_be_taken_again_after_it_was_given_back(handoffs: Handoffs) -> None:
    handoffs.open(conversation_id="c", claim_id=None, reason="asked", summary="", now=NOW)
    handoffs.give_back("c", LATER)
    again = handoffs.open(conversation_id="c", claim_id=None, reason="angry", summary="", now=LATER)
    assert handoffs.active("c") == again


def test_conversations_do_not_mix(handoffs: Handoffs) -> None:
    mine = handoffs.open(conversation_id="c", claim_id=None, reason="asked", summary="", now=NOW)
    handoffs.open(conversation_id="d", claim_id=None, reason="asked", summary="", now=NOW)
    handoffs.give_back("d", LATER)
    assert handoffs.active("c") == mine
    assert handoffs.active("d") is None


def test_a_handoff_survives_a_restart(handoffs: Handoffs, url: str) -> None:
    opened = handoffs.open(conversation_id="c", claim_id=None, reason="asked", summary="", now=NOW)
    make_engine(url).dispose()
    make_engine.cache_clear()
    engine = make_engine(url)
    assert Store(engine).handoffs.active("c") == opened
    engine.dispose()
