"""``shaofa doors``: which desks of others are connected, and what is wrong with one of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("doors", help="desks of others: which are connected, and whether one works")
    parser.add_argument("action", choices=("list", "check"), nargs="?", default="list")
    parser.add_argument("name", metavar="NAME", nargs="?", help="which one to check")
    parser.add_argument("--server", default="http://127.0.0.1:5005", help="where the bot runs")
    parser.add_argument("--account", type=int, default=1, help="number of the account in Chatwoot")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """1 when something is wrong."""
    from bot import office
    from bot.doors.chatwoot import setup
    from bot.doors.chatwoot.inboxes import inboxes
    from bot.doors.chatwoot.outlet import STATE, WORDS
    from bot.settings import settings

    doors = inboxes(settings())
    if args.action == "list":
        for door in doors.values():
            print(f"{door.name}\tChatwoot\t{door.url}\t{'能主动发消息' if door.can_push else '只随回答'}")
        return 0
    if args.name not in doors:
        known = "、".join(doors) or "还没有：见 docs/chatwoot.md"
        raise InputError(f"没有叫 {args.name or '（没有写名字）'} 的门；有：{known}")
    well = True
    for found in setup.look_at(doors[args.name], args.server, args.account):
        well &= found.is_well
        print(f"{'好' if found.is_well else '不对'}　{found.says}")
    counts = office.desk().store.outbox.counts()
    lost = sum(n for (kind, state), n in counts.items() if kind in (WORDS, STATE) and state in ("dead", "unknown"))
    waiting = sum(n for (kind, state), n in counts.items() if kind in (WORDS, STATE) and state == "waiting")
    print(f"{'好' if not lost else '不对'}　等着送出 {waiting} 条；没有送到或不知道送到没有 {lost} 条")
    return 0 if well and not lost else 1
