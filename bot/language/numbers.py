"""Numbers as Chinese buyers write them: 12, 1,200, 十二, 两百五, 1千零1, 8.5, 三点五, 三分之一, 俩. Needs no Rasa."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

CHINESE_DIGITS = "零〇一二两三四五六七八九"
CHINESE_NUMERALS = CHINESE_DIGITS + "十百千万廿卅"
FORMAL_DIGITS = "壹贰叁肆伍陆柒捌玖拾佰仟"  # of cheques and forms: 拾包
# 參 is written 参 when simplified, and 参 is ginseng.
FORMAL_NUMERAL = f"(?:[{FORMAL_DIGITS}]|参(?=[拾佰仟])|(?<=[拾佰仟])参)+"
# More digits are an order, phone or tracking number, no amount.
_LONGEST = 7

_ARABIC = re.compile(rf"[0-9]{{1,{_LONGEST}}}|[0-9]{{1,3}}(?:,[0-9]{{3}})+")
_DECIMAL = re.compile(
    rf"(?P<whole>[0-9]{{1,{_LONGEST}}}|[{CHINESE_NUMERALS}]{{1,15}})[.点](?P<rest>[0-9]{{1,3}}|[{CHINESE_DIGITS}]{{1,3}})"
)
_CHINESE = re.compile(f"[{CHINESE_NUMERALS}]{{1,15}}|(?=.{{1,15}}$){FORMAL_NUMERAL}")
# 2百5十, 1千零1, 十5
_MIXED = re.compile(
    rf"(?=.*[0-9])(?:[0-9]{{1,4}}|[{CHINESE_DIGITS}])?[十百千万](?:零?[0-9{CHINESE_DIGITS}][十百千万]?){{0,5}}"
)
# 两三件, 三五个: nobody means twenty-three.
_VAGUE = re.compile(f"[{CHINESE_DIGITS}]{{2,}}|[{FORMAL_DIGITS[:9]}]{{2,}}")
_OPEN = re.compile(
    rf"(?P<low>(?:[二三四五六七八九]?十)?[{CHINESE_DIGITS[2:]}]|[0-9]{{1,3}})(?:\s?(?:[-~、到至]|或者?)\s?|(?<![0-9])(?![0-9]))"
    rf"(?P<high>[{CHINESE_DIGITS[2:]}]|[0-9]{{1,3}})"
)
_SHARE = re.compile(
    rf"(?P<of>[0-9{CHINESE_NUMERALS}]{{1,4}})分之(?P<parts>[0-9{CHINESE_NUMERALS}]{{1,3}})|(?P<top>[0-9]{{1,3}})/(?P<bottom>[0-9]{{1,3}})"
)
_FUSED = {"俩": 2, "仨": 3}
_SPELLED = str.maketrans({"〇": "零", "廿": "二十", "卅": "三十", "参": "叁"})
_DIGIT = str.maketrans(CHINESE_DIGITS, "001223456789")


def to_int(text: str) -> int | None:
    """The whole number that normalized ``text`` spells, from 0 up; None when it spells none, or no exact one."""
    if text in _FUSED:
        return _FUSED[text]
    if _ARABIC.fullmatch(text):
        return int(text.replace(",", ""))
    if _MIXED.fullmatch(text):
        return _chinese(text, "smart")
    if not _CHINESE.fullmatch(text) or _VAGUE.fullmatch(text):
        return None
    return _chinese(text, "normal")


def lower_of(text: str) -> int | None:
    """The lower of two numbers that normalized ``text`` leaves open: 五六 is 5, 十五六 15, 5-6 5; None for others."""
    match = _OPEN.fullmatch(text)
    low, high = (to_int(match["low"]), to_int(match["high"])) if match else (None, None)
    if low is None or high is None:
        return None
    tens = low - low % 10 if high < 10 else 0  # of 十五六 both have the ten
    return low if low < tens + high else None


def to_decimal(text: str) -> Decimal | None:
    """The number, whole or not, that normalized ``text`` spells: 12, 8.5, 三点五, 半; None when it spells none."""
    if text == "半":
        return Decimal("0.5")
    if match := _DECIMAL.fullmatch(text):
        whole = to_int(match["whole"])
        return None if whole is None else Decimal(f"{whole}.{match['rest'].translate(_DIGIT)}")
    whole = to_int(text)
    return None if whole is None else Decimal(whole)


def to_share(text: str) -> Fraction | None:
    """The part of a whole that normalized ``text`` spells: 一半, 三分之一, 1/3; None when it is none below one."""
    if text in {"半", "一半"}:
        return Fraction(1, 2)
    match = _SHARE.fullmatch(text.replace("百分", "一百分"))
    if not match:
        return None
    of, parts = to_int(match["of"] or match["bottom"]), to_int(match["parts"] or match["top"])
    return Fraction(parts, of) if of and parts and parts < of else None


def _chinese(text: str, how: str) -> int | None:
    """``how`` is cn2an's mode: "normal" for Chinese numerals alone, "smart" for digits among them."""
    from cn2an import cn2an

    try:
        value = cn2an(text.translate(_SPELLED), how)
    except (ValueError, KeyError):  # it looks before it leaps, not everywhere
        return None
    return int(value) if 0 <= value < 10**_LONGEST else None
