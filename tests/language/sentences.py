"""Sentences with their answers, out of a table beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

# Strict: a known miss that is read right after all must lose its mark.
_KNOWN_MISS = pytest.mark.xfail(reason="known miss", strict=True)


def sentences(table: str) -> list[Any]:
    """The cases of a table: {text, the answer, known_miss: true where it is not read like that so far}."""
    cases = yaml.safe_load(Path(__file__).with_name(table).read_text(encoding="utf-8"))
    return [
        pytest.param(case, id=case["text"] or "nothing", marks=[_KNOWN_MISS] if case.get("known_miss") else [])
        for case in cases
    ]
