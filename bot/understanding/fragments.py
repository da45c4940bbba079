"""少了 … 一袋: a thought that was sent in two messages. Needs no Rasa."""

from __future__ import annotations

import re

from bot.language.quantities import bare
from bot.language.text import normalize

_OPEN = re.compile(r"(?:少|缺|差|漏|短|没|没给|没发|欠|发)了?(?:我|俺)?$")
_GOES_ON = re.compile(r"^了[0-9一二两三四五六七八九十俩仨半]")


def whole(before: str, text: str) -> str:
    """The text, with what the message before it left open; a number alone then says of what it is one."""
    opening = normalize(before).strip(" ,.。!?~…")
    said = normalize(text).strip()
    if _OPEN.search(opening) and (bare(text)[0] is not None or _GOES_ON.match(said)):
        return opening + text.strip()
    return text
