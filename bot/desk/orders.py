"""Which of the buyer's orders is meant."""

from __future__ import annotations

from bot.claims.model import Order
from bot.desk.case import Case
from bot.understanding import matching
from bot.understanding.intake import Heard

SHOWN_ORDERS = 5


def shown(case: Case) -> list[Order]:
    """The orders that a buyer is asked to choose from, newest first."""
    return case.recent_orders(SHOWN_ORDERS)


def guess_order(case: Case, heard: Heard, *, asked: bool, named: bool = False) -> Order | None:
    """The one recent order that the buyer's words point to, or None.

    By position or last digits when the orders were just ``asked`` after, by 最近/最新, by the name of an item that
    only one of them has; by one character of it (袜) when the message surely names one.
    """
    recent = case.recent_orders()
    if not recent:
        return None
    offered = shown(case)
    if asked and heard.ordinal is not None and heard.ordinal <= len(offered):
        return offered[heard.ordinal - 1 if heard.ordinal > 0 else heard.ordinal]
    tails = [order for order in recent if heard.tail and order.order_id.endswith(heard.tail)]
    if len(tails) == 1:
        return tails[0]
    if any(word in heard.text for word in case.policy.words.latest):
        return recent[0]
    found = [order for order in recent if matching.mentioned(heard.text, order.lines)]
    best = max((matching.likeness(heard.text, order.lines) for order in found), default=0)
    found = [order for order in found if matching.likeness(heard.text, order.lines) == best]
    if len(found) > 1 and heard.ordered is not None:
        found = [o for o in found if heard.ordered in {line.quantity for line in o.lines}] or found
    words = "".join(heard.products) or (heard.text if named else "")
    if not found and words:
        found = [order for order in recent if matching.by_likeness(words, order.lines)]
    return found[0] if len(found) == 1 else None


def order_with(case: Case, words: str) -> Order | None:
    """The one of the buyer's orders that holds an item of that name."""
    recent = case.recent_orders()
    best = max((matching.likeness(words, order.lines) for order in recent), default=0)
    named = [order for order in recent if best and matching.likeness(words, order.lines) == best]
    return named[0] if len(named) == 1 else None
