"""``shaofa chatwoot setup``: registers the bot at a Chatwoot server, and says what is left to click."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("chatwoot", help="register the bot at a Chatwoot server")
    parser.add_argument("action", choices=("setup",))
    parser.add_argument("--url", required=True, help="of the Chatwoot server")
    parser.add_argument("--account", required=True, type=int, help="its number, as in /app/accounts/N")
    parser.add_argument("--address", required=True, help="where Chatwoot reaches this bot, https://…")
    parser.add_argument("--inbox", type=int, help="give the bot this inbox too")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """The administrator's token comes from the environment, so that no list of processes shows it."""
    from bot.doors.chatwoot import setup
    from bot.doors.chatwoot.inboxes import ChatwootInbox, origin_of
    from bot.doors.chatwoot.panel import PATH as PANEL
    from bot.doors.chatwoot.panel import key_of
    from bot.inbox.delivery import Failed, Refused, Unknown

    admin_token = os.environ.get("CHATWOOT_ADMIN_TOKEN")
    if not admin_token:
        raise InputError("请把管理员的访问令牌（个人资料页最下面）放进环境变量 CHATWOOT_ADMIN_TOKEN，用完即可删掉")
    if not origin_of(args.url) or not origin_of(args.address):
        raise InputError("--url 和 --address 应当以 http:// 或 https:// 开头")
    try:
        made = setup.register(args.url, args.account, admin_token, args.address)
        if args.inbox is not None:
            setup.give_inbox(args.url, args.account, admin_token, made.bot_id, args.inbox)
    except (Failed, Refused, Unknown, ValueError) as error:
        raise InputError(f"Chatwoot 没有建成机器人（{error}）：核对 --url、--account 和管理员令牌") from error
    secret = made.secret or "在机器人页面复制"
    print("机器人已建好。把下面三行放进少发的环境，再启动或重启：")
    print(
        f"SHAOFA_CHATWOOT_URL={args.url.rstrip('/')}\nSHAOFA_CHATWOOT_TOKEN={made.token}\nSHAOFA_CHATWOOT_SECRET={secret}"
    )
    print("还要点的：")
    if args.inbox is None:
        print("- 设置 → 收件箱 → 选一个 → 机器人配置 → 选“少发”")
    if made.secret is None:
        print("- 这个版本不签名：自己定一个密钥，把机器人的网址改成 …/v1/chatwoot/webhook/密钥")
        return
    door = ChatwootInbox("chatwoot", args.url, made.token, made.secret)
    print("- 网站收件箱 → 配置 → 打开“强制验证用户身份”：不验证，谁都能自称是别的买家")
    print(f"- 设置 → 集成 → 侧边应用 → 新增，网址：{args.address.rstrip('/')}{PANEL}/{key_of(door)}")
    print("然后：shaofa doors check chatwoot")
