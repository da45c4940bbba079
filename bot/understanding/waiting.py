"""人呢, 还要等多久: does somebody who waits for a person ask where the person is? The words are data."""

from __future__ import annotations

import re
from functools import cache

from bot.language.pattern_files import any_of, read_patterns
from bot.language.text import normalize


def asks_for_the_person(text: str) -> bool:
    """``text`` as typed."""
    return bool(_pattern().search(normalize(text)))


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(any_of(read_patterns("waiting")["asks"]))
