"""``shaofa actions``: the action server for ``rasa shell`` and ``rasa run``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.cli import InputError
from bot.cli.terminal import port

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("actions", help="the action server for `rasa shell` and `rasa run`, on this machine")
    parser.add_argument("--port", type=port, default=5055)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot.serving import bind, serve
    from bot.settings import settings

    if settings().actions_token is None:
        raise InputError("请先设置 SHAOFA_ACTIONS_TOKEN（openssl rand -hex 32），rasa 那边设成一样的")
    bind("127.0.0.1", args.port).close()
    from bot import office
    from bot.talk.answers import answers

    office.desk()
    answers()  # what is wrong with the shop's files is said now
    from bot.doors.actions import make_app
    from bot.engine.action_server import Actions

    serve(make_app(Actions("actions.server")), "127.0.0.1", args.port)
