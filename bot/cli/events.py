"""``shaofa events``: what could not be told to the shop's own programs, and once more."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("events", help="events that did not come to the shop's own programs; once more")
    parser.add_argument("action", choices=("list", "replay"), nargs="?", default="list")
    parser.add_argument("number", metavar="NUMBER", type=int, nargs="?", help="that one, even if it was sent")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.cli.terminal import say
    from bot.desk.telling import KIND
    from bot.privacy import mask

    outbox = office.desk().store.outbox
    if args.action == "list":
        for event, state, error in outbox.given_up(KIND):
            about = mask(str(event.payload["conversation_id"]))
            say("\t".join((str(event.id), event.payload["event"], about, state.value, error)).rstrip())
        return
    count = outbox.replay(KIND, args.number, office.now())
    if args.number is not None and not count:
        raise InputError(f"没有编号 {args.number} 的事件，或者它正等着送")
    say(f"{count} 个事件会再送一次（服务器在跑就马上送）")
