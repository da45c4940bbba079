"""``shaofa run``: trains if data changed, then serves everything."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("run", help="train if data changed, then serve chat, actions and demo page")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=5005)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from bot.engine.training import model_path
    from bot.serving import bind
    from bot.settings import settings

    if settings().api_key is None and not _is_loopback(args.host):
        raise InputError("要让别的机器访问，请先设置 SHAOFA_API_KEY (set SHAOFA_API_KEY to serve other machines)")
    bind(args.host, args.port).close()  # a port that is taken is said at once, not after minutes of training
    code = 0 if model_path().exists() else _train()
    return code or _serve(args.host, args.port)


def _train() -> int:
    """In a process of its own: training takes 1.5 GiB, which a process that lives on would keep."""
    code = subprocess.run([sys.executable, "-m", "bot", "train"], check=False).returncode
    if code < 0:  # the system ended it, so it could not say why
        raise InputError(f"训练中途被系统终止，多半是内存不够 (training was ended by signal {-code}: out of memory?)")
    return code


def _serve(host: str, port: int) -> int:
    from bot.engine.training import model_path
    from bot.inbox.opening import open_inbox
    from bot.server import make_app
    from bot.serving import serve

    inbox = open_inbox(model_path())
    serve(make_app(inbox), host, port, on_stop=inbox.feed.close)
    return 0


def _port(value: str) -> int:
    port = int(value)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"{value} is no port")
    return port


def _is_loopback(host: str) -> bool:
    import ipaddress

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
