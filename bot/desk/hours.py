"""When people are there: the shop's opening hours. Clocks are passed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from bot.claims.shop import Hours

_DAYS = 60  # who is closed for longer has written something else than hours


def is_open(hours: Hours, now: datetime) -> bool:
    return hours.is_always or any(begin <= now < end for begin, end in _spans(hours, now, 1))


def opens_at(hours: Hours, now: datetime) -> datetime | None:
    """When people are back, which is now while they are there; None when no day is in sight."""
    if is_open(hours, now):
        return now
    return next((begin for begin, _ in _spans(hours, now, _DAYS) if begin > now), None)


def open_between(hours: Hours, since: datetime, until: datetime) -> timedelta:
    """How long people were there between the two."""
    if hours.is_always:
        return max(until - since, timedelta())
    spans = _spans(hours, since, (until - since).days + 2)
    return sum((max(min(end, until) - max(begin, since), timedelta()) for begin, end in spans), timedelta())


def _spans(hours: Hours, since: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
    """Those that begin on the day of ``since`` or the days after it, in order."""
    first = since.astimezone(hours.time_zone).date()
    for number in range(days):
        day = first + timedelta(days=number)
        for begin, end in hours.spans(day):
            yield _at(hours, day, begin), _at(hours, day if end != time(0) else day + timedelta(days=1), end)


def _at(hours: Hours, day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, hours.time_zone)
