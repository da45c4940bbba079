from __future__ import annotations

from datetime import datetime, timedelta, timezone

from bot.claims.deadlines import due_at, is_broken, spoken
from bot.claims.model import Promise, Remedy
from tests.claims.builders import NOW
from tests.claims.test_negotiation import POLICY


def test_the_very_second_is_still_in_time() -> None:
    promise = Promise(Remedy.RESHIP, due_at(Remedy.RESHIP, NOW, POLICY))
    assert promise.due_at == NOW + timedelta(hours=48)
    assert not is_broken(promise, promise.due_at)
    assert is_broken(promise, promise.due_at + timedelta(seconds=1))


def test_a_promise_that_was_kept_in_time_stays_kept() -> None:
    promise = Promise(Remedy.REFUND, NOW, kept_at=NOW)
    assert not is_broken(promise, NOW + timedelta(days=30))


def test_dates_are_said_in_shanghai_time() -> None:
    assert spoken(datetime(2026, 12, 31, 16, 30, tzinfo=timezone.utc)) == "1月1日 00:30"
