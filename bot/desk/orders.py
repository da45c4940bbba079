"""Which of the buyer's orders is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.claims.deadlines import SHANGHAI
from bot.claims.model import Order, ParcelState
from bot.desk.case import Case
from bot.language import packs
from bot.language.order_traits import OrderTraits, order_traits
from bot.language.references import asks_when_sent
from bot.understanding import matching
from bot.understanding.intake import Heard

SHOWN_ORDERS = 5
_YUAN = 100  # fen: 109块 is said of 109.69


def shown(case: Case, heard: Heard | None = None) -> list[Order]:
    """The orders that a buyer is asked to choose from, newest first: those that fit what was ``heard``, if any does."""
    recent = case.recent_orders()
    narrowed = _fitting(case, heard, recent) if heard else recent
    return narrowed[:SHOWN_ORDERS]


def guess_order(
    case: Case,
    heard: Heard,
    *,
    asked: bool,
    named: bool = False,
    offered: Sequence[str] = (),
    but: str | None = None,
) -> Order | None:
    """The one recent order that the buyer's words point to, or None.

    By position or last digits when the orders were just ``asked`` after, by what it is like (前天买的, 最贵的那单), by
    the name of an item that only one of them has; by one character of it (袜) when the message surely names one.

    Args:
        offered: ids of the orders that were shown, where they were not the latest.
        but: id of the one that it is not.
    """
    recent = [order for order in case.recent_orders() if order.order_id != but]
    if not recent:
        return None
    digits = heard.tail or (asked and heard.ordinal == -1 and "".join(re.findall(r"\d{4}", heard.text)))
    tails = [order for order in recent if digits and order.order_id.endswith(digits)]
    if len(tails) == 1:
        return tails[0]  # 订单号最后0648 is not the last of them
    if asked and heard.ordinal is not None:
        choice = [order for order in recent if order.order_id in offered] or shown(case)
        if heard.ordinal <= len(choice):
            return choice[heard.ordinal - 1 if heard.ordinal > 0 else heard.ordinal]
    found = _fitting(case, heard, recent, asked=asked)
    if len(found) == 1:
        return found[0]
    if len(found) == len(recent):
        words = "".join(heard.products) or (heard.text if named else "")
        by_character = [order for order in recent if words and matching.by_likeness(words, order.lines)]
        return by_character[0] if len(by_character) == 1 else None
    return None


def order_with(case: Case, words: str) -> Order | None:
    """The one of the buyer's orders that holds an item of that name."""
    recent = case.recent_orders()
    best = max((matching.likeness(words, order.lines) for order in recent), default=0)
    named = [order for order in recent if best and matching.likeness(words, order.lines) == best]
    return named[0] if len(named) == 1 else None


def asked_about(case: Case, text: str) -> Order | None:
    """Of 台灯什么时候发货 the order that holds it, while something of it is still to come."""
    if not asks_when_sent(text):
        return None
    order = order_with(case, text)
    named = order is not None and bool(matching.mentioned(text, order.lines))
    return order if order and named and any(p.state is not ParcelState.SIGNED for p in order.parcels) else None


def item_missing(case: Case, heard: Heard) -> bool:
    """Is one of the buyer's things named, and said to be missing?"""
    return any(matching.missing(heard.text, order.lines) for order in case.recent_orders())


def _fitting(case: Case, heard: Heard, recent: list[Order], *, asked: bool = False) -> list[Order]:
    """Those that all that was said fits; what fits none of them says nothing."""
    traits = order_traits(heard.text, case.today, asked=asked)
    for fits in _conditions(traits):
        recent = [order for order in recent if fits(order)] or recent
    recent = _with_item(heard, recent)
    if traits.rank:
        recent = [_ranked(traits.rank, recent)]
    return recent


def _with_item(heard: Heard, orders: list[Order]) -> list[Order]:
    found = [order for order in orders if matching.mentioned(heard.text, order.lines)]
    # 袜子少了一双,面霜瓶子碎了: what is missing counts, whatever else is named.
    found = [order for order in found if matching.missing(heard.text, order.lines)] or found
    found = _with_set(heard, orders, found)
    best = max((matching.likeness(heard.text, order.lines) for order in found), default=0)
    found = [order for order in found if matching.likeness(heard.text, order.lines) == best]
    if len(found) > 1 and heard.ordered is not None:
        found = [o for o in found if heard.ordered in {line.quantity for line in o.lines}] or found
    return found or orders


def _with_set(heard: Heard, orders: list[Order], found: list[Order]) -> list[Order]:
    """Those of a set that is spoken of: 六件套里少了一只杯子 is about no 马克杯."""
    sets = [order for order in orders if matching.of_set(heard.text, order.lines)]
    both = [order for order in found if order in sets]
    said = packs.said_set(heard.text)
    by_name = [order for order in found if said and matching.likeness(heard.text[: said.end], order.lines)]
    return both or by_name or sets or found


def _conditions(traits: OrderTraits) -> list[Callable[[Order], bool]]:
    said: list[tuple[object, Callable[[Order], bool]]] = [
        (traits.placed, lambda order: _day(order.placed_at) in traits.placed),
        (traits.came, lambda order: any(_day(parcel.signed_at) in traits.came for parcel in order.parcels)),
        (traits.sums, lambda order: any(_costs(order, fen) for fen in traits.sums)),
        (traits.couriers, lambda order: any(parcel.courier in traits.couriers for parcel in order.parcels)),
        (traits.signed_by, lambda order: any(_left_at(p.signed_by, traits.signed_by) for p in order.parcels)),
        (traits.platform, lambda order: order.platform == traits.platform),
        (traits.state, lambda order: any(parcel.state == traits.state for parcel in order.parcels)),
        (traits.item_ids, lambda order: any(line.sku.partition("#")[0] in traits.item_ids for line in order.lines)),
        (traits.split, lambda order: len(order.parcels) > 1),
    ]
    return [fits for trait, fits in said if trait]


def _day(moment: datetime | None) -> object:
    return moment.astimezone(SHANGHAI).date() if moment else None


def _costs(order: Order, fen: int) -> bool:
    """What was paid for it, postage and all or without, to the fen or, where whole yuan were said, to the yuan."""
    for paid in (order.paid_total_fen, order.paid_total_fen - order.shipping_fen):
        if paid == fen or (fen % _YUAN == 0 and abs(paid - fen) < _YUAN):
            return True
    return False


def _left_at(place: str | None, names: tuple[str, ...]) -> bool:
    return bool(place) and any(name in (place or "") for name in names)


def _ranked(rank: str, orders: list[Order]) -> Order:
    """``orders`` are newest first."""
    if rank == "latest_come":
        came = [(p.signed_at, order) for order in orders for p in order.parcels if p.signed_at]
        return max(came, key=lambda one: one[0])[1] if came else orders[0]
    if rank in {"dearest", "cheapest"}:
        return (max if rank == "dearest" else min)(orders, key=lambda order: order.paid_total_fen)
    return orders[-1 if rank == "oldest" else 0]
