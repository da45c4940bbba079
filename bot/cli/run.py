"""``shaofa run``: trains if data changed, then serves everything."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError
from bot.cli.terminal import port

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers
    from bot.desk import Desk


_TO_TRY = "用浏览器打开它，对小发说一句：我拍了三件T恤怎么就到两件。按 Ctrl-C 停止"


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("run", help="train if data changed, then serve chat, actions and demo page")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=port, default=5005)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot.engine.training import trained_model
    from bot.serving import bind, serve
    from bot.settings import settings

    if settings().api_key is None and not _is_loopback(args.host):
        raise InputError("要让别的机器访问，请先设置 SHAOFA_API_KEY (set SHAOFA_API_KEY to serve other machines)")
    bind(args.host, args.port).close()  # a port that is taken is said at once, not after minutes of training
    model = trained_model()
    from bot.inbox.opening import load_engine, open_inbox
    from bot.server import make_app

    inbox = open_inbox(load_engine(model))
    to_try = _to_try(inbox.desk, f"http://{args.host}:{args.port}")
    serve(make_app(inbox), args.host, args.port, on_stop=inbox.feed.close, to_try=to_try)


def _to_try(desk: Desk, address: str) -> str:
    """What a newcomer does first; at the counter how its owner gets in, as long as nobody has a password."""
    from bot.console.passwords import LINK_HOURS, first_link
    from bot.settings import settings

    config = settings()
    is_demo = config.demo and config.api_key is None
    lines = [_TO_TRY] if is_demo else []
    if is_demo and not desk.store.accounts.are_in_use():
        lines.append(f"工作台：{address}/counter（演示，本机不用登录）")
    elif link := first_link(desk.store, desk.clock()):
        lines.append(f"工作台第一次使用，请打开 {address}{link} 设店主密码（{LINK_HOURS} 小时内有效，用一次）")
    return "\n".join(lines)


def _is_loopback(host: str) -> bool:
    import ipaddress

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
