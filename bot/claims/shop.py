"""``shop.yml``: what this shop allows. Everything the bot may offer on its own is in here."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Extra, Field, ValidationError, validator

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


class HandoffPolicy(_Section):
    mute_minutes: int = Field(ge=30)  # the platforms' own minimum, rules.md 4.2 row 6
    anger_limit: int = Field(ge=1)
    fallback_limit: int = Field(ge=1)


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
    latest: tuple[str, ...]


class ShopPolicy(_Section):
    """The checked contents of ``shop.yml``. Money in fen, spans in the unit the key names."""

    name: str
    evidence: EvidencePolicy
    offers: OfferPolicy
    claims: ClaimPolicy
    promises: PromisePolicy
    handoff: HandoffPolicy
    messages: MessagePolicy
    counter: CounterPolicy = CounterPolicy()
    words: Words

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
