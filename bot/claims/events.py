"""What can happen to a claim. A claim is what its events say, and nothing but ``apply`` changes one.

Each event holds the facts of that happening, so that a claim's history reads as its story and comes out the same under
next year's rules. A new kind of event is one more ``Change``: what happened, and what it makes of the claim.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from bot.claims.causes import CauseKind
from bot.claims.codec import from_json
from bot.claims.model import (
    Claim,
    ClaimLine,
    ClaimState,
    Evidence,
    EvidenceKind,
    EvidenceStatus,
    Fault,
    Offer,
    Platform,
    Promise,
    Remedy,
    Settlement,
    Shortage,
)
from bot.claims.states import move


class OutOfPlace(ValueError):
    """The event cannot have happened to the claim as it is."""


class UnknownEvent(ValueError):
    """A stored event of a kind that this version does not know."""


@dataclass(frozen=True)
class ClaimOpened:
    """``replaces`` names an agreed claim whose figures the buyer has corrected; what happened there still counts."""

    claim_id: str
    conversation_id: str
    buyer_id: str
    replaces: str | None = None
    explained: tuple[str, ...] = ()
    promise_broken: bool = False

    def claim(self, at: datetime) -> Claim:
        return Claim(
            claim_id=self.claim_id,
            conversation_id=self.conversation_id,
            buyer_id=self.buyer_id,
            opened_at=at,
            state=ClaimState.OPEN,
            explained=self.explained,
            promise_broken=self.promise_broken,
        )


@dataclass(frozen=True)
class ClaimImported:
    """The claim as a whole, as it was kept before there were events."""

    claim: Claim


class Change(ABC):
    """Something that happened to a claim that is open."""

    @abstractmethod
    def change(self, claim: Claim, at: datetime) -> Claim:
        """The claim after it."""


Event: TypeAlias = ClaimOpened | ClaimImported | Change


def apply(claim: Claim | None, event: Event, at: datetime) -> Claim:
    """The claim after the event; ``version`` counts the events.

    Raises:
        OutOfPlace: when a claim is opened twice, or something happens to one that was never opened.
        IllegalTransition: when the event leads to a state that may not follow.
    """
    if isinstance(event, ClaimImported):
        after = event.claim
    elif isinstance(event, ClaimOpened) and claim is None:
        after = event.claim(at)
    elif isinstance(event, Change) and claim is not None:
        after = event.change(claim, at)
    else:
        raise OutOfPlace(f"{kind_of(event)} cannot happen to {claim.claim_id if claim else 'no claim'}")
    return replace(after, version=(claim.version if claim else 0) + 1)


def replay(events: Iterable[tuple[datetime, Event]]) -> Claim | None:
    """The claim that the events, oldest first, tell of; None when there are none."""
    claim = None
    for at, event in events:
        claim = apply(claim, event, at)
    return claim


# --- the facts ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FactsLearned(Change):
    """What the claim is about, as the buyer now states it."""

    order_id: str | None
    platform: Platform
    lines: tuple[ClaimLine, ...]
    shortage: Shortage
    box_torn: bool = False

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(_anew(claim), **vars(self))


@dataclass(frozen=True)
class OrderForgotten(Change):
    """It was another order."""

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(_anew(claim), order_id=None, lines=())


@dataclass(frozen=True)
class ItemsFound(Change):
    """Some of what was missing has turned up; the claim goes on without it."""

    lines: tuple[ClaimLine, ...]

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(_anew(claim), lines=tuple(line for line in claim.lines if line not in self.lines))


@dataclass(frozen=True)
class CauseExplained(Change):
    """The buyer was told what may explain the shortage of a line; whoever still says it is short stands by it."""

    cause: CauseKind
    sku: str

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(claim, explained=(*claim.explained, self.sku))


@dataclass(frozen=True)
class WishNoted(Change):
    wish: Remedy

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(claim, wish=self.wish)


# --- evidence -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EvidenceRequested(Change):
    """What is on the list already stays as it is."""

    kinds: tuple[EvidenceKind, ...]

    def change(self, claim: Claim, at: datetime) -> Claim:
        known = {item.kind for item in claim.evidence}
        new = tuple(Evidence(kind, EvidenceStatus.REQUESTED) for kind in self.kinds if kind not in known)
        return replace(claim, evidence=claim.evidence + new, evidence_asked=True)


@dataclass(frozen=True)
class EvidenceReceived(Change):
    """A stored file, and the kind of evidence that it was taken for."""

    kind: EvidenceKind
    sha256: str

    def change(self, claim: Claim, at: datetime) -> Claim:
        others = tuple(
            item for item in claim.evidence if item.kind is not self.kind or item.status is EvidenceStatus.RECEIVED
        )
        return replace(claim, evidence=(*others, Evidence(self.kind, EvidenceStatus.RECEIVED, self.sha256)))


@dataclass(frozen=True)
class EvidenceDeclined(Change):
    """没有, 扔了: the buyer has none of these."""

    kinds: tuple[EvidenceKind, ...]

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(
            claim,
            evidence=tuple(
                replace(item, status=EvidenceStatus.UNAVAILABLE)
                if item.kind in self.kinds and item.status is EvidenceStatus.REQUESTED
                else item
                for item in claim.evidence
            ),
        )


# --- verdict, offers, settlement ------------------------------------------------------------------


@dataclass(frozen=True)
class FaultFound(Change):
    """``reasons``: the row ids of the fault table."""

    fault: Fault
    reasons: tuple[str, ...]

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(_in(claim, ClaimState.ASSESSING), fault=self.fault, reasons=self.reasons)


@dataclass(frozen=True)
class OfferMade(Change):
    """The offer on the table; an agreement on an earlier one no longer holds, but for what its breach has opened."""

    offer: Offer

    def change(self, claim: Claim, at: datetime) -> Claim:
        offered = _in(claim, ClaimState.OFFERED)
        opened = replace(claim.settlement, refund_fen=0) if claim.settlement and claim.promise_broken else None
        offers = (*claim.offers, self.offer)
        return replace(offered, offers=offers, promise=None, settlement=opened, proposal=None, refused=None)


@dataclass(frozen=True)
class OfferProposed(Change):
    """Worked out, and not said to the buyer before somebody approves it."""

    offer: Offer

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(claim, proposal=self.offer)


@dataclass(frozen=True)
class AnotherOfferAsked(Change):
    """The buyer does not want the offer, and may have said what instead. A sum is kept as said, and never paid out."""

    wish: Remedy | None
    asked_fen: int | None = None

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(claim, wish=self.wish)


@dataclass(frozen=True)
class OfferAccepted(Change):
    promise: Promise
    settlement: Settlement

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(move(claim, ClaimState.AGREED), promise=self.promise, settlement=self.settlement)


@dataclass(frozen=True)
class RefundApplied(Change):
    """The buyer has asked for the promised refund in the order: from now on its time runs."""

    due_at: datetime

    def change(self, claim: Claim, at: datetime) -> Claim:
        promise = _promised(claim)
        if promise.has_begun:
            raise OutOfPlace(f"claim {claim.claim_id}: the time of its promise runs already")
        return replace(claim, promise=replace(promise, applied_at=at, due_at=self.due_at))


@dataclass(frozen=True)
class PromiseKept(Change):
    """The seller has done what was promised, at the time of the event; ``by`` is the colleague who says so."""

    carrier: str | None = None
    number: str | None = None
    by: str | None = None

    def change(self, claim: Claim, at: datetime) -> Claim:
        kept = replace(_promised(claim), kept_at=at, carrier=self.carrier, number=self.number)
        return replace(move(claim, ClaimState.FULFILLED), promise=kept)


@dataclass(frozen=True)
class PromiseWarned(Change):
    """The seller was told that the promise falls due soon."""

    def change(self, claim: Claim, at: datetime) -> Claim:
        promise = _promised(claim)
        if promise.warned_at or promise.kept_at:
            raise OutOfPlace(f"claim {claim.claim_id}: nothing to warn of")
        return replace(claim, promise=replace(promise, warned_at=at))


@dataclass(frozen=True)
class PromiseBroken(Change):
    """The deadline has passed and nothing was done."""

    def change(self, claim: Claim, at: datetime) -> Claim:
        promise = _promised(claim)
        if promise.broken_at or promise.kept_at:
            raise OutOfPlace(f"claim {claim.claim_id}: its promise cannot be broken any more")
        return replace(claim, promise=replace(promise, broken_at=at), promise_broken=True)


@dataclass(frozen=True)
class BuyerTold(Change):
    """The buyer knows that the promise is broken, and what that opens."""

    def change(self, claim: Claim, at: datetime) -> Claim:
        promise = _promised(claim)
        return replace(claim, promise=replace(promise, told_at=at))


@dataclass(frozen=True)
class PenaltyOpened(Change):
    """The promise was broken: what the buyer may now claim."""

    settlement: Settlement

    def change(self, claim: Claim, at: datetime) -> Claim:
        return replace(claim, settlement=self.settlement)


# --- the ways out ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class HandedOff(Change):
    """A person takes over; ``reason`` is a code of the hand-off contract."""

    reason: str

    def change(self, claim: Claim, at: datetime) -> Claim:
        return move(claim, ClaimState.HANDED_OFF)


@dataclass(frozen=True)
class GivenBack(Change):
    """The bot goes on, with what was agreed meanwhile. What a colleague has closed stays closed."""

    def change(self, claim: Claim, at: datetime) -> Claim:
        if claim.state is not ClaimState.HANDED_OFF or claim.refused or claim.other_kind:
            return claim
        if claim.promise:
            return move(claim, ClaimState.FULFILLED if claim.promise.kept_at else ClaimState.AGREED)
        return move(claim, ClaimState.OFFERED if claim.offers else ClaimState.GATHERING)


# --- what a colleague does ------------------------------------------------------------------------


@dataclass(frozen=True)
class CountsChanged(Change):
    """A colleague has found other counts than the buyer said; what was offered for the old ones no longer holds."""

    lines: tuple[ClaimLine, ...]
    by: str

    def change(self, claim: Claim, at: datetime) -> Claim:
        if claim.promise:
            raise OutOfPlace(f"claim {claim.claim_id}: what it is about is promised already")
        return replace(_in(claim, ClaimState.HANDED_OFF), lines=self.lines, offers=(), proposal=None)


@dataclass(frozen=True)
class Refused(Change):
    """A colleague has refused it; ``reason`` is a code that the buyer is told in words."""

    reason: str
    by: str

    def change(self, claim: Claim, at: datetime) -> Claim:
        if claim.promise:
            raise OutOfPlace(f"claim {claim.claim_id}: what was promised is not refused")
        return replace(_in(claim, ClaimState.HANDED_OFF), refused=self.reason, proposal=None)


@dataclass(frozen=True)
class OtherKindFound(Change):
    """A colleague has found that nothing is short here, but something else is the matter."""

    kind: str
    by: str

    def change(self, claim: Claim, at: datetime) -> Claim:
        if claim.promise:
            raise OutOfPlace(f"claim {claim.claim_id}: what it is about is promised already")
        return replace(_in(claim, ClaimState.HANDED_OFF), other_kind=self.kind, proposal=None)


@dataclass(frozen=True)
class Withdrawn(Change):
    """``replaced_by`` names the claim with the corrected figures."""

    replaced_by: str | None = None

    def change(self, claim: Claim, at: datetime) -> Claim:
        return move(claim, ClaimState.WITHDRAWN)


class SaidBy(str, Enum):
    BUYER = "buyer"
    DESK = "desk"  # the shop's own software


@dataclass(frozen=True)
class Escalated(Change):
    """The platform has stepped in and decides from now on; what was promised stays."""

    said_by: SaidBy

    def change(self, claim: Claim, at: datetime) -> Claim:
        return move(claim, ClaimState.ESCALATED)


@dataclass(frozen=True)
class Expired(Change):
    """Nobody has said a word for so many days, and nothing was promised."""

    days: int

    def change(self, claim: Claim, at: datetime) -> Claim:
        if claim.promise or claim.promise_broken:
            raise OutOfPlace(f"claim {claim.claim_id}: what was promised does not expire")
        return move(claim, ClaimState.EXPIRED)


# --- as they are stored ---------------------------------------------------------------------------

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in (ClaimOpened, ClaimImported, *Change.__subclasses__())}


def kind_of(event: Event) -> str:
    """The tag under which an event is stored; the rest of it is ``codec.to_json(event)``."""
    return type(event).__name__


def event_from_json(kind: str, body: dict[str, Any]) -> Event:
    """The event that was stored.

    Raises:
        UnknownEvent: when the tag is not known; a newer version may have written it.
        pydantic.ValidationError: when the body is no such event.
    """
    if kind not in _KINDS:
        raise UnknownEvent(f"an event of the kind {kind!r} is not known to this version")
    event: Event = from_json(_KINDS[kind], body)
    return event


def _promised(claim: Claim) -> Promise:
    if claim.promise is None:
        raise OutOfPlace(f"claim {claim.claim_id} has no promise")
    return claim.promise


def _in(claim: Claim, state: ClaimState) -> Claim:
    return claim if claim.state is state else move(claim, state)


def _anew(claim: Claim) -> Claim:
    """Facts have changed: what was offered for the old ones, and asked for and has not come, no longer holds."""
    came = tuple(item for item in claim.evidence if item.status is EvidenceStatus.RECEIVED)
    return replace(_in(claim, ClaimState.GATHERING), offers=(), evidence=came, evidence_asked=False)
