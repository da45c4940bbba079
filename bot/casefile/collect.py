"""From everything on record about a claim to what its case file says. Pure: reads no store and no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from bot.casefile.model import CaseFile, Exhibit, Finding, Moment, Row, SameFile, Signal, Stored, Sum, Voice
from bot.casefile.words import WORDS, platform_name, tell
from bot.claims.deadlines import is_broken
from bot.claims.events import Event, EvidenceReceived, OfferMade
from bot.claims.fault import SIGNALS, TABLE
from bot.claims.model import Claim, Order
from bot.claims.negotiation import missing_value
from bot.claims.rulebook import Rulebook
from bot.privacy import mask, mask_name
from bot.talk import phrases


@dataclass(frozen=True)
class Record:
    """What is on record, nobody masked yet. ``files`` and ``same_files`` by SHA-256.

    ``compensation`` is a result of ``bot.claims.compensation``; None when there is nothing to reckon with.
    """

    claim: Claim
    history: Sequence[tuple[datetime, Event]]
    order: Order | None
    said: Sequence[Moment]
    files: Mapping[str, Stored]
    same_files: Mapping[str, Sequence[Claim]]
    compensation: Mapping[str, Any] | None


def collect(record: Record, *, shop: str, rulebook: Rulebook, on: date, now: datetime) -> CaseFile:
    """The case file as of ``now``; ``on`` is the day by whose rules the sum was worked out."""
    claim, order = record.claim, record.order
    platform = order.platform if order else claim.platform
    made = tuple(event.offer for _, event in record.history if isinstance(event, OfferMade))
    return CaseFile(
        claim_id=claim.claim_id,
        made_at=now,
        opened_at=claim.opened_at,
        state=claim.state,
        shop=shop,
        buyer=mask_name(claim.buyer_id),
        platform=platform,
        platform_name=platform_name(platform, rulebook),
        order_id=claim.order_id,
        order=_masked(order) if order else None,
        shortage=claim.shortage,
        missing=tuple(
            replace(line, title=mask(line.title), part=line.part and mask(line.part)) for line in claim.lines
        ),
        missing_value_fen=missing_value(claim, order) if order and claim.lines else None,
        timeline=_timeline(record),
        evidence=_exhibits(record),
        finding=_finding(claim, rulebook, on),
        sum=_sum(record, rulebook, on),
        # An imported claim brings its offers along instead of the events of their making.
        offers=made or claim.offers,
        promise=claim.promise,
        promise_broken=claim.promise is not None and is_broken(claim.promise, now),
        settlement=claim.settlement,
    )


def _masked(order: Order) -> Order:
    parcels = tuple(replace(parcel, signed_by=_signed_by(parcel.signed_by)) for parcel in order.parcels)
    return replace(order, buyer_id=mask_name(order.buyer_id), parcels=parcels)


def _signed_by(who: str | None) -> str | None:
    if who is None or any(word in who for word in WORDS["signed_by"]):
        return who and mask(who)
    return mask_name(who)


def _timeline(record: Record) -> tuple[Moment, ...]:
    said = [replace(moment, text=mask(moment.text)) for moment in record.said]
    done = [Moment(at, Voice.RECORD, tell(event)) for at, event in record.history]
    return tuple(sorted((*said, *done), key=lambda moment: moment.at))


def _exhibits(record: Record) -> tuple[Exhibit, ...]:
    claim = record.claim
    came = {event.sha256: at for at, event in record.history if isinstance(event, EvidenceReceived)}
    return tuple(
        Exhibit(
            kind=item.kind,
            status=item.status,
            received_at=came.get(item.sha256 or ""),
            sha256=item.sha256,
            stored=record.files.get(item.sha256 or ""),
            same_files=tuple(
                SameFile(other.claim_id, other.buyer_id == claim.buyer_id)
                for other in record.same_files.get(item.sha256 or "", ())
            ),
        )
        for item in claim.evidence
    )


def _finding(claim: Claim, rulebook: Rulebook, on: date) -> Finding | None:
    """The fault table as it was read then: by what is on record, not by what an order record shows today."""
    if claim.fault is None:
        return None
    *seen, decisive = claim.reasons or ("",)
    signals = tuple(Signal(signal.id, phrases.SIGNS[signal.id], signal.source, signal.id in seen) for signal in SIGNALS)
    # None for a row that an earlier version had.
    decided = next((number for number, row in enumerate(TABLE) if row.id == decisive), None)
    rows = tuple(
        Row(
            row.id,
            phrases.ROWS[row.id],
            row.source,
            row.fault,
            None if decided is None or number > decided else number == decided,
        )
        for number, row in enumerate(TABLE)
    )
    turned_by = TABLE[decided].would_change if decided is not None else ()
    rests_on = [signal.source for signal in signals if signal.seen] + [row.source for row in rows if row.applies]
    return Finding(
        fault=claim.fault,
        signals=signals,
        rows=rows,
        would_change=tuple(phrases.WOULD_CHANGE[evidence] for evidence in turned_by),
        sources=tuple(rulebook.get(source, on) for source in dict.fromkeys(rests_on)),
    )


def _sum(record: Record, rulebook: Rulebook, on: date) -> Sum | None:
    result = record.compensation
    if result is None:
        return None
    return Sum(
        on=on,
        lines=tuple(mask(line) for line in phrases.explanation(result, rulebook)),
        sources=tuple(rulebook.get(source, on) for source in result["sources"]),
        supposed=record.claim.fault is None,
    )
