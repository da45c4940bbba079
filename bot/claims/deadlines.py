"""When a promise falls due and whether it was kept. Clocks are passed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.claims.model import Offer, Promise, Remedy
from bot.claims.shop import OfferPolicy, PromisePolicy

SHANGHAI = ZoneInfo("Asia/Shanghai")
_PARTS = ((6, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (25, "晚上"))
_NEAR = {0: "今天", 1: "明天", 2: "后天"}


def due_at(remedy: Remedy, now: datetime, policy: OfferPolicy) -> datetime:
    """The latest moment at which an offer made now is still kept (dispatch for a reship, payment otherwise).

    The full hour before the shop's time is over: what is said (晚上6点前) is what holds, to the second.
    """
    hours = policy.reship_within_hours if remedy is Remedy.RESHIP else policy.refund_within_hours
    return (now + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)


def hours_given(offer: Offer) -> int:
    """How long the shop gives itself: ``due_at`` is the full hour before that is over."""
    return -((offer.made_at - offer.due_at) // timedelta(hours=1))


def lapsed(offer: Offer, now: datetime, policy: OfferPolicy) -> bool:
    """Has the offer waited for an answer longer than the shop lets it?"""
    return now > offer.made_at + timedelta(hours=policy.valid_hours)


def is_broken(promise: Promise, now: datetime) -> bool:
    """A promise kept in the very second of its deadline is kept (rules.md, case C06)."""
    return promise.has_begun and (promise.kept_at or now) > promise.due_at


def falls_due(promise: Promise, now: datetime, policy: PromisePolicy) -> bool:
    """Not kept, and so near its deadline that the seller should know?"""
    warn_at = promise.due_at - timedelta(hours=policy.warn_hours_before)
    return promise.has_begun and promise.kept_at is None and warn_at <= now <= promise.due_at


def spoken(moment: datetime, now: datetime | None = None) -> str:
    """As a clerk would say it, in Shanghai time: 11月25日晚上6点; with ``now`` 明天（11月25日）晚上6点.

    Midnight is the end of the day before, 晚上12点. Seconds are left out: what is said is never later than what holds.
    """
    local = moment.astimezone(SHANGHAI)
    midnight = (local.hour, local.minute) == (0, 0)
    day = local.date() - timedelta(days=1) if midnight else local.date()
    hour = 24 if midnight else local.hour
    part = next(name for until, name in _PARTS if hour < until)
    twelve = hour - 12 if hour > 12 else hour
    clock = f"{twelve}:{local.minute:02d}" if local.minute else f"{twelve}点"
    date = f"{day.month}月{day.day}日"
    near = _NEAR.get((day - now.astimezone(SHANGHAI).date()).days) if now else None
    return f"{near}（{date}）{part}{clock}" if near else f"{date}{part}{clock}"
