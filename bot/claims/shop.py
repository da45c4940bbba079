"""``shop.yml``: what this shop allows. Everything the bot may offer on its own is in here."""

from __future__ import annotations

import re
from datetime import date, time
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Extra, Field, ValidationError, validator

from bot.claims.doors import DoorPolicy
from bot.claims.model import Remedy
from bot.claims.yaml_file import FileError, read_mapping


class ShopPolicyError(ValueError):
    """The file is missing, is no YAML, or a value is out of bounds. The message names file and key."""


class _Section(BaseModel):
    class Config:
        extra = Extra.forbid
        frozen = True


class EvidencePolicy(_Section):
    photo_from_fen: int = Field(ge=0)
    high_value_fen: int = Field(gt=0)
    weight_tolerance_g: int = Field(ge=0)
    packaging_g: int = Field(ge=0)
    max_picture_bytes: int = Field(gt=0)
    max_video_bytes: int = Field(gt=0)


class GoodwillStep(_Section):
    percent: int = Field(gt=0, le=100)  # of what was paid for the missing things
    at_most_fen: int = Field(gt=0)


class HistoryPolicy(_Section):
    """What one buyer may settle with the bot within ``days``; beyond it a person looks."""

    days: int = Field(gt=0)
    max_claims: int = Field(ge=1)
    max_refund_fen: int = Field(ge=0)


class OfferPolicy(_Section):
    remedies: tuple[Remedy, ...]  # in the order of offering; one left out is never offered
    max_reship_fen: int = Field(ge=0)
    max_refund_fen: int = Field(ge=0)
    reship_within_hours: int = Field(ge=2)  # the deadline is the full hour before
    refund_within_hours: int = Field(ge=2)
    valid_hours: int = Field(gt=0)
    max_rounds: int = Field(ge=1, le=3)
    goodwill: tuple[GoodwillStep, ...]  # rising; empty: never
    history: HistoryPolicy
    per_day_fen: int | None = Field(default=None, ge=0)  # money that the bot may promise in one day in all

    @validator("goodwill")
    def _rises(cls, steps: tuple[GoodwillStep, ...]) -> tuple[GoodwillStep, ...]:
        if any(low.percent > high.percent or low.at_most_fen > high.at_most_fen for low, high in pairwise(steps)):
            raise ValueError("each step must be at least the one before")
        return steps

    @validator("valid_hours")
    def _lapses_in_time(cls, hours: int, values: dict[str, Any]) -> int:
        if any(hours >= values.get(key, hours + 1) for key in ("reship_within_hours", "refund_within_hours")):
            raise ValueError("must be less than the hours of reship and refund, or an offer is late when accepted")
        return hours


class ClaimPolicy(_Section):
    expire_days: int = Field(ge=7)  # a buyer who waits for a parcel or is away for a week finds the claim as it was


class PromisePolicy(_Section):
    warn_hours_before: int = Field(gt=0)


Span: TypeAlias = tuple[time, time]  # from, and until; an end at midnight is 0:00
_MIDNIGHT = time(0)
_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]?\d|2[0-3]):([0-5]\d)|(24):(00))")


class Weekday(str, Enum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


def _spans(text: Any) -> tuple[Span, ...]:
    """``9:00-12:00, 13:00-22:00``, or ``closed``."""
    if text == "closed":
        return ()
    spans: list[Span] = []
    for part in str(text).split(","):
        match = _SPAN.fullmatch(part.strip())
        if not match:
            raise ValueError(f"{text}: must be like 9:00-22:00, several with commas, or closed")
        hour, minute, until, past, midnight, _ = match.groups()
        span = time(int(hour), int(minute)), time(0) if midnight else time(int(until), int(past))
        is_empty = span[1] != _MIDNIGHT and span[0] >= span[1]
        if is_empty or (spans and (spans[-1][1] == _MIDNIGHT or spans[-1][1] > span[0])):
            raise ValueError(f"{text}: each span must end after it begins, and begin after the one before")
        spans.append(span)
    return tuple(spans)


class HandoffPolicy(_Section):
    mute_minutes: int = Field(ge=30)  # the platforms' own minimum, rules.md 4.2 row 6
    anger_limit: int = Field(ge=1)
    fallback_limit: int = Field(ge=1)
    skill_groups: dict[str, str] = {}  # by reason (data/handoffs.yml) or `default`: the desk's group that takes it
    alarm_minutes: int = Field(default=10, ge=1)  # of open hours, without a person: buyer and shop are told
    visits_limit: int = Field(default=3, ge=2)  # GB/T 47746-2026, 5.1.3: so many visits in 24 hours, and still unhappy


class Hours(_Section):
    """When people are there. ``weekly``: spans of the day by weekday, none where nobody comes; empty: always.

    ``holidays`` are days on which it is otherwise: closed, or their own spans.
    """

    time_zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    weekly: dict[Weekday, tuple[Span, ...]] = {}
    holidays: dict[date, tuple[Span, ...]] = {}

    class Config:
        arbitrary_types_allowed = True

    @validator("time_zone", pre=True)
    def _is_known(cls, name: Any) -> ZoneInfo:
        try:
            return name if isinstance(name, ZoneInfo) else ZoneInfo(str(name))
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no such time zone: {name}") from error

    @validator("weekly", "holidays", pre=True)
    def _are_spans(cls, days: Any) -> dict[Any, tuple[Span, ...]]:
        if not isinstance(days, dict):
            raise ValueError("must name days")
        return {day: _spans(text) for day, text in days.items()}

    @property
    def is_always(self) -> bool:
        return not self.weekly

    def spans(self, day: date) -> tuple[Span, ...]:
        """Those of that day, in order."""
        return self.holidays[day] if day in self.holidays else self.weekly.get(list(Weekday)[day.weekday()], ())


class MessagePolicy(_Section):
    max_chars: int = Field(ge=100)
    max_replies: int = Field(ge=1, le=3)  # rules.md 4.2 row 7
    sure_percent: int = Field(ge=0, le=100)
    wait_seconds: float = Field(ge=0, le=5)
    max_per_minute: int = Field(ge=1)
    session_days: int = Field(ge=1)


class CounterPolicy(_Section):
    phrases: tuple[str, ...] = ()  # what colleagues often say, to be put into the reply box with a press


class Words(_Section):
    gift: tuple[str, ...]
    part: tuple[str, ...]
    empty: tuple[str, ...]  # nothing at all was inside
    torn: tuple[str, ...]  # the box came damaged or opened
    more: tuple[str, ...]  # another item, besides what was said before
    still_short: tuple[str, ...]  # what was promised has come, and it is not all


class ShopPolicy(_Section):
    """The checked contents of ``shop.yml``. Money in fen, spans in the unit the key names."""

    name: str
    evidence: EvidencePolicy
    offers: OfferPolicy
    claims: ClaimPolicy
    promises: PromisePolicy
    handoff: HandoffPolicy
    hours: Hours = Hours()
    messages: MessagePolicy
    counter: CounterPolicy = CounterPolicy()
    doors: dict[str, DoorPolicy] = {}
    words: Words

    def door(self, name: str, key: str | None = None) -> DoorPolicy:
        """What holds for a program's key, else for the door."""
        return self.doors.get(key or "") or self.doors.get(name) or DoorPolicy()

    @classmethod
    def load(cls, path: Path) -> ShopPolicy:
        """Read and check the file.

        Raises:
            ShopPolicyError: with the file, the key and the reason.
        """
        try:
            raw = read_mapping(path)
        except FileError as error:
            raise ShopPolicyError(str(error)) from error
        try:
            return cls(**raw)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ShopPolicyError(f"{path}: {key}: {first['msg']}") from error
