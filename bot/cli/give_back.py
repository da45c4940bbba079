"""``shaofa give-back``: ends a hand-off, so that the bot may speak again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("give-back", help="give a conversation back: the bot asks the buyer, and goes on")
    parser.add_argument("any_id", metavar="ID", help="of the conversation, the case, the claim, or the order")
    parser.add_argument("--by", metavar="NAME", default="同事", help="who gives it back, as the buyer reads it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.desk import Speaker
    from bot.store import Conflict
    from bot.talk import waiting

    desk = office.desk()
    conversation_id = desk.store.handoffs.find(args.any_id)
    if conversation_id is None:
        raise InputError(f"会话 {args.any_id} 没有在人工手里")
    conversation = desk.store.conversations.get(conversation_id)
    buyer_id = (conversation.buyer_id if conversation else None) or conversation_id
    try:
        with desk.case(Speaker(conversation_id, buyer_id)) as case:
            if case.handoff is None:
                raise InputError(f"会话 {args.any_id} 没有在人工手里")
            if case.is_with_platform:
                raise InputError(f"会话 {args.any_id} 平台已经介入，机器人不再说话")
            if case.handoff.offered_back_at:
                raise InputError(f"会话 {args.any_id} 已经问过买家，等买家答应")
            waiting.give_back(case, args.by)
            case.note(args.by, "given_back")
    except Conflict as conflict:
        raise InputError(f"会话 {args.any_id} 刚刚有人动过，请再试一次") from conflict
    print(f"{conversation_id} 已经问买家要不要机器人接着办；买家说好，机器人才说话")
