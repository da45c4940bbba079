"""What is kept of a message, and what of it is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_TOGETHER = 5  # so many of the longest messages are read at once


def printable(text: str) -> str:
    """The text without lone surrogates and control characters, so that it can be stored and shown anywhere."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else " " for c in whole).strip()


def clean(text: str, limit: int) -> tuple[str, bool]:
    """What the bot reads of a message, and whether it was cut at ``limit`` characters.

    A leading slash is dropped: to Rasa ``/intent{…}`` is a command, to a buyer it is only text.
    """
    whole = printable(text)
    # A joiner-less run of spaces is what control characters turn into.
    readable = re.sub(r"[ \t]{2,}", " ", whole).lstrip("/ \n\t")
    return readable[:limit], len(readable) > limit


def together(texts: Sequence[str], limit: int) -> tuple[str, int | None]:
    """What the bot reads of a burst: ``limit`` holds for each message, as the buyer was told.

    Returns:
        The messages, a line each, and after how many characters one of them, or all together, was cut; None: nowhere.
    """
    cleaned = [clean(text, limit) for text in texts]
    text = "\n".join(text for text, _ in cleaned if text)
    if len(text) > _TOGETHER * limit:
        return text[: _TOGETHER * limit], _TOGETHER * limit
    return text, limit if any(cut for _, cut in cleaned) else None
