"""Days as buyers name them, and what only looks like one."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.dates import SHANGHAI, find_dates
from tests.language.sentences import sentences
from tests.language.writers import spelled_dates

NOW = datetime(2026, 11, 27, 12, tzinfo=SHANGHAI)
DAYS = st.dates(date(2021, 1, 1), date(2034, 12, 31))


@pytest.mark.parametrize("sentence", sentences("dates.yml"))
def test_sentence(sentence: dict[str, Any]) -> None:
    now = datetime.fromisoformat(sentence["now"]) if "now" in sentence else NOW
    assert find_dates(sentence["text"], now) == sentence["dates"]


@given(DAYS, st.integers(0, 364), st.data())
def test_a_day_of_the_last_year_is_read_back_however_it_is_written(today: date, ago: int, data: st.DataObject) -> None:
    day = today - timedelta(days=ago)
    text = data.draw(st.sampled_from(spelled_dates(day, today)))
    now = datetime(today.year, today.month, today.day, data.draw(st.integers(0, 23)), tzinfo=SHANGHAI)
    assert find_dates(f"{text}买的，少一件", now) == [day]


WORDS = "前天 20号 11 月 / . - 上 周三 双十一 春节 到 前 买的 2026 年 ，"
SCRAPS = st.lists(st.sampled_from(WORDS.split()) | st.characters())


@given(SCRAPS.map("".join), st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(timezone.utc)))
def test_any_text_can_be_read(text: str, now: datetime) -> None:
    assert all(abs(day - now.date()).days < 366 * 100 for day in find_dates(text, now))


@given(st.datetimes(datetime(2021, 1, 1), datetime(2034, 12, 31), timezones=st.just(timezone.utc)))
def test_days_begin_in_shanghai(now: datetime) -> None:
    assert find_dates("今天", now) == [(now + timedelta(hours=8)).date()]


@given(st.integers(1, 12), st.integers(1, 31), DAYS)
def test_a_day_that_does_not_exist_is_none(month: int, day: int, today: date) -> None:
    now = datetime(today.year, today.month, today.day, 12, tzinfo=SHANGHAI)
    there = day <= {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
    assert len(find_dates(f"{month}月{day}号买的", now)) == there


@pytest.mark.parametrize("scrap", ["一", "1", "3月", "前天", "周", "11.", "20号"])
def test_text_by_the_yard(scrap: str) -> None:
    assert len(find_dates((scrap * 10_000)[:10_000], NOW)) < 10_000
