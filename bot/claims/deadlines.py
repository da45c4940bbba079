"""When a promise falls due and whether it was kept. Clocks are passed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.claims.model import Promise, Remedy
from bot.claims.shop import OfferPolicy

SHANGHAI = ZoneInfo("Asia/Shanghai")


def due_at(remedy: Remedy, now: datetime, policy: OfferPolicy) -> datetime:
    """The latest moment at which an offer made now is still kept (dispatch for a reship, payment otherwise)."""
    hours = policy.reship_within_hours if remedy is Remedy.RESHIP else policy.refund_within_hours
    return now + timedelta(hours=hours)


def is_broken(promise: Promise, now: datetime) -> bool:
    """A promise kept in the very second of its deadline is kept (rules.md, case C06)."""
    return (promise.kept_at or now) > promise.due_at


def spoken(moment: datetime) -> str:
    """As a clerk would say it: 11月25日 18:00, Shanghai time."""
    local = moment.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
