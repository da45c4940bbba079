"""The sum that a buyer names while haggling: 赔我20, 再加五块, 那36就36吧. Needs no Rasa.

Which of several it is, is told by what stands around them; the words are ``data/patterns/sums.yml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from bot.language.entities import find_entities
from bot.language.money import Money, find_money
from bot.language.numbers import CHINESE_NUMERALS
from bot.language.pattern_files import any_of, read_patterns
from bot.language.text import hide, normalize

_SETTLED_ON = re.compile(r"(?P<same>[0-9]+(?:\.[0-9]+)?).{0,2}就(?P=same)")
_LEAST_ALONE = 1000  # fen; 2 by itself counts, or chooses
_MARK = re.compile(r"[,，。;；!！?？\n…]")


@dataclass(frozen=True)
class Sum:
    """``on_top``: besides what is on the table already."""

    fen: int
    on_top: bool = False


def find_sums(text: str, *, haggling: bool) -> list[int]:
    """Every exact sum in the message, in fen, in order.

    Args:
        text: as typed.
        haggling: the message is about money for certain, so that a plain number is a sum. Otherwise one needs its 元,
            or words that say so (赔我20, 99包邮, 36就36), or is all that the message has, and 10 at the least (三十五).
    """
    clean, found = _read(text, haggling=haggling)
    if not found and _words().alone.fullmatch(clean):
        found = [money for money in find_money(clean, bare=True) if (money.fen or 0) >= _LEAST_ALONE]
    return [money.fen for money in found if money.fen is not None]


def named_sum(text: str, *, haggling: bool) -> Sum | None:
    """The sum that the buyer wants: the last exact one that is neither refused nor only told.

    Of 不要8块,要18 it is the second, of 赔我30,我花了200 the first. None where nothing exact is wanted: 退一半, 20左右,
    20元+运费8元. The arguments are those of ``find_sums``.
    """
    clean, found = _read(text, haggling=haggling)
    words = _words()
    wanted = [money for money in found if not words.sets_aside(clean, money)]
    last = wanted[-1] if wanted else None
    if last is None or last.fen is None:
        return None
    if any(words.joined.fullmatch(clean, one.end, two.start) for one, two in pairwise(found) if last in (one, two)):
        return None
    return Sum(last.fen, bool(words.on_top.search(clean, 0, last.start)))


def _read(text: str, *, haggling: bool) -> tuple[str, list[Money]]:
    clean = hide(normalize(text), [(other.start, other.end) for other in find_entities(text) if other.label != "money"])
    found = find_money(clean, bare=haggling or bool(_SETTLED_ON.search(clean)))
    return clean, [money for money in found if money.fen != 0]


class _Words:
    def __init__(self) -> None:
        words = {name: any_of(entries) for name, entries in read_patterns("sums").items() if isinstance(entries, str)}
        before, after = rf"(?:{words['alone_before']}|\s|,)*", rf"(?:{words['alone_after']}|[\s,.。!?~])*"
        self.alone = re.compile(rf"{before}[0-9{CHINESE_NUMERALS}][0-9{CHINESE_NUMERALS}.,点wk]*{after}")
        self.joined = re.compile(rf"(?:\s?(?:{words['joined']})[\u4e00-\u9fff]{{0,4}})?")
        self.on_top = re.compile(rf"(?:{words['on_top']})(?:(?!到)[\u4e00-\u9fff]){{0,4}}$")
        self._refused_before = re.compile(rf"(?:{words['refused_before']})(?:这|那|你)?$")
        self._refused_after = re.compile(rf"[的也都可我]?(?:{words['refused_after']})")
        self._least = re.compile(rf"(?:{words['least_before']})$")
        self._told_before = re.compile(rf"(?:{words['told_before']})(?:{words['told_between']})*\s?$")
        self._told_after = re.compile(words["told_after"])
        self._asks = re.compile(words["asks"])

    def sets_aside(self, clean: str, money: Money) -> bool:
        """Is the sum refused, or told and not asked for?"""
        lead = _MARK.split(clean[: money.start])[-1]
        if self._refused_before.search(lead):
            return True
        if self._refused_after.match(clean, money.end):
            return not self._least.search(lead)
        told = self._told_before.search(lead)
        return bool(told or self._told_after.match(clean, money.end)) and not self._asks.search(lead)


@cache
def _words() -> _Words:
    return _Words()
