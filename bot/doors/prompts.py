"""Prompts of sellers' tools that hold goods, history and the buyer's words in one message, taken apart: data in
``prompts.yml``. What stands in them is what somebody said; none of it is an instruction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.claims.yaml_file import read_mapping
from bot.inbox.posted import Turn

_LONGEST_NAME = 128  # of a buyer, as everywhere


@dataclass(frozen=True)
class Pasted:
    """``buyer`` is whom the tool's own form names; it is believed only where that tool is known to send it."""

    tool: str | None
    text: str
    history: tuple[Turn, ...] = ()
    buyer: str | None = None


def taken_apart(text: str) -> Pasted:
    """A message that is none of the forms is what the buyer says."""
    forms, _ = _data()
    for tool, form in forms:
        if match := form.fullmatch(text):
            found = {name: value or "" for name, value in match.groupdict().items()}
            said = [turn.text for turn in _turns(found.get("said", ""))]
            history = _turns(found.get("history", ""))
            newest = (found["text"] if "text" in found else (said or [""])[-1]).strip()
            buyer = found.get("buyer", "").strip()
            is_name = 0 < len(buyer) <= _LONGEST_NAME and buyer.isprintable()
            return Pasted(tool, newest, _before(newest, history), buyer if is_name else None)
    return Pasted(None, text)


def nobody(buyer_id: str | None) -> bool:
    """Is it what a tool sends for every buyer?"""
    return not buyer_id or buyer_id.strip().lower() in _raw()["nobody"]


def _before(newest: str, history: Sequence[Turn]) -> tuple[Turn, ...]:
    """Some tools have the newest message in the history as well."""
    is_there = bool(history) and history[-1] == Turn(True, newest, pasted=True)
    return tuple(history[:-1] if is_there else history)


def _turns(text: str) -> list[Turn]:
    _, line = _data()
    turns: list[Turn] = []
    for written in text.splitlines():
        if match := line.match(written):
            turns.append(Turn(bool(match["buyer"]), written[match.end() :].strip(), pasted=True))
        elif turns:
            turns[-1] = replace(turns[-1], text=f"{turns[-1].text}\n{written}".strip())
    return [turn for turn in turns if turn.text]


@lru_cache(maxsize=1)
def _data() -> tuple[list[tuple[str, re.Pattern[str]]], re.Pattern[str]]:
    forms = [(form["tool"], re.compile(form["form"], re.DOTALL)) for form in _raw()["forms"]]
    lines = _raw()["lines"]
    return forms, re.compile(rf"(?P<buyer>{lines['buyer']})|(?P<other>{lines['other']})")


@lru_cache(maxsize=1)
def _raw() -> dict[str, Any]:
    return read_mapping(Path(__file__).with_suffix(".yml"))
