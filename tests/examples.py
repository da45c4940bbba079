"""What buyers say: what the bot is taught and what it is tested with, without annotations."""

from __future__ import annotations

import re

from bot.settings import ROOT

_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def examples() -> list[str]:
    files = [
        ROOT / "data" / "nlu.yml",
        *(ROOT / "data" / "nlu").rglob("*.yml"),
        ROOT / "tests" / "nlu" / "messages.yml",
    ]
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [plain(said[1]) for line in lines if (said := re.match(r"\s*- (?!intent:)(.+)", line))]


def plain(example: str) -> str:
    return _ANNOTATION.sub(r"\1", example)
