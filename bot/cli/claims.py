"""``shaofa claims``: the claims, the newest first."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from bot.cli import listing
from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.claims.model import Claim
    from bot.cli.terminal import Subparsers
    from bot.store import Parts
    from bot.store.worklist import Item

_HEAD = ("登记号", "进度", "订单", "买家", "缺件", "方案", "登记时间")


def add(subparsers: Subparsers) -> None:
    from bot.claims.model import ClaimState

    parser = subparsers.add_parser("claims", help="the claims, the newest first")
    found_by = "a claim, order (its last digits too), conversation, buyer, or item"
    listing.add_arguments(parser, found_by, [state.value for state in ClaimState])
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office

    with office.desk().store.reading() as parts:
        claims = _found(parts, args)
    if args.json:
        say(json.dumps([_as_json(claim) for claim in claims], ensure_ascii=False, indent=2))
    elif claims:
        say(listing.table([_cells(claim) for claim in claims], _HEAD))
    else:
        say("没有这样的登记")


def _found(parts: Parts, args: argparse.Namespace) -> list[Claim]:
    from bot.claims.model import ClaimState
    from bot.store.worklist import every

    state = ClaimState(args.state) if args.state else None

    def page(after: str | None) -> list[Item]:
        return parts.worklist.search(args.search, after) if args.search else parts.worklist.in_state(state, after)

    found = (item.claim for item in every(page))
    meant = (claim.claim_id for claim in found if claim and state in (None, claim.state))
    return parts.claims.several(listing.first(meant, str, args.limit))


def _cells(claim: Claim) -> list[str]:
    from bot.claims.deadlines import spoken
    from bot.talk.phrases import STATES

    return [
        claim.claim_id,
        STATES[claim.state].partition("，")[0],
        claim.order_id or "未知",
        listing.buyer(claim.buyer_id),
        listing.items(claim),
        listing.money(claim),
        spoken(claim.opened_at),
    ]


def _as_json(claim: Claim) -> dict[str, Any]:
    from bot.inbox.claim_view import claim_as_json

    return {
        **claim_as_json(claim),
        "conversation_id": claim.conversation_id,
        "buyer": listing.buyer(claim.buyer_id),
        "opened_at": claim.opened_at.isoformat(),
    }
