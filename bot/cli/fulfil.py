"""``shaofa fulfil``: marks what a claim promised as done, now."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("fulfil", help="mark what a claim promised as done, now")
    parser.add_argument("claim_id", metavar="CLAIM_ID")
    parser.add_argument("--courier", default="", help="who took a reship, such as 圆通")
    parser.add_argument("--number", type=_waybill, help="its waybill number; the buyer hears both")
    parser.set_defaults(run=run)


def _waybill(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z-]{6,32}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no waybill number")
    return text


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.desk import promises
    from bot.store import Conflict

    desk = office.desk()
    claim = desk.store.claims.get(args.claim_id)
    if claim is None:
        raise InputError(f"没有登记号 {args.claim_id}")
    try:
        with desk.case_of(claim) as case:
            promises.fulfil(case, claim, args.courier, args.number or "")
    except (ValueError, Conflict) as error:
        raise InputError(str(error)) from error
    print(f"{args.claim_id} 已办好")
