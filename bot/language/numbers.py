"""Numbers as Chinese buyers write them: 12, 1,200, 十二, 两百五, 俩. Needs no Rasa."""

from __future__ import annotations

import re

CHINESE_DIGITS = "零〇一二两三四五六七八九"
CHINESE_NUMERALS = CHINESE_DIGITS + "十百千万廿卅"
FORMAL_DIGITS = "壹贰叁肆伍陆柒捌玖拾佰仟"  # of cheques and forms: 拾包
# More digits are an order, phone or tracking number, no amount.
_LONGEST = 7

_ARABIC = re.compile(rf"[0-9]{{1,{_LONGEST}}}|[0-9]{{1,3}}(?:,[0-9]{{3}})+")
_MIXED = re.compile(r"([0-9]{1,4})([百千万])")
_SCALE = {"百": 100, "千": 1000, "万": 10000}
_CHINESE = re.compile(f"[{CHINESE_NUMERALS}]{{1,15}}|[{FORMAL_DIGITS}]{{1,15}}")
# 两三件, 三五个: nobody means twenty-three.
_VAGUE = re.compile(f"[{CHINESE_DIGITS}]{{2,}}|[{FORMAL_DIGITS[:9]}]{{2,}}")
_FUSED = {"俩": 2, "仨": 3}
_SPELLED = str.maketrans({"〇": "零", "廿": "二十", "卅": "三十"})


def to_int(text: str) -> int | None:
    """The whole number that normalized ``text`` spells, from 0 up; None when it spells none, or no exact one."""
    if text in _FUSED:
        return _FUSED[text]
    if _ARABIC.fullmatch(text):
        return int(text.replace(",", ""))
    if mixed := _MIXED.fullmatch(text):
        return int(mixed[1]) * _SCALE[mixed[2]]
    if not _CHINESE.fullmatch(text) or _VAGUE.fullmatch(text):
        return None
    return _chinese(text)


def _chinese(text: str) -> int | None:
    from cn2an import cn2an

    try:
        value = cn2an(text.translate(_SPELLED), "normal")
    except ValueError:
        return None
    return int(value) if 0 <= value < 10**_LONGEST else None
