"""``shaofa conversations``: who has each conversation, what waits for a person first."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from bot.cli import listing
from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers
    from bot.store.worklist import Item, Worklist

_HEAD = ("状态", "原因", "会话", "登记号", "买家", "缺件", "最后说话")
_STATES = {"waiting": "等同事", "person": "同事在办", "bot": "机器人"}


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("conversations", help="who has each conversation; what waits for a person first")
    found_by = "a conversation, case, claim, order (its last digits too), buyer, or item"
    listing.add_arguments(parser, found_by, _STATES)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office

    with office.desk().store.reading() as parts:
        found = _found(parts.worklist, args.state, args.search)
        rows = listing.first(found, lambda item: item.conversation_id, args.limit)
    if args.json:
        say(json.dumps([_as_json(row) for row in rows], ensure_ascii=False, indent=2))
    elif rows:
        say(listing.table([_cells(row) for row in rows], _HEAD))
    else:
        say("没有这样的会话")


def _found(worklist: Worklist, state: str | None, search: str | None) -> Iterator[Item]:
    from bot.store.worklist import every

    if search:
        found = every(partial(worklist.search, search))
        return (item for item in found if state in (None, item.state))
    lists: dict[str, Callable[[str | None], list[Item]]] = {
        "waiting": worklist.waiting,
        "person": worklist.with_person,
        "bot": partial(worklist.with_bot, None),
    }
    return chain.from_iterable(every(page) for name, page in lists.items() if state in (None, name))


def _cells(row: Item) -> list[str]:
    from bot.claims.deadlines import spoken
    from bot.desk.reasons import label

    handoff = row.handoff
    return [
        _STATES[row.state] + (f"（{handoff.taken_by}）" if handoff and handoff.taken_by else ""),
        label(handoff.reason) if handoff else "",
        row.conversation_id,
        (handoff.case_no if handoff else "") or (row.claim.claim_id if row.claim else ""),
        listing.buyer(row.buyer_id),
        listing.short(row.claim.items) if row.claim else "",
        spoken(row.last.at) if row.last else "",
    ]


def _as_json(row: Item) -> dict[str, Any]:
    return {
        "conversation_id": row.conversation_id,
        "state": row.state,
        "taken_by": row.handoff.taken_by if row.handoff else None,
        "reason": row.handoff.reason if row.handoff else None,
        "case_no": row.handoff.case_no if row.handoff else None,
        "buyer": listing.buyer(row.buyer_id),
        "claim_id": row.claim.claim_id if row.claim else None,
        "last_at": row.last.at.isoformat() if row.last else None,
    }
