"""``shaofa give-back``: ends a hand-off, so that the bot may speak again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("give-back", help="end a hand-off: the bot may speak again")
    parser.add_argument("conversation_id", metavar="CONVERSATION_ID")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.desk import Speaker
    from bot.store import Conflict

    try:
        with office.desk().case(Speaker(args.conversation_id, args.conversation_id)) as case:
            if case.handoff is None:
                raise InputError(f"会话 {args.conversation_id} 没有在人工手里")
            case.give_back()
    except Conflict as conflict:
        raise InputError(f"会话 {args.conversation_id} 刚刚有人动过，请再试一次") from conflict
    print(f"{args.conversation_id} 已交还机器人")
