"""What a case file says. People are masked; money in fen, times aware. As JSON it is ``bot.claims.codec.to_json``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from bot.claims.model import (
    ClaimLine,
    ClaimState,
    EvidenceKind,
    EvidenceStatus,
    Fault,
    Offer,
    Order,
    Platform,
    Promise,
    Settlement,
    Shortage,
)
from bot.claims.rulebook import Value


class Voice(str, Enum):
    """Who said it, or the record of what was done."""

    BUYER = "buyer"
    BOT = "bot"
    AGENT = "agent"  # a person of the shop
    RECORD = "record"


@dataclass(frozen=True)
class Moment:
    at: datetime
    voice: Voice
    text: str


@dataclass(frozen=True)
class Stored:
    """A file as it lies in the store now. ``intact``: it still has the SHA-256 that it was received with."""

    format: str  # jpg, png, webp, gif, mp4
    size_bytes: int
    intact: bool

    @property
    def is_video(self) -> bool:
        return self.format == "mp4"


@dataclass(frozen=True)
class SameFile:
    """Another claim with the very same file: for a person to judge, and nothing is concluded from it here."""

    claim_id: str
    same_buyer: bool


@dataclass(frozen=True)
class Exhibit:
    """One piece of evidence; ``stored`` is None when nothing came, or the file is gone."""

    kind: EvidenceKind
    status: EvidenceStatus
    received_at: datetime | None
    sha256: str | None
    stored: Stored | None
    same_files: tuple[SameFile, ...]


@dataclass(frozen=True)
class Signal:
    """One thing that the records can show, and whether they did; ``source`` is a rulebook id."""

    id: str
    text: str
    source: str
    seen: bool


@dataclass(frozen=True)
class Row:
    """One row of the fault table. They are tried in order: the first that applies decides, the rest are not tried."""

    id: str
    text: str
    source: str
    fault: Fault
    applies: bool | None  # None: not tried


@dataclass(frozen=True)
class Finding:
    """``would_change``: what evidence would turn it; ``sources``: the rules behind what was seen and what decided."""

    fault: Fault
    signals: tuple[Signal, ...]
    rows: tuple[Row, ...]
    would_change: tuple[str, ...]
    sources: tuple[Value, ...]


@dataclass(frozen=True)
class Sum:
    """What is owed, line by line, by the rules of the day ``on``; ``supposed``: as if the seller were at fault."""

    on: date
    lines: tuple[str, ...]
    sources: tuple[Value, ...]
    supposed: bool


@dataclass(frozen=True)
class CaseFile:
    """``order`` is None when none is on record; ``offers`` are all that were ever made, the latest last."""

    claim_id: str
    made_at: datetime
    opened_at: datetime
    state: ClaimState
    shop: str
    buyer: str
    platform: Platform
    platform_name: str
    order_id: str | None
    order: Order | None
    shortage: Shortage
    missing: tuple[ClaimLine, ...]
    missing_value_fen: int | None
    timeline: tuple[Moment, ...]
    evidence: tuple[Exhibit, ...]
    finding: Finding | None
    sum: Sum | None
    offers: tuple[Offer, ...]
    promise: Promise | None
    promise_broken: bool
    settlement: Settlement | None
