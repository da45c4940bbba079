"""The facts in one message, in the light of what was asked: 15 is a count when a count was asked for. Needs no Rasa."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.language.quantities import bare, grams, least, read_mentions
from bot.language.references import order_references, ordinal
from bot.language.text import normalize
from bot.understanding import replies
from bot.understanding.intake import Asked, Heard, Weighed

# 都没, 一样也没到, 俩都没收到: an answer to which of the things it is. 一双都没有 counts one of them.
_NONE_CAME = re.compile(
    r"(?:[两俩三四几哪全一](?:样|个|件|种|者|款)?(?:东西)?|啥|什么|东西)(?:都|也|均|全)(?:没|冇|木有|未|不见)(?!问题|有问题|少|缺)"
    r"|^(?:我)?[都全均]+(?:没|冇|木有|未|不见|缺|少|漏了?)(?!问题|有问题|少|缺|什么|啥|哪)"
)
# What it is not, with what it is behind it or before it; 不是这单 and 不是我 say something else.
_DENIED = re.compile(
    r"不是(?![这那我你您])[^,.。;!?\s是]{1,12}(?=而?是)|(?:(?:不是|唔[係系])(?![这那我你您])|(?<![^,.。;!?\s])(?:什么|啥)(?!时候|时间|都|也|叫|情况|意思))[^,.。;!?\s]{1,12}(?<![吗么])[,.。;!?\s]+(?=\S)"
    r"|(?<=\S)[,.。;!?\s]+不是(?![这那我你您不])[^,.。;!?\s]{1,12}$"
)


def hear_all(
    message: Mapping[str, Any], asked: Asked | None, before: str = "", said: Sequence[str] = ()
) -> list[Heard]:
    """Each thing that the message states: one, or the ``parts`` that were told apart in it (``acts.acts_of``).

    Args:
        message: a parse.
        asked: the question that the message may be the answer to.
        before: what the buyer said in the message before, where the bot has said nothing since.
        said: the buyer's messages up to now, oldest first.
    """
    parts = message.get("parts") or [message]
    heard = [replace(hear(part, asked, before), sku=part.get("sku")) for part in parts]
    if len(heard) == 1 and asked is not Asked.MISSING:
        heard = [_corrected(heard[0], parts[0].get("text") or "", said)]
    return [heard[0], *(replace(each, adds=True) for each in heard[1:])]


def hear(message: Mapping[str, Any], asked: Asked | None, before: str = "") -> Heard:
    """
    Args:
        message: a parse: ``text`` as typed, and ``entities``.
        asked: the question that the message may be the answer to.
        before: the buyer's message before this one.
    """
    text = message.get("text") or ""
    entities = message.get("entities") or []
    orders = [e["value"] for e in entities if e["entity"] == "order_number"]
    clean = normalize(text)
    meant = _DENIED.sub("", clean)  # 不是方格本,是那套小说
    products = dict.fromkeys(
        e["value"] for e in entities if e["entity"] == "product" and normalize(e["value"]) in meant
    )
    pointed = order_references(text, asked=asked is Asked.ORDER)
    # 后面四个数5596 counts nothing
    counts = {role: count for role, count in _counts(entities, clean).items() if str(count) not in pointed.tails}
    number, unit = bare(text)
    if number is None and asked is Asked.MISSING:
        number = bare(replies.corrected(text))[0]
        number = least(text) if number is None else number  # said back, and the buyer may say otherwise
        if number is None and replies.answers(text, asked.value) == "give_quantity":
            number = 0  # 都没有
    missing = counts.get("missing")
    if number is not None and replies.is_cut_off(before):
        missing = number  # 少了 … 一袋
    measures = [e.get("unit") for e in entities if e["entity"] == "quantity" and e["role"] in counts]
    return Heard(
        text=meant,
        order_id=next(iter([*orders, *pointed.numbers]), None),
        products=tuple(products),
        ordered=counts.get("ordered"),
        received=counts.get("received"),
        missing=missing,
        in_one_pack=counts.get("in_one_pack"),
        number=number,
        # 2, and nothing with it: the second of what was shown.
        ordinal=ordinal(text) or (number if unit is None and number else None),
        tail=next(iter(pointed.tails), None),
        measure=unit or next((measure for measure in measures if measure), None),
        weighed=_weighed(entities),
        corrects=bool(replies.corrected(text)),
        none_came=says_none_came(text),
    )


def _corrected(heard: Heard, text: str, said: Sequence[str]) -> Heard:
    """不对 三双: it is what was counted last, as many as came or as are missing, that is put right."""
    number, unit = bare(replies.corrected(text))
    if number is None or not unit or (heard.missing, heard.received) != (None, None):
        return heard
    counted = (mention.role for one in reversed(said) for mention in reversed(read_mentions(normalize(one))[1]))
    role = next((role for role in counted if role in ("missing", "received")), "missing")
    if role == "received":
        return replace(heard, received=number, measure=unit)
    return replace(heard, missing=number, measure=unit)


def says_none_came(text: str) -> bool:
    """Is it all of them that are missing?"""
    return bool(_NONE_CAME.search(normalize(text).strip()))


def _weighed(entities: Sequence[Mapping[str, Any]]) -> Weighed | None:
    """What was weighed; a role that two weights claim is said by neither."""
    said: dict[str, int | None] = {}
    measure = None
    for entity in entities:
        weight = grams(entity["value"], entity.get("unit")) if entity["entity"] == "quantity" else None
        if weight is None:
            continue
        measure = measure or entity["unit"]
        said[entity["role"]] = weight if said.get(entity["role"], weight) == weight else None
    return Weighed(said.get("ordered"), said.get("received"), said.get("missing"), measure) if said else None


def _counts(entities: Sequence[Mapping[str, Any]], clean: str) -> dict[str, int]:
    """What each role counts. Of several things (袜子少2双，毛巾少1条) none is certain; orders count no weights.

    弹力带五件套没收着 misses no five.
    """
    counts: dict[str, int] = {}
    several = set()
    for entity in entities:
        if entity["entity"] != "quantity" or grams(entity["value"], entity.get("unit")) is not None:
            continue
        role = entity["role"]
        if role == "missing" and clean[entity.get("end", len(clean)) :].startswith(("套", "装")):
            continue
        if counts.setdefault(role, entity["value"]) != entity["value"]:
            several.add(role)
    return {role: count for role, count in counts.items() if role not in several}
