"""``shaofa backup``: database and evidence in one file, while the server runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("backup", help="database and evidence into one .tar.gz, while the server runs")
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot.backup import back_up, where
    from bot.office import now
    from bot.settings import settings

    try:
        manifest = back_up(*where(settings()), args.file, now())
    except OSError as error:
        raise InputError(f"{args.file}: 写不了 ({error.strerror})") from error
    print(f"已备份到 {args.file}：{manifest}")
