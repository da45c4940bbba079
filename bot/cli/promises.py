"""``shaofa promises``: what was promised and is not done yet, what falls due first at the top."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from bot.cli import listing
from bot.cli.terminal import say

if TYPE_CHECKING:
    from datetime import datetime

    from bot.claims.model import Claim
    from bot.cli.terminal import Subparsers

_HEAD = ("最晚", "期限", "登记号", "办什么", "缺件", "订单", "买家", "谁答应的")


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("promises", help="what was promised and is not done yet")
    parser.add_argument("--json", action="store_true", help="a JSON list, for programs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.desk import promises

    desk = office.desk()
    now, open_ones = desk.clock(), promises.promised(desk)
    if args.json:
        say(json.dumps([_as_json(claim, now) for claim in open_ones], ensure_ascii=False, indent=2))
    elif open_ones:
        say(listing.table([_cells(claim, now) for claim in open_ones], _HEAD))
    else:
        say("没有要办的")


def _cells(claim: Claim, now: datetime) -> list[str]:
    from bot.claims.deadlines import is_broken, spoken

    assert claim.promise is not None  # that is what `promised` asked for
    return [
        spoken(claim.promise.due_at) if claim.promise.has_begun else "买家申请后",
        "已超时" if is_broken(claim.promise, now) else "未到期",
        claim.claim_id,
        listing.money(claim),
        listing.items(claim),
        claim.order_id or "未知",
        listing.buyer(claim.buyer_id),
        claim.promise.by or "机器人",
    ]


def _as_json(claim: Claim, now: datetime) -> dict[str, Any]:
    from bot.claims.deadlines import is_broken

    promise = claim.promise
    assert promise is not None
    return {
        "claim_id": claim.claim_id,
        "order_id": claim.order_id,
        "buyer": listing.buyer(claim.buyer_id),
        "remedy": promise.remedy.value,
        "amount_fen": claim.offer.money_fen if claim.offer else 0,
        "lines": [{"title": line.title, "part": line.part, "missing": line.missing} for line in claim.lines],
        "due_at": promise.due_at.isoformat() if promise.has_begun else None,
        "is_broken": is_broken(promise, now),
        "by": promise.by,
    }
