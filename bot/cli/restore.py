"""``shaofa restore``: what ``shaofa backup`` has written back into database and evidence folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("restore", help="put back what `shaofa backup` has written; the server stands still")
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--force", action="store_true", help="in place of a database with data, which is kept beside")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot.backup import restore, where
    from bot.office import now
    from bot.settings import settings

    try:
        restored = restore(args.file, *where(settings()), now(), force=args.force)
    except OSError as error:
        raise InputError(f"{error.filename or args.file}: 读不了或写不了 ({error.strerror})") from error
    kept = f"；原来的数据库留在 {restored.kept}" if restored.kept else ""
    print(f"已恢复 {args.file}（{restored.manifest.made_at}）：{restored.manifest}{kept}")
