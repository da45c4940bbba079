"""``shaofa conversations``: who has each conversation, what waits for a person first."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from bot.cli import listing
from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers
    from bot.store.overview import ConversationRow

_HEAD = ("状态", "原因", "会话", "登记号", "买家", "缺件", "最后说话")
_STATES = {"waiting": "等同事", "person": "同事在办", "bot": "机器人"}


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("conversations", help="who has each conversation; what waits for a person first")
    found_by = "a conversation, case, claim, order (its last digits too), buyer, or item"
    listing.add_arguments(parser, found_by, _STATES)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office

    rows = office.desk().store.overview.conversations(args.state, args.search, args.limit)
    if args.json:
        say(json.dumps([_as_json(row) for row in rows], ensure_ascii=False, indent=2))
    elif rows:
        say(listing.table([_cells(row) for row in rows], _HEAD))
    else:
        say("没有这样的会话")


def _cells(row: ConversationRow) -> list[str]:
    from bot.claims.deadlines import spoken
    from bot.desk.reasons import label

    return [
        _STATES[row.state] + (f"（{row.taken_by}）" if row.taken_by else ""),
        label(row.reason) if row.reason else "",
        row.conversation_id,
        row.case_no or (row.claim.claim_id if row.claim else ""),
        listing.buyer(row.buyer_id or (row.claim.buyer_id if row.claim else None)),
        listing.items(row.claim) if row.claim else "",
        spoken(row.last_at) if row.last_at else "",
    ]


def _as_json(row: ConversationRow) -> dict[str, Any]:
    return {
        "conversation_id": row.conversation_id,
        "state": row.state,
        "taken_by": row.taken_by,
        "reason": row.reason,
        "case_no": row.case_no,
        "buyer": listing.buyer(row.buyer_id or (row.claim.buyer_id if row.claim else None)),
        "claim_id": row.claim.claim_id if row.claim else None,
        "last_at": row.last_at.isoformat() if row.last_at else None,
    }
