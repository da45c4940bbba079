"""How likely a reading is here: the classifier's guess, weighed by what the bot waits for. Needs no Rasa.

The weights are data, ``data/expectations.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEFAULT_WEIGHTS = Path(__file__).resolve().parents[2] / "data" / "expectations.yml"


def weighed(guesses: Mapping[str, float], stage: str | None, asked: str | None) -> dict[str, float]:
    """The probabilities of the intents at this point of the conversation, the likeliest first.

    Args:
        guesses: intents with their probabilities by the words alone.
        stage: how far the claim is.
        asked: the slot that a form has asked for, if one has.
    """
    weights = _weights()["asked"].get(asked or "") or _weights()["stages"].get(stage or "") or {}
    likely = {name: chance * weights.get(name, 1.0) for name, chance in guesses.items()}
    total = sum(likely.values()) or 1.0
    return {name: chance / total for name, chance in sorted(likely.items(), key=lambda pair: -pair[1])}


def waited_for(stage: str | None, asked: str | None) -> bool:
    """Does the bot wait for an answer?"""
    return bool(asked in _weights()["asked"] or stage in _weights()["stages"])


@cache
def _weights() -> Mapping[str, Mapping[str, Any]]:
    weights: Mapping[str, Mapping[str, Any]] = yaml.safe_load(DEFAULT_WEIGHTS.read_text(encoding="utf-8"))
    return weights
