"""``shaofa accounts``: who may log in at the counter, and a new link for who has forgotten the password."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("accounts", help="who may log in at the counter; a link that sets a password")
    parser.add_argument("action", choices=("list", "link"), nargs="?", default="list")
    parser.add_argument("name", metavar="NAME", nargs="?", help="whose link; 店主 is the owner of the first day")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.console import passwords
    from bot.store.accounts import Role

    store, now = office.desk().store, office.now()
    if args.action == "list":
        for account in store.accounts.all():
            state = "已停用" if account.closed_at else "" if account.password else "还没设密码"
            print("\t".join((account.name, account.role.value, state)).rstrip())
        return
    if not args.name:
        raise InputError("要给谁链接？例如：shaofa accounts link 店主")
    if args.name == passwords.OWNER and store.accounts.get(args.name) is None:
        store.accounts.open(args.name, Role.OWNER, now)
    if store.accounts.get(args.name) is None:
        raise InputError(f"没有叫 {args.name} 的账号；有哪些：shaofa accounts")
    with store.transaction() as parts:
        parts.accounts.reopen(args.name)
        parts.accounts.note("shaofa", "link_made", args.name, now)
        link = passwords.new_link(parts.accounts, args.name, now)
    print(f"{link}（接在服务器地址后面；{passwords.LINK_HOURS} 小时内有效，用一次）")
