"""责任: who answers for the shortage, by a table of reasons that anybody can read.

Signals come from the order record and the courier's trace; what a picture shows is for a person to judge and decides
nothing here. Where signals contradict each other the verdict is ``unclear``, never a coin toss. Every signal and every
row names the rule that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.claims.model import Claim, Fault, LineStatus, Order, Parcel, ParcelState
from bot.claims.negotiation import missing_value
from bot.claims.shop import EvidencePolicy
from bot.claims.weight import Weight, on_the_way, when_packed


@dataclass(frozen=True)
class Reason:
    """A signal or a row by its name: ``words.yml`` says it, under ``fault``."""

    id: str
    source: str  # rulebook id


@dataclass(frozen=True)
class Verdict:
    """The signals that were seen, then the row that decided; ``would_change``: evidence that would turn it, by name."""

    fault: Fault
    reasons: tuple[Reason, ...]
    would_change: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What the records say about one claim."""

    out_of_stock: bool = False  # the seller cancelled the line and never shipped it
    warehouse_short: bool = False  # the packing list holds fewer than were ordered
    weight_light: bool = False  # the courier weighed less at pickup than the goods alone must weigh
    weight_full: bool = False  # the weight at pickup leaves no room for the missing units to be missing
    packing_video: bool = False  # the warehouse filmed the packing, in full
    damaged_in_transit: bool = False  # the courier's own trace says so, or that it was packed anew
    weight_lost: bool = False  # a later hub weighed less, by as much as is missing
    weight_kept: bool = False  # the last hub, after any damage, weighed what was weighed at pickup
    box_torn: bool = False  # the buyer says so
    signed_in_person: bool = False  # every parcel, by the buyer: not a locker, the family, a guard
    merged: bool = False  # with orders that were paid apart
    confirmed: bool = False  # 确认收货
    small: bool = False  # worth so little that the buyer's word is enough

    @property
    def left_short(self) -> bool:
        return self.warehouse_short or self.weight_light

    @property
    def left_full(self) -> bool:
        return self.weight_full or self.packing_video

    @property
    def lost_on_the_way(self) -> bool:
        """Damage after which nothing was lost by weight explains nothing."""
        return self.weight_lost or (self.damaged_in_transit and not self.weight_kept)

    @property
    def contradict(self) -> bool:
        return (self.left_full and (self.left_short or self.out_of_stock)) or (self.weight_lost and self.weight_kept)


@dataclass(frozen=True)
class Row:
    """One row of the table: when it applies, what then holds, by which rule, and what would turn it."""

    id: str
    when: Callable[[Facts], bool]
    fault: Fault
    source: str
    would_change: tuple[str, ...]


_QUANTITY_SHORT = "law.consumer.quantity_short"
_TRANSIT_RISK = "law.ecommerce.transit_risk"
_EVIDENCE = "taobao.dispute.evidence"
_SIGNING = "taobao.dispute.valid_signing"
_MERGED = "taobao.dispute.merged_orders"
_CONFIRMED = "taobao.dispute.confirmed_receipt"
_BY_VALUE = "taobao.practice.by_value"

# In the order in which they are told; each is named as its fact.
SIGNALS: tuple[Reason, ...] = (
    Reason("out_of_stock", _QUANTITY_SHORT),
    Reason("warehouse_short", _EVIDENCE),
    Reason("weight_light", _EVIDENCE),
    Reason("weight_full", _EVIDENCE),
    Reason("packing_video", _EVIDENCE),
    Reason("damaged_in_transit", "courier.contents_short"),
    Reason("weight_lost", "courier.contents_short"),
    Reason("weight_kept", _EVIDENCE),
    Reason("box_torn", _EVIDENCE),
    Reason("signed_in_person", _SIGNING),
    Reason("merged", _MERGED),
    Reason("confirmed", _CONFIRMED),
)

# The first row that applies decides.
TABLE: tuple[Row, ...] = (
    Row(
        "contradiction",
        lambda f: f.contradict,
        Fault.UNCLEAR,
        _EVIDENCE,
        ("seller_names_the_wrong_record", "courier_statement"),
    ),
    Row(
        "out_of_stock",
        lambda f: f.out_of_stock,
        Fault.SELLER,
        _QUANTITY_SHORT,
        ("waybill_on_record",),
    ),
    Row(
        "short_and_lost",
        lambda f: f.left_short and f.lost_on_the_way,
        Fault.UNCLEAR,
        _EVIDENCE,
        ("weighed_before_and_after", "courier_statement"),
    ),
    Row(
        "left_short",
        lambda f: f.left_short,
        Fault.SELLER,
        _QUANTITY_SHORT,
        ("packing_film", "another_waybill"),
    ),
    Row(
        "lost_on_the_way",
        lambda f: f.lost_on_the_way,
        Fault.COURIER,
        _TRANSIT_RISK,
        ("short_when_it_left", "weight_kept_after_damage"),
    ),
    Row(
        "left_complete",
        lambda f: f.weight_full and f.packing_video and f.signed_in_person and not f.box_torn,
        Fault.BUYER,
        _SIGNING,
        ("uncut_unboxing_video", "damaged_or_lighter_on_the_way", "signed_by_another"),
    ),
    Row(
        "complete_until_delivery",
        lambda f: f.weight_full and f.packing_video,
        Fault.UNCLEAR,
        _SIGNING,
        ("signed_slip", "receivers_statement", "courier_statement"),
    ),
    Row(
        "one_sign_of_complete",
        lambda f: f.left_full,
        Fault.UNCLEAR,
        _EVIDENCE,
        ("the_other_sign_of_complete", "unboxing_video", "box_and_label"),
    ),
    Row(
        "both_bear_proof",
        lambda f: f.merged and f.confirmed,
        Fault.UNCLEAR,
        _MERGED,
        ("packing_video", "unboxing_video", "told_to_confirm"),
    ),
    Row(
        "merged_without_proof",
        lambda f: f.merged,
        Fault.SELLER,
        _MERGED,
        ("video_of_full_packing", "agreed_to_merge"),
    ),
    Row(
        "confirmed_without_proof",
        lambda f: f.confirmed and not f.small,
        Fault.UNCLEAR,
        _CONFIRMED,
        ("unboxing_video", "told_to_confirm", "short_packing"),
    ),
    Row(
        "buyers_word",
        lambda f: f.small,
        Fault.SELLER,
        _BY_VALUE,
        ("video_or_weight_of_full_packing", "damaged_or_lighter_on_the_way"),
    ),
    Row(
        "needs_a_person",
        lambda f: True,
        Fault.UNCLEAR,
        _BY_VALUE,
        ("weight_at_pickup", "packing_video", "unboxing_video", "box_and_label"),
    ),
)


def find_fault(order: Order, claim: Claim, policy: EvidencePolicy) -> Verdict:
    """The verdict on a claim whose facts are complete."""
    return judge(facts_of(order, claim, policy))


def judge(facts: Facts) -> Verdict:
    row = next(row for row in TABLE if row.when(facts))
    seen = tuple(signal for signal in SIGNALS if getattr(facts, signal.id))
    return Verdict(row.fault, (*seen, Reason(row.id, row.source)), row.would_change)


def facts_of(order: Order, claim: Claim, policy: EvidencePolicy) -> Facts:
    """Read the signals off the record.

    Parts inside a unit are on no packing list and weigh next to nothing. What was never sent is on no scale and in no
    film. After 确认收货 the buyer's word is enough only where not even a photo would be asked for.
    """
    lines = [line for line in (order.line(item.sku or "") for item in claim.lines) if line]
    cancelled = {line.sku for line in lines if line.status is LineStatus.OUT_OF_STOCK}
    sent = tuple(item for item in claim.lines if item.sku not in cancelled)
    packed = tuple(item for item in sent if not item.part)
    boxes = _boxes(order, claim)
    confirmed = order.confirmed_at is not None
    at_pickup = when_packed(order, packed, policy)
    later = on_the_way(order, boxes, packed, policy)
    return Facts(
        out_of_stock=bool(cancelled),
        warehouse_short=_listed(order) and any(_packed_short(order, item.sku) for item in packed),
        weight_light=at_pickup is Weight.SHORT,
        weight_full=at_pickup is Weight.FULL,
        packing_video=order.packing_video and bool(packed),
        damaged_in_transit=any(parcel.opened_in_transit for parcel in boxes),
        weight_lost=later is Weight.SHORT,
        weight_kept=later is Weight.FULL,
        box_torn=claim.box_torn,
        signed_in_person=bool(boxes) and all(_signed_in_person(parcel) for parcel in boxes),
        merged=bool(order.merged_with),
        confirmed=confirmed,
        small=missing_value(claim, order) < (policy.photo_from_fen if confirmed else policy.high_value_fen),
    )


def _boxes(order: Order, claim: Claim) -> tuple[Parcel, ...]:
    """The parcels that carry what is claimed, or may, having no packing list; all of them when none says so."""
    skus = {item.sku for item in claim.lines}
    may_carry = (box for box in order.parcels if skus & box.contents.keys() or not box.contents)
    return tuple(may_carry) or order.parcels


def _listed(order: Order) -> bool:
    """Is there a packing list for every parcel? One without may hold anything."""
    return bool(order.parcels) and all(parcel.contents for parcel in order.parcels)


def _packed_short(order: Order, sku: str | None) -> bool:
    """Fewer units than ordered; of what is inside a unit the packing list says nothing."""
    line = order.line(sku or "")
    return line is not None and sum(parcel.contents.get(line.sku, 0) for parcel in order.parcels) < line.quantity


def _signed_in_person(parcel: Parcel) -> bool:
    return parcel.state is ParcelState.SIGNED and (parcel.signed_by or "").startswith("本人")
