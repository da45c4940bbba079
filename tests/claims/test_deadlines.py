from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.deadlines import SHANGHAI, due_at, falls_due, is_broken, lapsed, spoken
from bot.claims.model import Offer, Promise, Remedy
from bot.claims.shop import PromisePolicy
from tests.claims.builders import NOW
from tests.claims.test_negotiation import POLICY

SECOND = timedelta(seconds=1)
WARN = PromisePolicy(warn_hours_before=6)


def utc(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=timezone.utc)


def test_the_very_second_is_still_in_time() -> None:
    promise = Promise(Remedy.RESHIP, due_at(Remedy.RESHIP, NOW, POLICY))
    assert promise.due_at == NOW + timedelta(hours=48)
    assert not is_broken(promise, promise.due_at)
    assert is_broken(promise, promise.due_at + SECOND)


def test_a_promise_that_was_kept_in_time_stays_kept() -> None:
    promise = Promise(Remedy.REFUND, NOW, kept_at=NOW)
    assert not is_broken(promise, NOW + timedelta(days=30))


def test_a_deadline_is_the_full_hour_before_the_shops_time_is_over() -> None:
    assert due_at(Remedy.REFUND, utc(20, 10, 37, 12), POLICY) == utc(21, 10)
    assert due_at(Remedy.RESHIP, utc(20, 10, 0, 1), POLICY) == utc(22, 10)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(timezone.utc)), st.sampled_from(Remedy)
)
def test_what_is_said_of_a_deadline_is_what_holds(now: datetime, remedy: Remedy) -> None:
    hours = POLICY.reship_within_hours if remedy is Remedy.RESHIP else POLICY.refund_within_hours
    due = due_at(remedy, now, POLICY)
    assert timedelta(hours=hours - 1) < due - now <= timedelta(hours=hours)
    assert spoken(due).endswith("点"), "no minutes"
    assert due.astimezone(SHANGHAI).utcoffset() == timedelta(hours=8), "no summer time"


def test_the_seller_is_warned_in_the_hours_before_and_not_after() -> None:
    promise = Promise(Remedy.RESHIP, utc(22, 10))
    assert not falls_due(promise, utc(22, 4) - SECOND, WARN)
    assert falls_due(promise, utc(22, 4), WARN)
    assert falls_due(promise, utc(22, 10), WARN)
    assert not falls_due(promise, utc(22, 10) + SECOND, WARN)
    assert not falls_due(Promise(Remedy.RESHIP, utc(22, 10), kept_at=utc(22, 3)), utc(22, 5), WARN)


def test_an_offer_lapses_after_its_last_second() -> None:
    offer = Offer(Remedy.RESHIP, 0, NOW + timedelta(hours=48), NOW)
    assert not lapsed(offer, NOW + timedelta(hours=12), POLICY)
    assert lapsed(offer, NOW + timedelta(hours=12) + SECOND, POLICY)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (utc(25, 10), "11月25日晚上6点"),
        (utc(25, 9, 59, 59), "11月25日下午5:59"),
        (utc(25, 0), "11月25日早上8点"),
        (utc(25, 3, 5), "11月25日上午11:05"),
        (utc(25, 4), "11月25日中午12点"),
        (utc(25, 5), "11月25日下午1点"),
        (utc(24, 17), "11月25日凌晨1点"),
        (utc(24, 16), "11月24日晚上12点"),
        (utc(24, 16, 30), "11月25日凌晨0:30"),
        (datetime(2026, 12, 31, 16, tzinfo=timezone.utc), "12月31日晚上12点"),
    ],
)
def test_times_are_said_in_shanghai_time_as_a_clerk_would(moment: datetime, said: str) -> None:
    assert spoken(moment) == said


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (utc(25, 0), "今天（11月25日）晚上6点"),
        (utc(24, 15, 59, 59), "明天（11月25日）晚上6点"),
        (utc(24, 16), "今天（11月25日）晚上6点"),  # midnight in Shanghai, not in Greenwich
        (utc(23, 10), "后天（11月25日）晚上6点"),
        (utc(22, 10), "11月25日晚上6点"),
        (utc(26, 10), "11月25日晚上6点"),
    ],
)
def test_near_days_are_said_by_name(now: datetime, said: str) -> None:
    assert spoken(utc(25, 10), now) == said


def test_midnight_belongs_to_the_day_that_ends() -> None:
    assert spoken(utc(24, 16), utc(24, 10)) == "今天（11月24日）晚上12点"
