"""An amount as it is written: 两件, 2百5十个, 一斤二两, 一打半, 3+1盒, 买二送一, 三分之一, 十来个."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bot.language.numbers import CHINESE_DIGITS, CHINESE_NUMERALS, FORMAL_NUMERAL, to_decimal, to_int, to_share

ORDERED, RECEIVED, MISSING = "ordered", "received", "missing"
IN_ONE_PACK = "in_one_pack"  # so many were in one of several: what that makes is for the order to say
HALF = "半"
_DOZEN, _TWELVE = "打", 12
_TAEL, _CATTY = "两", "斤"
_DEAREST_OFFER = 99  # 买199送1包 speaks of money
_SET = ("套",)  # 三件套
_SORT = ("装", "的")  # 五斤装, 500克的

# 3, 1,200, 十二, 2百5十, 3+1; not inside 3-5 or A4, but in 袜子x3.
_EDGE = r"(?:(?<![0-9a-z.=])(?<![0-9][-~])|(?<=[^a-z]x)(?<![0-9]x)|(?<=^x))"
_NUMBER = "|".join(
    (
        rf"{_EDGE}[0-9]{{1,3}}(?: ?\+ ?[0-9]{{1,3}}){{1,3}}(?![0-9])",
        rf"[{CHINESE_NUMERALS}]{{1,3}}(?:加[{CHINESE_NUMERALS}]{{1,3}}){{1,3}}",
        rf"{_EDGE}[0-9]{{1,4}}[十百千万][0-9{CHINESE_NUMERALS}]{{0,8}}",
        rf"{_EDGE}(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9,])|[0-9]{{1,7}}(?![0-9]))(?!\.[0-9])",
        rf"几?[{CHINESE_NUMERALS}]+|{FORMAL_NUMERAL}|俩仨?|仨",
    )
)
# Only with a unit behind them: 9.9三双 has a price in it, 半路 no half.
_NOT_WHOLE = (
    rf"{_EDGE}[0-9]{{1,4}}\.[0-9]{{1,2}}|{_EDGE}[0-9]{{1,3}} ?[、~-] ?[0-9]{{1,3}}"  # 5、6个
    rf"|[{CHINESE_NUMERALS}]{{1,3}}点[{CHINESE_DIGITS}]{{1,2}}|{HALF}"
)
_AND_A_HALF = rf"{HALF}(?![天年月个小价路夜途数晌辈截段折])"  # 三包半, not 两件半价
_SHARE = re.compile(
    rf"一{HALF}|[0-9{CHINESE_NUMERALS}]{{1,4}}分之[0-9{CHINESE_NUMERALS}]{{1,3}}"
    rf"|{_EDGE}[0-9]{{1,2}}/[0-9]{{1,2}}(?![0-9/])"
)
_SHORT = re.compile(r"[, ]?[少差缺](?=了?[0-9])")
_BOUGHT = {"买", "拍", "订"}
_PLUS = re.compile(r" ?[+加] ?")


@dataclass(eq=False)
class Amount:
    value: float | None  # an int where it is whole; None: about so many (十来个)
    unit: str | None
    start: int
    end: int
    marked: bool = False  # x3, 俩: a count even without a measure word
    of_goods: bool = True
    dozens: bool = False  # 两打: of what is not said
    roles: tuple[str, ...] = ()
    least: bool = False  # 一件, 半个: when that has not come, nothing has
    zero: bool = False  # 一件都没到: none came
    share: Fraction | None = None  # 一半, of the amount before
    container: bool = False  # the 一箱 of 一箱12瓶
    sort: bool = False  # 五斤装, 三件套: ordered only if the same is counted again
    denied: bool = False  # 不是3包: ordered only if fewer came
    per_each: bool = False  # 两箱，每箱12瓶: ordered only if one of the boxes is counted
    offer: bool = False  # 买二送一: ordered only if any of it is counted again
    paid: int | None = None  # the two of it

    def drop(self) -> None:
        self.of_goods, self.roles = False, ()


class AmountGrammar:
    """Amounts in the measure words of a word file."""

    def __init__(self, words: dict[str, Any]) -> None:
        """
        Args:
            words: the content of a word file, checked.

        Raises:
            re.error: a regular expression in it is none.
        """
        self._grams: dict[str, int] = words["weights"]
        self._pairs = {pair: frozenset(singles) for pair, singles in words["pairs"].items()}
        self._not_goods = re.compile("|".join(f"(?:{pattern})" for pattern in words["not_goods"]))
        self._never_halved = frozenset(words["never_halved"])
        self._not_goods_before = tuple(words["not_goods_before"])
        self._about_before, self._about_after = tuple(words["about_before"]), tuple(words["about_after"])
        unless: dict[str, str] = words["unless"]
        units = "|".join(
            re.escape(unit) + (f"(?!{unless[unit]})" if unit in unless else "")
            for unit in sorted([*words["units"], *words["misspelt"]], key=len, reverse=True)
        )
        weights = alternatives(self._grams.keys() - {_TAEL})
        measure = rf"[大小整]?(?:{units}|(?:{weights})(?![a-z]))"
        no_tael = f"[0-9{CHINESE_NUMERALS}{''.join(words['not_after_taels'])}]"
        self.units = units
        self._misspelt: dict[str, str] = words["misspelt"]
        self._amount = re.compile(
            rf"(?P<number>(?:{_NOT_WHOLE}|几)(?=\s?{measure})|{_NUMBER})(?P<about>多|几|来(?={measure}))?"
            rf"(?:\s{{0,2}}[大小整]?(?P<unit>(?<![俩仨])(?:{units})|(?:{units})(?!子)|(?:{weights})(?![a-z]))"
            rf"(?:(?<={_CATTY})(?P<taels>[0-9]|[{CHINESE_DIGITS}])(?:{_TAEL}|(?![0-9{CHINESE_NUMERALS}.点块元]|{units}|{weights})))?(?P<half>{_AND_A_HALF})?)?"
            rf"(?P<more>多(?![了发给送寄肉]))?"
        )
        # 一两件 and 三两件 are a few, 二两包子 is a weight.
        self._taels = re.compile(
            rf"(?P<number>{_EDGE}[0-9]{{1,4}}(?:\.[0-9]{{1,2}})?|[{CHINESE_NUMERALS}]{{1,4}}?|几|{HALF})(?P<about>多)?"
            rf"(?P<unit>{_TAEL})(?:(?<![一三0-9]{_TAEL})|(?!{units}))(?!{no_tael})(?P<half>{_AND_A_HALF})?(?P<more>多)?"
        )
        self._minus = re.compile(
            rf"{_EDGE}(?P<whole>[0-9]{{1,4}}) ?(?P<unit>{units})? ?[-减] ?(?P<part>[0-9]{{1,4}})(?![0-9.])"
            rf" ?(?:{units})?(?P<rest>=[0-9]+)?"
        )
        self._range = re.compile(
            rf"(?P<low>{_EDGE}[0-9]{{1,3}}|[{CHINESE_DIGITS}])[到至](?P<high>[0-9]{{1,3}}|[{CHINESE_DIGITS}])(?P<unit>{units}|{weights})"
        )
        few, counted = rf"(?:[0-9]{{1,3}}|[{CHINESE_NUMERALS}]{{1,3}}|{HALF})", rf"{units}|{weights}"
        named = rf"[\u4e00-\u9fff]{{1,4}}(?=[送赠][0-9{CHINESE_NUMERALS}]{{1,2}}(?:{counted}))"  # 买4支眼线笔送1支
        self._offer = re.compile(
            rf"(?:[买拍](?:的|了)? ?|(?<![0-9{CHINESE_NUMERALS}])(?={few}[送赠]))"
            rf"(?P<paid>{few}) ?(?:(?P<unit>{counted})(?:{named})?)? ?[送赠] ?"
            rf"(?P<free>{few})(?![0-9.元块]) ?(?P<free_unit>[大小]?(?:{counted}))?"
        )

    def at(self, text: str, start: int, *, about: bool = False) -> Amount | None:
        """The amount that begins there, if one does; 15左右 is taken for 15 where ``about`` is good enough."""
        if share := _SHARE.match(text, start):
            end = share.end()
            vague = text.startswith((*self._about_after, "多", "不到", "都不到"), end)
            return Amount(None, None, start, end, marked=True, share=None if vague else to_share(share[0]))
        if span := self._range.match(text, start):  # 3到4个, but not 拍3到2个
            low, high = to_int(span["low"]), to_int(span["high"])
            if low is not None and high is not None and low < high:
                return Amount(None, span["unit"], start, span.end())
        match = self._taels.match(text, start) or self._amount.match(text, start)
        return self._read(match, text, about) if match else None

    def offer_at(self, text: str, start: int) -> Amount | None:
        """The 买二送一 that begins there."""
        match = self._offer.match(text, start)
        if not match:
            return None
        paid, free, unit, end = to_int(match["paid"]), to_decimal(match["free"]), match["unit"], match.end()
        found = Amount(None, unit or match["free_unit"], start, end, marked=True, offer=True)
        if paid is None or free is None or paid > _DEAREST_OFFER or (unit and match["free_unit"] not in {None, unit}):
            found.drop()
        else:
            found.value, found.paid = plain(paid + float(free)), paid
        return found

    def minus_at(self, text: str, start: int) -> tuple[Amount, Amount] | None:
        """The 10-2 that begins there: what was ordered, and what is missing or, where that is more than half, came."""
        match = self._minus.match(text, start)
        behind = _SHORT.match(text, match.end()) if match else None  # 7-5，少2袋
        sure = match and (match["rest"] or behind or match[0] == text.strip() or text[start - 1 : start] in _BOUGHT)
        if match is None or not sure:
            return None  # 3-2 may be a date or a door
        whole, part = int(match["whole"]), int(match["part"])
        role = RECEIVED if part * 2 > whole else MISSING
        found = Amount(whole, match["unit"], *match.span("whole"), marked=True, roles=(ORDERED,))
        return found, Amount(part, match["unit"], *match.span("part"), marked=True, roles=(role,))

    def into(self, value: float, unit: str | None, wanted: str | None) -> float | None:
        """So much in another unit: two pairs are four, a 斤 ten 两. None where they do not compare."""
        if unit == wanted:
            return value
        if wanted in self._pairs.get(unit or "", ()):
            return value * 2
        if unit in self._grams and wanted in self._grams:
            return plain(value * self._grams[unit] / self._grams[wanted])
        return None

    def compares(self, one: str | None, other: str | None) -> bool:
        return self.into(1, one, other) is not None or self.into(1, other, one) is not None

    def grams(self, value: float, unit: str | None) -> int | None:
        return round(value * self._grams[unit]) if unit in self._grams else None

    def is_weight(self, unit: str | None) -> bool:
        return unit in self._grams

    def _read(self, match: re.Match[str], text: str, good_enough: bool) -> Amount:
        start, end = match.span()
        number, unit = match["number"], self._misspelt.get(match["unit"], match["unit"])
        about = text.endswith(self._about_before, 0, start) or text.startswith(self._about_after, end)
        about = bool(match["about"] or match["more"]) or (about and not good_enough)
        value = None if about else self._value(number, unit, bool(match["half"]), match.groupdict().get("taels"))
        return Amount(
            value=value,
            unit=None if unit == _DOZEN else unit,
            dozens=unit == _DOZEN,
            start=start,
            end=end,
            marked=number in {"俩", "仨"}
            or unit == _DOZEN
            or "+" in number
            or text[start - 1 : start] in {"x", "×", "*"},
            of_goods=not (self._not_goods.match(text, end) or text.endswith(self._not_goods_before, 0, start)),
            least=value == 1 or (number == HALF and unit in self._never_halved),
            sort=text.startswith(_SORT if unit in self._grams else _SET, end),
        )

    def _value(self, number: str, unit: str | None, half: bool, taels: str | None) -> float | None:
        """How many in that unit; a dozen is twelve of what is not said. None for a part of what has no parts."""
        parts = [to_decimal(part) for part in _PLUS.split(number)]
        if None in parts:
            return None
        value = sum(float(part) for part in parts if part is not None) + (0.5 if half else 0)
        if taels:
            value += (to_int(taels) or 0) / 10
        if unit == _DOZEN:
            value *= _TWELVE
        value = plain(value)
        return value if isinstance(value, int) or unit in self._grams else None


def plain(value: float) -> float:
    """An int where it is one; otherwise no more decimals than anybody says."""
    return int(value) if value == int(value) else round(value, 3)


def alternatives(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
