"""The sum that a buyer names while haggling: 赔我20, 再加五块, 那36就36吧. Needs no Rasa."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.entities import find_entities
from bot.language.numbers import CHINESE_NUMERALS, to_int
from bot.language.text import normalize

# Haggling, a number is money without a word for it, unless it counts something else: 补2件, 退60%, 三倍, 两天.
_BARE = re.compile(
    rf"(?<![0-9.第之{CHINESE_NUMERALS}])(?P<yuan>[0-9]{{1,6}}|[{CHINESE_NUMERALS}]{{2,}}|十)(?:\.(?P<cents>[0-9]{{1,2}}))?"
    rf"(?![0-9.{CHINESE_NUMERALS}%个件双只支条瓶包袋盒箱套本张对打份样倍折成天号点小时日月年次遍步口])"
)
_SETTLED_ON = re.compile(r"(?P<same>[0-9]+(?:\.[0-9]+)?).{0,2}就(?P=same)")
_ON_TOP = re.compile(r"(?:再|另外|额外|加|添|多)[\u4e00-\u9fff]{0,4}$")


@dataclass(frozen=True)
class Sum:
    """``on_top``: besides what is on the table already."""

    fen: int
    on_top: bool = False


def named_sum(text: str, *, haggling: bool) -> Sum | None:
    """The last exact sum in the message; of 不要8块,要18 the buyer wants the second.

    Args:
        text: as typed.
        haggling: the message is about money for certain, so that a plain number is a sum. Otherwise one needs its 元,
            or stands as in 36就36.
    """
    clean = normalize(text)
    found = [(entity.start, entity.fen) for entity in find_entities(text) if entity.label == "money" and entity.fen]
    if haggling or _SETTLED_ON.search(clean):
        taken = [(entity.start, entity.end) for entity in find_entities(text)]
        for match in _BARE.finditer(clean):
            yuan = to_int(match["yuan"])
            if yuan and not any(start <= match.start() < end for start, end in taken):
                found.append((match.start(), yuan * 100 + int((match["cents"] or "0").ljust(2, "0"))))
    if not found:
        return None
    start, fen = max(found)
    return Sum(fen, bool(_ON_TOP.search(clean[:start])))
