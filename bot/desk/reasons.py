"""Why a conversation goes to a person: one table, ``data/handoffs.yml``."""

from __future__ import annotations

from dataclasses import dataclass

from bot.claims.yaml_file import read_mapping
from bot.settings import ROOT
from bot.store import Urgency

FILE = ROOT / "data" / "handoffs.yml"


@dataclass(frozen=True)
class Reason:
    """``label`` is for the shop, ``next`` a sentence to begin with; ``notice``: is the shop told of it?"""

    code: str
    urgency: Urgency
    label: str
    next: str
    notice: bool = True


def _read() -> dict[str, Reason]:
    rows = read_mapping(FILE)
    return {
        code: Reason(code, Urgency[row["urgency"].upper()], row["label"], row["next"], row.get("notice") != "no")
        for code, row in rows.items()
    }


REASONS = _read()


def label(code: str) -> str:
    """What the shop reads; a code that an older version has written stands for itself."""
    return REASONS[code].label if code in REASONS else code
