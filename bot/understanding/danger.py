"""What is no matter for a robot: somebody in despair, hurt, threatened, about to be robbed, giving away a password, or
too old or too young to be left with one.

The words are data, ``data/patterns/danger.yml``, and are looked for beside the classifier: no life hangs on one model.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

from bot.language.pattern_files import read_patterns
from bot.language.text import normalize


class Danger(str, Enum):
    """The most pressing first; the value is the reason of the hand-off."""

    DISTRESS = "distress"
    DANGER = "danger"
    THREAT = "threat"
    FRAUD = "fraud"
    INFORMATION_SECURITY = "information_security"
    VULNERABLE = "vulnerable"


def danger_in(text: str) -> Danger | None:
    """The most pressing thing that ``text``, as typed, is about."""
    said = _pattern("not").sub("。", normalize(text))
    return next((danger for danger in Danger if _pattern(danger.value).search(said)), None)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in read_patterns("danger")[name]))
