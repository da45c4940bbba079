"""``shaofa casefile``: a claim's case file, in the form that the file's name asks for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot import office
from bot.casefile.gather import Gathered, gather
from bot.casefile.render import as_html, as_json, as_pdf

FORMATS: dict[str, Callable[[Gathered], bytes]] = {".html": as_html, ".pdf": as_pdf, ".json": as_json}


class NoCaseFile(ValueError):
    """There is no such claim, or the file cannot be written; the message is the one line that the user sees."""


def write_case_file(claim_id: str, path: Path) -> None:
    """Write the case file, all of it or nothing.

    Raises:
        NoCaseFile: see there.
        CannotRender: when the machine lacks what a PDF needs.
    """
    desk = office.desk()
    claim = desk.store.claims.get(claim_id)
    if claim is None:
        raise NoCaseFile(f"没有登记号 {claim_id}")
    content = FORMATS[path.suffix.lower()](gather(desk, office.file_store(), claim))
    try:
        _write(path, content)
    except OSError as error:
        raise NoCaseFile(f"{path}: 写不了 ({error.strerror})") from error


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
