"""How long a buyer waits for a person: the place in the queue, the shop's own last answers, its opening hours."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bot.claims.shop import ShopPolicy
from bot.desk import hours
from bot.desk.case import TO_PLATFORM, Case, Desk, Speaker
from bot.store import Conflict, Handoff

logger = logging.getLogger(__name__)

_LATELY = timedelta(days=14)


@dataclass(frozen=True)
class Wait:
    """``ahead`` wait before this one; ``minutes``: what the wait was lately, None when nobody has been answered yet.

    ``opens_at``: when people are back, None while they are there or when no day is in sight.
    """

    is_open: bool
    opens_at: datetime | None
    ahead: int
    minutes: int | None


def wait_of(case: Case) -> Wait:
    """Of the conversation's hand-off, which nobody has taken yet."""
    assert case.handoff is not None  # that is what is waited in
    store, shop = case.desk.store, case.policy.hours
    is_open = hours.is_open(shop, case.now)
    waits = store.handoffs.last_waits(case.now - _LATELY)
    return Wait(
        is_open=is_open,
        opens_at=None if is_open else hours.opens_at(shop, case.now),
        ahead=store.handoffs.ahead_of(case.handoff),
        minutes=max(1, math.ceil(median(waits) / 60)) if waits else None,
    )


def is_late(handoff: Handoff, policy: ShopPolicy, now: datetime) -> bool:
    """Have people been there for so long without taking it that buyer and shop are to be told?"""
    if not handoff.is_waiting or handoff.alarmed_at or handoff.reason == TO_PLATFORM:
        return False
    waited = hours.open_between(policy.hours, handoff.at, now)
    return waited >= timedelta(minutes=policy.handoff.alarm_minutes)


def late(desk: Desk) -> Iterator[Case]:
    """The cases in which nobody has come in time. What the caller does with one is saved; each comes once."""
    now = desk.clock()
    for handoff in desk.store.handoffs.waiting():
        if not is_late(handoff, desk.policy, now):
            continue
        conversation = desk.store.conversations.get(handoff.conversation_id)
        buyer = (conversation.buyer_id if conversation else None) or handoff.conversation_id
        try:
            with desk.case(Speaker(handoff.conversation_id, buyer)) as case:
                if case.handoff and is_late(case.handoff, desk.policy, case.now):
                    case.custody.alarm()
                    yield case
        except Conflict:
            continue  # somebody has come just now, or another process tells it
        except Exception:
            logger.exception("conversation %s: the wait cannot be looked at", handoff.conversation_id)
