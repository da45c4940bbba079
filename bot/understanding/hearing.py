"""The facts in one message, in the light of what was asked: 15 is a count when a count was asked for. Needs no Rasa."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.language.quantities import bare, grams, least
from bot.language.references import order_references, ordinal
from bot.language.text import normalize
from bot.understanding.intake import Asked, Heard

# What it is not, with what it is behind it or before it; 不是这单 and 不是我 say something else.
_DENIED = re.compile(
    r"(?:不是(?![这那我你您])|(?<![^,.。;!?\s])(?:什么|啥)(?!时候|时间|都|也|叫|情况|意思))[^,.。;!?\s]{1,12}[,.。;!?\s]+(?=\S)"
    r"|(?<=\S)[,.。;!?\s]+不是(?![这那我你您不])[^,.。;!?\s]{1,12}$"
)


def hear(message: Mapping[str, Any], asked: Asked | None) -> Heard:
    """
    Args:
        message: a parse: ``text`` as typed, and ``entities``.
        asked: the question that the message may be the answer to.
    """
    text = message.get("text") or ""
    entities = message.get("entities") or []
    counts = _counts(entities)
    orders = [e["value"] for e in entities if e["entity"] == "order_number"]
    clean = normalize(text)
    meant = _DENIED.sub("", clean)  # 不是方格本,是那套小说
    products = dict.fromkeys(
        e["value"] for e in entities if e["entity"] == "product" and normalize(e["value"]) in meant
    )
    number, unit = bare(text)
    if number is None and asked is Asked.MISSING:
        number = least(text)  # said back, and the buyer may say otherwise
    pointed = order_references(text, asked=asked is Asked.ORDER)
    return Heard(
        text=meant,
        order_id=next(iter([*orders, *pointed.numbers]), None),
        products=tuple(products),
        ordered=counts.get("ordered"),
        received=counts.get("received"),
        missing=counts.get("missing"),
        number=number,
        # 2, and nothing with it: the second of what was shown.
        ordinal=ordinal(text) or (number if unit is None and number else None),
        tail=next(iter(pointed.tails), None),
    )


def _counts(entities: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What each role counts. Of several things (袜子少2双，毛巾少1条) none is certain; orders count no weights."""
    counts: dict[str, int] = {}
    several = set()
    for entity in entities:
        if entity["entity"] != "quantity" or grams(entity["value"], entity.get("unit")) is not None:
            continue
        role = entity["role"]
        if counts.setdefault(role, entity["value"]) != entity["value"]:
            several.add(role)
    return {role: count for role, count in counts.items() if role not in several}
