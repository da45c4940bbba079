"""The hand-written data: what buyers say (``phrases.yml``), call things (``items.yml``) and want, and how they talk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


def load(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


PHRASES: dict[str, dict[str, list[str]]] = load("phrases")
ITEMS: dict[str, dict[str, Any]] = load("items")


@dataclass(frozen=True)
class Goal:
    """What one buyer lacks and wants, and the ends that are right; the keys are told in ``goals.yml``."""

    id: str
    lines: dict[str, int]
    wants: str
    end: tuple[str, ...]
    kind: str = "some"
    path: str = "accept"
    photo: bool = False
    said: dict[str, int] = field(default_factory=dict)
    second: dict[str, int] = field(default_factory=dict)
    part: str = ""
    pieces: int = 0
    unit: str = ""
    sum: int = 0


@dataclass(frozen=True)
class Temperament:
    """How one buyer talks; the keys are told in ``temperaments.yml``."""

    name: str
    register: str
    numerals: str
    vague: float
    interrupts: float
    interjections: tuple[str, ...] = ()
    own_at_most: int = 99
    volunteers: float = 0.15
    bursts: bool = False
    wavers: bool = False
    several: bool = False


def goals() -> list[Goal]:
    return [
        Goal(**{**row, "end": tuple([row["end"]] if isinstance(row["end"], str) else row["end"])})
        for row in load("goals")
    ]


def temperaments() -> list[Temperament]:
    rows: dict[str, dict[str, Any]] = load("temperaments")
    return [Temperament(name=name, interjections=tuple(row.pop("with", ())), **row) for name, row in rows.items()]
