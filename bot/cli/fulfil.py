"""``shaofa fulfil``: marks what a claim promised as done, now; the buyer is told."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError, listing
from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("fulfil", help="mark what a claim promised as done, now; the buyer is told")
    parser.add_argument("any_id", metavar="ID", help="of the claim, of its conversation, or of its order")
    parser.add_argument("--carrier", help="who carries the parcel (顺丰)")
    parser.add_argument("--number", type=_waybill, help="the parcel's number; the buyer gets it")
    parser.add_argument("--by", metavar="NAME", help="who did it; goes on record")
    parser.set_defaults(run=run)


def _waybill(text: str) -> str:
    from bot.claims.fulfilment import is_waybill

    if not is_waybill(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no waybill number")
    return text


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.store import Conflict
    from bot.talk import due

    desk = office.desk()
    claim = listing.claim_of(desk.store, args.any_id)
    if claim.promise and claim.promise.kept_at:
        raise InputError(f"{claim.claim_id} 之前已经办好了")
    if claim.promise is None:
        raise InputError(f"{claim.claim_id} 还没有跟买家说定方案，没有要办的")
    try:
        with desk.case_of(claim) as case:
            done = due.fulfil(case, claim, args.carrier, args.number, args.by)
            case.note(args.by or "shaofa", "fulfilled", claim=claim.claim_id, number=args.number or "")
    except (ValueError, Conflict) as error:
        raise InputError(f"{claim.claim_id} 现在办不了，请再试一次（{error}）") from error
    parcel = f"，{args.carrier or ''}单号{args.number}" if args.number else ""
    what = f"{listing.money(done)}，{listing.items(done)}，买家{listing.buyer(claim.buyer_id)}{parcel}"
    say(f"{claim.claim_id} 已办好：{what}")
