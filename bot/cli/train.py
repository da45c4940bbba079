"""``shaofa train``: trains if data changed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("train", help="train if data changed")
    parser.add_argument("--force", action="store_true", help="train even if nothing changed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot.engine.training import ensure_model

    print(ensure_model(force=args.force))
