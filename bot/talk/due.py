"""The shop's promises by the clock: the seller is warned before one falls due, the buyer told when one was broken.
Claims that nobody speaks of any more expire in passing; that is news for nobody.

``shaofa due`` does this from cron, the running server every minute; each thing is done once, however many do it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from bot.claims.model import Claim
from bot.desk import Case, Desk, expiry, promises
from bot.desk import waiting as queue
from bot.desk.promises import Notice, NoticeKind
from bot.logs import OURS
from bot.store import Author, Conflict
from bot.talk import colleague, phrases, waiting

logger = logging.getLogger(__name__)

_EVERY_S = 60


def attend(desk: Desk) -> list[dict[str, Any]]:
    """Warn of the promises that fall due, take note of the broken ones, and tell the buyers who can be told; call again
    for the buyers to whom no person has come in time.

    A buyer of the web widget finds it in the conversation; any other hears it with the answer to their next message
    (``broken_promise``).

    Returns:
        What is new: ``{"kind", "claim_id", "order_id", "conversation_id", "due_at", "for_seller", "for_buyer"}`` each;
        ``due_at`` in ISO 8601, ``for_buyer`` None for a mere warning.
    """
    notices = [_as_json(notice) for notice in promises.look_after(desk)]
    for claim in promises.untold_of_all(desk):
        if desk.store.conversations.can_push(claim.conversation_id):
            with suppress(Conflict):  # another process has told it too, or the claim has gone on
                _tell(desk, claim)
    expiry.expire(desk)
    for case in queue.late(desk):
        case.tell_buyer(Author.BOT, {"text": waiting.late(case)["text"]})
        case.custody.notify("late", waiting.late_for_shop(case))
        logger.warning("%s", waiting.late_for_shop(case), extra=OURS)
    return notices


def _tell(desk: Desk, claim: Claim) -> None:
    """In the conversation, unless a person has it."""
    assert claim.promise is not None  # it is broken
    with desk.case_of(claim) as case:
        if not case.handoff:
            entry_id = f"broken-{claim.claim_id}-{claim.promise.due_at:%Y%m%d%H}"
            case.tell(Author.BOT, {"text": phrases.broken_unasked(claim, case)}, entry_id)
            promises.told(case, claim)


def fulfil(case: Case, claim: Claim, carrier: str | None, number: str | None, by: str | None) -> Claim:
    """What was promised is done, and the buyer is told.

    Raises:
        ValueError: nothing was promised, or it was done before.
    """
    kept = promises.fulfil(case, claim, carrier, number, by)
    case.tell_buyer(Author.BOT, colleague.kept(kept), f"kept-{claim.claim_id}-{case.now:%Y%m%d%H%M%S}")
    return kept


def broken_promise(case: Case) -> str | None:
    """What the buyer of this conversation has not been told yet; from now on it counts as told."""
    claim = promises.untold(case)
    return phrases.broken_unasked(promises.told(case, claim), case) if claim else None


async def watch(desk: Desk, every_s: float = _EVERY_S) -> None:
    """``attend`` again and again, beside everything else. What goes wrong is logged and tried again."""
    while True:
        try:
            for notice in await asyncio.to_thread(attend, desk):
                logger.warning("%s", notice["for_seller"], extra=OURS)
        except Exception:
            logger.exception("the shop's promises could not be looked at")
        await asyncio.sleep(every_s)


def _as_json(notice: Notice) -> dict[str, Any]:
    claim, case = notice.claim, notice.case
    assert claim.promise is not None  # that is what a notice is about
    return {
        "kind": notice.kind.value,
        "claim_id": claim.claim_id,
        "order_id": claim.order_id,
        "conversation_id": claim.conversation_id,
        "due_at": claim.promise.due_at.isoformat(),
        "for_seller": phrases.for_seller(notice, case.now),
        "for_buyer": phrases.broken_unasked(claim, case) if notice.kind is NoticeKind.BROKEN else None,
    }
