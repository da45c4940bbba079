"""yong mao mei shou dao: what is said of the goods in characters, their names as they are typed. Needs no Rasa."""

from __future__ import annotations

import re
from functools import cache

from bot.language.pattern_files import read_patterns

_APART = re.compile(r"(?<=[a-z]) +(?=[a-z])| +(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff]) +")


def in_characters(text: str) -> str:
    """``text``, normalized, as it is where anything in it is in characters already.

    >>> in_characters("mei you yong mao")
    '没有yongmao'
    """
    if not text.isascii() or not _said().search(text):
        return text
    return _APART.sub("", _said().sub(lambda match: read_patterns("pinyin")[match[0]], text))


@cache
def _said() -> re.Pattern[str]:
    words = sorted(read_patterns("pinyin"), key=len, reverse=True)
    return re.compile(rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])")
