"""When people are there, and when they are back. Times are the shop's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.claims.shop import Hours
from bot.desk.hours import is_open, open_between, opens_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHOP = Hours(
    weekly={
        "mon": "9:00-12:00, 13:00-18:00",
        "tue": "9:00-18:00",
        "wed": "9:00-18:00",
        "thu": "9:00-18:00",
        "fri": "20:00-24:00",
    },
    holidays={"2026-11-25": "closed", "2026-11-28": "10:00-11:00"},
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(23, 9), None),
        (at(23, 11, 59), None),
        (at(23, 12), at(23, 13)),
        (at(23, 18), at(24, 9)),
        (at(23, 3), at(23, 9)),
        (at(24, 20), at(26, 9)),  # the 25th is a holiday
        (at(27, 19, 59), at(27, 20)),
        (at(27, 23, 59), None),
        (at(28, 0), at(28, 10)),  # a Saturday on which somebody comes all the same
        (at(28, 11), at(30, 9)),
    ],
)
def test_people_are_there_or_it_is_known_when_they_are_back(now: datetime, opens: datetime | None) -> None:
    assert is_open(SHOP, now) is (opens is None)
    assert opens_at(SHOP, now) == (opens or now)


def test_another_time_zone_is_no_matter() -> None:
    assert is_open(SHOP, at(23, 9).astimezone(ZoneInfo("America/New_York")))


def test_without_hours_people_are_always_there() -> None:
    assert is_open(Hours(), at(29, 3)) and opens_at(Hours(), at(29, 3)) == at(29, 3)
    assert open_between(Hours(), at(29, 3), at(29, 4)) == timedelta(hours=1)


def test_only_the_time_in_which_people_were_there_counts() -> None:
    assert open_between(SHOP, at(23, 11, 50), at(23, 13, 5)) == timedelta(minutes=15)
    assert open_between(SHOP, at(23, 17, 55), at(24, 9, 5)) == timedelta(minutes=10)
    assert open_between(SHOP, at(24, 19), at(26, 8)) == timedelta()
    assert open_between(SHOP, at(24, 9), at(24, 9)) == timedelta()


def test_a_shop_that_never_opens_has_no_day_in_sight() -> None:
    assert opens_at(Hours(weekly={"mon": "closed"}), at(23, 9)) is None


@pytest.mark.parametrize(
    "wrong", ["9-22", "9:00-25:00", "22:00-9:00", "9:00-12:00, 11:00-13:00", "20:00-24:00, 21:00-22:00", "", "always"]
)
def test_hours_that_make_no_sense_are_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"like 9:00-22:00|end after it begins"):
        Hours(weekly={"mon": wrong})


def test_no_such_place() -> None:
    with pytest.raises(ValidationError, match="no such time zone: Mars/Olympus"):
        Hours(time_zone="Mars/Olympus")
