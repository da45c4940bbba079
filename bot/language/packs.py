"""What an item's title says about what one unit of it holds: 茶具六件套 is six pieces. Needs no Rasa."""

from __future__ import annotations

import re

from bot.language.numbers import CHINESE_NUMERALS, to_int
from bot.language.text import normalize

_PACK = re.compile(rf"([0-9]+|[{CHINESE_NUMERALS}]+)(?:件套|条装|只装|支装|片装|双装|瓶装|包装|册)")
_WHAT_IT_HOLDS = re.compile(r"[(（]|含")


def pieces(title: str) -> int | None:
    """How many pieces one unit has; None where the title does not say."""
    match = _PACK.search(normalize(title))
    return to_int(match[1]) if match else None


def own_name(title: str) -> str:
    """The title without what it says the item contains: 书架 of 书架(含螺丝包)."""
    return _WHAT_IT_HOLDS.split(title)[0]
