"""Reading a case: what is wrong with it, or not known, is found here and nowhere else.

A case is the JSON object of ``shaofa compensate``: ``platform`` (as the rulebook calls it, by id or in Chinese),
``paid_total_fen`` (after every discount, with postage), ``shipping_fen``, ``items`` (``name``, ``qty_ordered``,
``qty_received``, ``unit_paid_fen`` or ``line_paid_fen``, ``refunded_fen``, ``is_gift``, ``gift_value_fen`` of one unit,
``qty_missing_claimed``, ``measure``: the word for one of them), ``fault``, ``promise_broken`` (or ``promise_deadline``
and ``reshipped_at``, ISO 8601 with zone), ``remedy``. ``null`` means not known: it is asked for, never guessed. Other
keys (``sub_order_id``) are let pass and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.claims.model import Claim, ClaimLine, Fault, Order, OrderLine, Platform, Remedy, Unit
from bot.claims.money import share

_AMOUNTS = ("paid_total_fen", "shipping_fen")
_ITEM_AMOUNTS = ("unit_paid_fen", "line_paid_fen", "refunded_fen", "gift_value_fen")
_ITEM_COUNTS = ("qty_ordered", "qty_received", "qty_missing_claimed")
# Python refuses to print integers of thousands of digits; no sum of money comes near a hundred.
_TOO_LARGE = 10**100


class CannotCompute(Exception):
    """The case has an ``error``, or something in it is not known and must be asked for (``ask``)."""

    def __init__(self, *, error: str | None = None, ask: str | None = None) -> None:
        self.code = str(error or ask)
        super().__init__(self.code)
        self.error = error
        self.ask = ask


@dataclass(frozen=True)
class Item:
    name: str
    ordered: int
    received: int
    paid_fen: int  # for the whole line
    refunded_fen: int
    is_gift: bool
    gift_value_fen: int  # of one unit
    measure: str = "件"

    @property
    def missing(self) -> int:
        return max(self.ordered - self.received, 0)


@dataclass(frozen=True)
class Case:
    """A case in which nothing needed is unknown; only ``broken`` may be None."""

    platform: str | None  # as it was written; None when it is not known
    paid_fen: int
    shipping_fen: int
    items: tuple[Item, ...]
    fault: Fault
    broken: bool | None
    reshipped: bool

    @cached_property
    def short(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.missing)

    @property
    def over_delivered(self) -> bool:
        return any(item.received > item.ordered for item in self.items)

    @property
    def nothing_came(self) -> bool:
        return all(item.received == 0 for item in self.items)

    @property
    def gift_only(self) -> bool:
        return all(item.is_gift for item in self.short)


def read(raw: Any, *, tolerance_fen: int) -> Case:
    """Check a case in the order of the published list: the first that is wrong or unknown is the answer.

    Args:
        raw: what a program sent; anything at all.
        tolerance_fen: how far off the total the lines may be, for each line.

    Raises:
        CannotCompute: with the code of the error, or with what to ask.
    """
    if not isinstance(raw, Mapping):
        raise CannotCompute(error="bad_input")
    raw_items = [] if raw.get("items") is None else raw["items"]
    if not isinstance(raw_items, list) or not all(isinstance(item, Mapping) for item in raw_items):
        raise CannotCompute(error="bad_input")
    _check_numbers(raw, raw_items)
    if not raw_items:
        raise CannotCompute(ask="items")
    if any(item.get("qty_ordered") is None or item.get("qty_received") is None for item in raw_items):
        raise CannotCompute(ask="qty")
    paid, shipping = raw.get("paid_total_fen"), raw.get("shipping_fen")
    if paid is None:
        raise CannotCompute(ask="paid_total")
    if shipping is None:
        raise CannotCompute(ask="shipping")
    if shipping > paid:
        raise CannotCompute(error="shipping_gt_paid")
    items = tuple(_read_item(item) for item in raw_items)
    if abs(sum(item.paid_fen for item in items) + shipping - paid) > len(items) * tolerance_fen:
        raise CannotCompute(ask="amount_mismatch")
    fault = next((fault for fault in Fault if fault.value == raw.get("fault")), None)
    if fault is None:
        raise CannotCompute(ask="fault_evidence")
    reshipped_at = _time(raw.get("reshipped_at"))
    return Case(
        platform=_platform(raw.get("platform")),
        paid_fen=paid,
        shipping_fen=shipping,
        items=items,
        fault=fault,
        broken=_broken(raw, reshipped_at),
        reshipped=raw.get("remedy") == Remedy.RESHIP.value or reshipped_at is not None,
    )


def case_for(order: Order, claim: Claim, *, promise_broken: bool | None) -> dict[str, Any]:
    """The case of a claim, from the order record alone: no figure in it was typed by anybody.

    A part that belongs inside a unit has no price of its own and counts like a gift. A line of which pieces or grams
    are missing is counted in these.
    """
    short = {item.sku: item for item in claim.lines if not item.part}
    parts = [part for item in claim.lines for part in item.parts]
    return {
        "platform": order.platform.value,
        "paid_total_fen": order.paid_total_fen,
        "shipping_fen": order.shipping_fen,
        "items": [*(_item(line, short.get(line.sku)) for line in order.lines), *map(_part, parts)],
        "fault": claim.fault.value if claim.fault else None,
        "promise_broken": promise_broken,
    }


def _item(line: OrderLine, short: ClaimLine | None) -> dict[str, Any]:
    counted = short if short and short.unit and short.ordered else None
    ordered = (counted and counted.ordered) or line.quantity
    measure = {"measure": "克" if counted.unit is Unit.GRAM else counted.measure} if counted else {}
    return {
        "name": line.title,
        "qty_ordered": ordered,
        "qty_received": ordered - (short.missing or 0 if short else 0),
        "line_paid_fen": line.paid_fen,
        "refunded_fen": line.refunded_fen,
        "is_gift": line.is_gift,
        "gift_value_fen": share(line.gift_value_fen, line.quantity, ordered),
        **measure,
    }


def _part(name: str) -> dict[str, Any]:
    return {"name": name, "qty_ordered": 1, "qty_received": 0, "line_paid_fen": 0, "is_gift": True}


def _check_numbers(raw: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> None:
    amounts = [raw.get(key) for key in _AMOUNTS] + [item.get(key) for item in items for key in _ITEM_AMOUNTS]
    counts = [item.get(key) for item in items for key in _ITEM_COUNTS]
    numbers = _known(amounts + counts)
    if not all(_is_integer(number) for number in numbers):
        raise CannotCompute(error="non_integer_input")
    if numbers and max(map(abs, numbers)) >= _TOO_LARGE:
        raise CannotCompute(error="too_large")
    if any(amount < 0 for amount in _known(amounts)):
        raise CannotCompute(error="negative_amount")
    ordered = _known(item.get("qty_ordered") for item in items)
    others = _known(item.get(key) for item in items for key in _ITEM_COUNTS[1:])
    if any(count <= 0 for count in ordered) or any(count < 0 for count in others):
        raise CannotCompute(error="bad_quantity")
    for item in items:
        claimed, bought = item.get("qty_missing_claimed"), item.get("qty_ordered")
        if claimed is not None and bought is not None and claimed > bought:
            raise CannotCompute(error="missing_gt_ordered")


def _read_item(raw: Mapping[str, Any]) -> Item:
    is_gift = raw.get("is_gift") or False
    if not isinstance(is_gift, bool):
        raise CannotCompute(error="bad_input")
    paid, unit = raw.get("line_paid_fen"), raw.get("unit_paid_fen")
    if paid is None and unit is not None:
        paid = unit * raw["qty_ordered"]
    if paid is None and not is_gift:
        raise CannotCompute(ask="unit_paid")
    return Item(
        name=str(raw.get("name") or "商品"),
        ordered=raw["qty_ordered"],
        received=raw["qty_received"],
        paid_fen=paid or 0,
        refunded_fen=raw.get("refunded_fen") or 0,
        is_gift=is_gift,
        gift_value_fen=raw.get("gift_value_fen") or 0,
        measure=str(raw.get("measure") or "件"),
    )


def _platform(stated: Any) -> str | None:
    if not isinstance(stated, str) or stated in ("", Platform.UNKNOWN.value):
        return None
    return stated


def _broken(raw: Mapping[str, Any], reshipped_at: datetime | None) -> bool | None:
    """Was the promise broken? The very second of the deadline is still in time. None: not known."""
    stated = raw.get("promise_broken")
    if stated is not None:
        if not isinstance(stated, bool):
            raise CannotCompute(error="bad_input")
        return stated
    deadline = _time(raw.get("promise_deadline"))
    return reshipped_at > deadline if deadline and reshipped_at else None


def _time(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        # Python 3.10 does not read the Z that JSON writers like to use.
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError, TypeError) as error:
        raise CannotCompute(error="bad_time") from error
    if moment.tzinfo is None:
        raise CannotCompute(error="bad_time")
    return moment


def _is_integer(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def _known(numbers: Iterable[int | None]) -> list[int]:
    return [number for number in numbers if number is not None]
