"""``shaofa casefile``: a claim's case file, in the form that the file's name asks for."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers

FORMATS = (".html", ".pdf", ".json")


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("casefile", help="everything about a claim in one file, for 小二 or a court")
    parser.add_argument("claim_id", metavar="CLAIM_ID")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=_file, required=True, help="ends in .html, .pdf or .json"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """All of the file is written, or nothing."""
    content = _content(args.claim_id, args.output.suffix.lower())
    try:
        _write(args.output, content)
    except OSError as error:
        raise InputError(f"{args.output}: 写不了 ({error.strerror})") from error
    print(f"案卷已写入 {args.output}")


def _content(claim_id: str, suffix: str) -> bytes:
    from bot import office
    from bot.casefile import render
    from bot.casefile.gather import gather

    desk = office.desk()
    claim = desk.store.claims.get(claim_id)
    if claim is None:
        raise InputError(f"没有登记号 {claim_id}")
    write = {".html": render.as_html, ".pdf": render.as_pdf, ".json": render.as_json}[suffix]
    return write(gather(desk, office.file_store(), claim))


def _write(path: Path, content: bytes) -> None:
    # Readable for its owner alone: it tells of people.
    half, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with open(half, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _file(value: str) -> Path:
    path = Path(value)
    if path.suffix.lower() not in FORMATS:
        raise argparse.ArgumentTypeError(f"{value} does not end in .html, .pdf or .json")
    return path
