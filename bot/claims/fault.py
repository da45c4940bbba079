"""责任: who answers for the shortage, by a table of reasons that anybody can read.

Signals come from the order record; what a picture shows is for a person to judge and decides nothing here. Where
signals contradict each other the verdict is ``unclear``, never a coin toss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bot.claims.model import Claim, Fault, LineStatus, Order, Shortage
from bot.claims.negotiation import missing_value
from bot.claims.shop import EvidencePolicy


@dataclass(frozen=True)
class Reason:
    """``id`` for machines; ``text`` in Chinese for the buyer and for the person who reads the case."""

    id: str
    text: str


@dataclass(frozen=True)
class Verdict:
    fault: Fault
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Facts:
    """What the records say about one claim."""

    out_of_stock: bool  # the seller cancelled the line and never shipped it
    warehouse_short: bool  # the packing list holds fewer than were ordered
    weight_light: bool  # the courier weighed less than the goods alone must weigh
    weight_full: bool  # the weight leaves no room for the missing units to be missing
    packing_video: bool  # the warehouse filmed the packing, in full
    damaged_in_transit: bool  # the courier's own trace says so
    small: bool  # worth so little that the buyer's word is enough

    @property
    def left_short(self) -> bool:
        return self.warehouse_short or self.weight_light

    @property
    def left_full(self) -> bool:
        return self.weight_full or self.packing_video


@dataclass(frozen=True)
class Row:
    """One row of the table: when it applies, and what then holds."""

    id: str
    when: Callable[[Facts], bool]
    fault: Fault
    text: str


SIGNALS: tuple[tuple[str, Callable[[Facts], bool], str], ...] = (
    ("out_of_stock", lambda f: f.out_of_stock, "这件断货，没有发出"),
    ("warehouse_short", lambda f: f.warehouse_short, "仓库的装箱记录比订单少"),
    ("weight_light", lambda f: f.weight_light, "快递称的重量比该有的轻"),
    ("weight_full", lambda f: f.weight_full, "快递称的重量跟装齐时一样"),
    ("packing_video", lambda f: f.packing_video, "仓库打包有录像，装的是齐的"),
    ("damaged_in_transit", lambda f: f.damaged_in_transit, "快递自己的记录写着途中破损"),
)

# The first row that applies decides.
TABLE: tuple[Row, ...] = (
    Row("out_of_stock", lambda f: f.out_of_stock, Fault.SELLER, "没发货，责任在商家"),
    Row("contradiction", lambda f: f.left_short and f.left_full, Fault.UNCLEAR, "记录互相对不上，要人来核"),
    Row("short_and_damaged", lambda f: f.left_short and f.damaged_in_transit, Fault.UNCLEAR, "少装和途中破损都有可能"),
    Row("left_short", lambda f: f.left_short, Fault.SELLER, "出库时就少了，责任在商家"),
    Row("lost_on_the_way", lambda f: f.damaged_in_transit, Fault.COURIER, "路上破损，责任在快递，商家先给买家办"),
    Row("left_complete", lambda f: f.weight_full and f.packing_video, Fault.BUYER, "重量和录像都说明是齐的"),
    Row("one_sign_of_complete", lambda f: f.left_full, Fault.UNCLEAR, "有记录说是齐的，但单凭一样定不了"),
    Row("buyers_word", lambda f: f.small, Fault.SELLER, "金额不大，以买家说的为准"),
    Row("needs_a_person", lambda f: True, Fault.UNCLEAR, "金额较大，记录里看不出来，凭证要人来看"),
)


def find_fault(order: Order, claim: Claim, policy: EvidencePolicy) -> Verdict:
    """The verdict on a claim whose facts are complete, with the row that decided and the signals it saw."""
    facts = facts_of(order, claim, policy)
    row = next(row for row in TABLE if row.when(facts))
    seen = tuple(Reason(name, text) for name, when, text in SIGNALS if when(facts))
    return Verdict(row.fault, (*seen, Reason(row.id, row.text)))


def facts_of(order: Order, claim: Claim, policy: EvidencePolicy) -> Facts:
    """Read the signals off the record. Parts inside a unit are on no packing list and weigh next to nothing."""
    part = claim.shortage is Shortage.PART
    # A parcel without a packing list may hold anything.
    listed = not part and all(parcel.contents for parcel in order.parcels)
    light, full = _weight(order, claim, policy) if listed else (False, False)
    lines = [line for line in (order.line(item.sku or "") for item in claim.lines) if line]
    return Facts(
        out_of_stock=any(line.status is LineStatus.OUT_OF_STOCK for line in lines),
        warehouse_short=listed and _packed_short(order, claim),
        weight_light=light,
        weight_full=full,
        packing_video=order.packing_video and not part,
        damaged_in_transit=any(parcel.damaged_in_transit for parcel in order.parcels),
        small=missing_value(claim, order) < policy.high_value_fen,
    )


def _packed_short(order: Order, claim: Claim) -> bool:
    packed = {item.sku: sum(parcel.contents.get(item.sku or "", 0) for parcel in order.parcels) for item in claim.lines}
    return bool(order.parcels) and any(packed[item.sku] < (item.ordered or 0) for item in claim.lines)


def _weight(order: Order, claim: Claim, policy: EvidencePolicy) -> tuple[bool, bool]:
    """(too light, complete) by the weight on the waybill; (False, False) when it cannot tell.

    Packaging only adds: goods that weigh less than they must are short for certain. A weight that looks complete
    says something only when the missing units weigh more than any packaging and what the scales may be off.
    """
    units = {line.sku: line.unit_weight_g for line in order.lines}
    # What was packed, and of the lines in dispute what should have been.
    due = Counter[str]()
    for parcel in order.parcels:
        due.update(parcel.contents)
    due.update({item.sku: (item.ordered or 0) - due[item.sku] for item in claim.lines if item.sku})
    weighed = [parcel.weight_g for parcel in order.parcels]
    if not weighed or None in weighed or any(units.get(sku) is None for sku, count in due.items() if count):
        return False, False
    goods = sum((units[sku] or 0) * count for sku, count in due.items() if count)
    missing = sum((units.get(item.sku or "") or 0) * (item.missing or 0) for item in claim.lines)
    actual = sum(weight or 0 for weight in weighed)
    doubt = 2 * policy.weight_tolerance_g
    if missing <= doubt:
        return False, False
    light = actual < goods - policy.weight_tolerance_g
    return light, not light and missing > policy.packaging_g * len(weighed) + doubt
