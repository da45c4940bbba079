"""``shaofa keys``: API keys of a shop's other programs; what each of them may do, and an end to one that leaked."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers

_SCOPES = ("messages", "suggestions", "orders", "claims", "events")  # bot.store.keys, which takes long to import


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("keys", help="API keys: make one, revoke one, which there are")
    parser.add_argument("action", choices=("list", "make", "revoke"), nargs="?", default="list")
    parser.add_argument("name", metavar="NAME", nargs="?", help="whose key: the program or the shop")
    parser.add_argument(
        "--scope", choices=_SCOPES, action="append", help="what it may do, as often as needed (messages)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.store import Conflict

    keys, accounts, now = office.keys(), office.desk().store.accounts, office.now()
    if args.action == "list":
        for key in keys.all():
            state = f"已停用 {key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
            print("\t".join((key.name, " ".join(sorted(key.scopes)), f"{key.made_at:%Y-%m-%d}", state)).rstrip())
        return
    if not args.name:
        raise InputError(f"密钥叫什么？例如：shaofa keys {args.action} erp")
    if args.action == "revoke":
        if not keys.revoke(args.name, now):
            raise InputError(f"没有叫 {args.name} 的密钥在用；有哪些：shaofa keys")
        accounts.note("shaofa", "key_revoked", args.name, now)
        return
    if len(args.name) > 64 or not args.name.isprintable():
        raise InputError("密钥的名字最多 64 个字，不能有换行")
    scopes = sorted(set(args.scope or ["messages"]))
    try:
        print(keys.make(args.name, scopes, now))
    except Conflict as error:
        raise InputError(
            f"已经有叫 {args.name} 的密钥：先停用它（shaofa keys revoke {args.name}），或换个名字"
        ) from error
    accounts.note("shaofa", "key_made", args.name, now, scopes=scopes)
