"""``shaofa due``: warns of promises that fall due and takes note of broken ones, for cron."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("due", help="warn of promises that fall due, take note of broken ones; for cron")
    parser.add_argument("--json", action="store_true", help="a JSON list, for programs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.talk.due import attend

    notices = attend(office.desk())
    if args.json:
        say(json.dumps(notices, ensure_ascii=False, indent=2))
        return
    for notice in notices:
        say(notice["for_seller"])
