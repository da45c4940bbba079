"""The words of the house: orders, claims, evidence, offers, settlements.

Money is integer fen (分), weight integer grams, time an aware ``datetime``. Everything is frozen: a change of a
claim is a new claim (``dataclasses.replace``), so that nothing half-changed can be stored or shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Platform(str, Enum):
    """Where the order was placed: an id, which is also the name of the platform's file in the rulebook.

    Open: ``Platform("jd")`` needs no line here, and a record of a platform loads whether its file is there or not. The
    members are those that have a name in code; what any platform pays is said by ``bot.claims.schemes`` alone.
    """

    TMALL = "tmall"
    TAOBAO = "taobao"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> Platform | None:
        if not isinstance(value, str) or not _PLATFORM_ID.fullmatch(value):
            return None
        other = str.__new__(cls, value)
        other._name_, other._value_ = value.upper(), value
        # One object for one id, as with the members: `is` holds, for whichever thread was first.
        known: Platform = cls._value2member_map_.setdefault(value, other)  # type: ignore[assignment]
        return known


_PLATFORM_ID = re.compile(r"[a-z0-9][a-z0-9_]{0,31}")


class ClaimState(str, Enum):
    """The states of DESIGN.md; ``bot.claims.states`` says which may follow which."""

    OPEN = "open"
    GATHERING = "gathering"
    ASSESSING = "assessing"
    OFFERED = "offered"
    AGREED = "agreed"
    FULFILLED = "fulfilled"
    HANDED_OFF = "handed_off"
    ESCALATED = "escalated"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Fault(str, Enum):
    """责任: who answers for the shortage."""

    SELLER = "seller"
    COURIER = "courier"
    BUYER = "buyer"
    UNCLEAR = "unclear"


class Remedy(str, Enum):
    """补发, 退款, 退货."""

    RESHIP = "reship"
    REFUND = "refund"
    RETURN = "return"


class Shortage(str, Enum):
    """What is short: whole units of a line, a gift, or a part that belongs inside a unit (螺丝包, 说明书)."""

    UNITS = "units"
    GIFT = "gift"
    PART = "part"


class Unit(str, Enum):
    """What a claim's line counts where it does not count units of the order."""

    PIECE = "piece"  # of what one unit holds: 毛巾三条装 holds three
    GRAM = "g"


class LineStatus(str, Enum):
    NORMAL = "normal"
    OUT_OF_STOCK = "out_of_stock"  # cancelled by the seller, never shipped
    REFUND_OPEN = "refund_open"  # the buyer has asked for a refund in the order, and it is not settled yet
    REFUNDED = "refunded"  # the buyer has the money back


class ParcelState(str, Enum):
    NOT_SHIPPED = "not_shipped"
    SHIPPED = "shipped"  # it left the shop; whether it has come, the record does not say
    IN_TRANSIT = "in_transit"
    SIGNED = "signed"


class TrackingKind(str, Enum):
    """What the courier's trace says happened; where it happened is not kept."""

    PICKED_UP = "picked_up"
    WEIGHED = "weighed"  # at a hub, later than at pickup
    DAMAGED = "damaged"
    REPACKED = "repacked"  # opened and packed anew by the courier
    SIGNED = "signed"


class EvidenceKind(str, Enum):
    PHOTO = "photo"  # any one picture, enough for a cheap item
    OUTER_BOX = "outer_box"
    WAYBILL_LABEL = "waybill_label"  # shows the weight
    CONTENTS = "contents"  # everything that was received
    UNBOXING_VIDEO = "unboxing_video"
    CHAT = "chat"  # that the seller had the buyer confirm receipt first


class EvidenceStatus(str, Enum):
    REQUESTED = "requested"
    RECEIVED = "received"
    UNAVAILABLE = "unavailable"  # 没有, 扔了: an answer too


NEVER_SENT = frozenset({LineStatus.OUT_OF_STOCK, LineStatus.REFUNDED})


@dataclass(frozen=True)
class OrderLine:
    """One line of an order. ``paid_fen`` is what was paid for the whole line after every discount, without postage."""

    sku: str
    title: str
    quantity: int
    paid_fen: int
    is_gift: bool = False
    gift_value_fen: int = 0  # of one unit, as the shop declared it
    refunded_fen: int = 0
    status: LineStatus = LineStatus.NORMAL
    unit_weight_g: int | None = None
    ships_apart: bool = False  # a gift that is sent later, from another warehouse
    pieces: int | None = None  # that one unit holds, where the shop's own data say it; else the title may

    @property
    def value_fen(self) -> int:
        return self.gift_value_fen * self.quantity if self.is_gift else self.paid_fen


@dataclass(frozen=True)
class TrackingEvent:
    """One line of the courier's trace, no place and no name in it."""

    at: datetime
    kind: TrackingKind
    weight_g: int | None = None


@dataclass(frozen=True)
class Parcel:
    """One waybill. ``weight_g``: what the courier weighed at pickup.

    ``contents``: sku -> units that the warehouse packed; empty when there is no packing list.
    """

    tracking_number: str
    courier: str
    state: ParcelState
    contents: dict[str, int]
    weight_g: int | None = None
    eta: datetime | None = None
    signed_at: datetime | None = None
    signed_by: str | None = None  # 本人, 驿站, 家人, 门卫…
    damaged_in_transit: bool = False  # the courier's own trace says so
    events: tuple[TrackingEvent, ...] = ()

    @property
    def opened_in_transit(self) -> bool:
        """Damaged or packed anew: something may have fallen out."""
        return self.damaged_in_transit or any(
            event.kind in (TrackingKind.DAMAGED, TrackingKind.REPACKED) for event in self.events
        )


@dataclass(frozen=True)
class Order:
    """What the seller's back office knows of one order. ``paid_total_fen`` includes ``shipping_fen``."""

    order_id: str
    buyer_id: str
    platform: Platform
    paid_total_fen: int
    shipping_fen: int
    lines: tuple[OrderLine, ...]
    parcels: tuple[Parcel, ...]
    placed_at: datetime
    confirmed_at: datetime | None = None  # 确认收货
    packing_video: bool = False  # the warehouse filmed the packing and the line was packed in full
    merged_with: tuple[str, ...] = ()  # orders paid apart and put into the same parcel without the buyer's consent

    def line(self, sku: str) -> OrderLine | None:
        return next((line for line in self.lines if line.sku == sku), None)


@dataclass(frozen=True)
class ClaimLine:
    """What the buyer misses of one line. ``sku`` is None while the line is known by the buyer's words alone.

    ``ordered``, ``received`` and ``missing`` count what ``unit`` says: of 毛巾三条装, ordered twice, six pieces.
    """

    title: str
    sku: str | None = None
    ordered: int | None = None
    received: int | None = None
    missing: int | None = None
    part: str | None = None  # 螺丝包: the unit came, this belonged inside it; several with 、 between them
    unit: Unit | None = None  # None: units of the order
    pack: int | None = None  # pieces in one unit of the order, where pieces are counted
    measure: str | None = None  # what the buyer counts or weighs in: 条, 斤

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.part.split("、")) if self.part else ()

    @property
    def keys(self) -> frozenset[tuple[str, str]]:
        """What it claims, item and part (empty: the item itself): of two lines that share one, one is settled."""
        return frozenset((self.sku or "", part) for part in self.parts or ("",))


@dataclass(frozen=True)
class Evidence:
    kind: EvidenceKind
    status: EvidenceStatus
    sha256: str | None = None  # the stored file, once received


@dataclass(frozen=True)
class Offer:
    """方案. ``amount_fen`` is the refund, 0 for a reship; ``due_at`` the promised dispatch or payment.

    ``goodwill_fen`` comes on top of either. ``by`` is the colleague who made it, None for the bot; ``approved_by`` the
    one who allowed it where it is more than the shop lets the bot offer.
    """

    remedy: Remedy
    amount_fen: int
    due_at: datetime
    made_at: datetime
    goodwill_fen: int = 0
    by: str | None = None
    approved_by: str | None = None

    @property
    def has_date(self) -> bool:
        """A refund has none before the buyer asks for it in the order: then ``due_at`` is if that were done at once."""
        return self.remedy is not Remedy.REFUND

    @property
    def money_fen(self) -> int:
        return self.amount_fen + self.goodwill_fen


@dataclass(frozen=True)
class Promise:
    """What an accepted offer promised. Kept when ``kept_at`` <= ``due_at`` (that very second included)."""

    remedy: Remedy
    due_at: datetime
    kept_at: datetime | None = None
    warned_at: datetime | None = None  # the seller was told that it falls due
    broken_at: datetime | None = None  # it was found broken
    told_at: datetime | None = None  # the buyer was told that it is broken
    by: str | None = None  # the colleague whose offer it was; None: the bot's
    carrier: str | None = None  # by whom, and under which number, what was promised was sent
    number: str | None = None
    on_application: bool = False  # its time runs from when the buyer asks for the refund in the order; until then
    applied_at: datetime | None = None  # ``due_at`` is but what it would be if that were done at once

    @property
    def has_begun(self) -> bool:
        return not self.on_application or self.applied_at is not None


@dataclass(frozen=True)
class Settlement:
    """结果. ``freight_by``: seller, buyer, pending or none. The penalty is claimable, never promised.

    ``penalty_currency``: what the platform pays it in (天猫积分); None without a penalty, and in what was settled
    before this was kept.
    """

    refund_fen: int
    penalty_fen: int
    penalty_points: int
    freight_by: str
    penalty_currency: str | None = None


@dataclass(frozen=True)
class Claim:
    """索赔单: one complaint about one order."""

    claim_id: str
    conversation_id: str
    buyer_id: str
    opened_at: datetime
    state: ClaimState
    shortage: Shortage = Shortage.UNITS
    platform: Platform = Platform.UNKNOWN
    order_id: str | None = None
    lines: tuple[ClaimLine, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    evidence_asked: bool = False
    explained: tuple[str, ...] = ()  # skus whose shortage the order seemed to explain; said once, not twice
    fault: Fault | None = None
    reasons: tuple[str, ...] = ()  # the fault table's row ids
    box_torn: bool = False  # as the buyer said; what the courier's trace says stands with the parcel
    wish: Remedy | None = None
    offers: tuple[Offer, ...] = ()
    promise: Promise | None = None
    promise_broken: bool = False  # this promise or one before it; another one that is kept does not undo it
    settlement: Settlement | None = None
    proposal: Offer | None = None  # worked out and not made yet: somebody has to approve it
    refused: str | None = None  # why a colleague has refused it, a code
    other_kind: str | None = (
        None  # a colleague has found it to be no shortage: wrong, broken, not_received, light, other
    )
    version: int = 0  # counts the saved changes; two writers cannot both write the same one

    @property
    def offer(self) -> Offer | None:
        return self.offers[-1] if self.offers else None
