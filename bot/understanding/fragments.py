"""少了 … 一袋: a thought that was sent in two messages. Needs no Rasa."""

from __future__ import annotations

import re

from bot.language.quantities import bare
from bot.language.text import normalize

_OPEN = re.compile(r"(?:[你您]们?家?|恁家?|我|俺|给|又|就|还|是)*(?:少|缺|差|漏|短|欠)(?:[发给寄装]|[发给寄装]?了)?")
_GOES_ON = re.compile(r"^了[0-9一二两三四五六七八九十俩仨半]")


def whole(before: str, text: str) -> str:
    """The text, with what the message before it left open: 一袋 then is missing, whatever was asked in between."""
    opening = normalize(before).strip(" ,.。!?~…")
    count, unit = bare(text)
    if _OPEN.fullmatch(opening) and ((count and unit) or _GOES_ON.match(normalize(text).strip())):
        return opening + text.strip()
    return text
