"""The word lists of ``data/patterns``: what buyers say is data, what it means is code. Needs no Rasa."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "data" / "patterns"


@cache
def read_patterns(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """What ``<name>.yml`` says; read once, so not to be changed."""
    lists: dict[str, Any] = yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8"))
    return lists


def any_of(words: str | Iterable[str]) -> str:
    """A regular expression for any of them, the longest first; they may be regular expressions themselves.

    Args:
        words: a list, or a text with blanks between them.
    """
    return "|".join(sorted(words.split() if isinstance(words, str) else words, key=len, reverse=True))
