"""Phone, identity and bank numbers, and e-mail: patterns in the order in which they are looked for."""

from __future__ import annotations

import re
from collections.abc import Callable

# Gives what is shown instead of the pattern's group ``id``, or of all of it; nothing when it only looked like one.
Shown = Callable[[re.Match[str]], "str | None"]

_GAP = r"[\s()\[\]/|.,。、·_~+\-‐-―−\u200b-\u200f\u2060\ufeff\ufe0f\u20e3]{0,3}"
# Stars: what was masked before is not masked again together with its neighbours.
_FROM, _TO = r"(?<!\d)(?<!\*{4})", r"(?!\d|\*{4})"
_FROM_NO_LETTER = r"(?<![0-9A-Za-z])(?<!\*{4})"  # a tracking number begins with letters

_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123])"
_DAY_OF_YEAR = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ABROAD = rf"((?:(?:00{_GAP})?86{_GAP}|0)?)"
_AREA = r"(?:(?:00)?86[ ()+-]{1,3}0?|0086|0)(?:10|2\d|[3-9]\d\d)"
_CHAT = "(?:微信|薇信|威信|v信|(?<![a-z])(?:vx|wx|weixin|wechat))"
_QQ = "(?:(?<![a-z])qq|扣扣)"
_IN_ID = "[A-Za-z0-9_-]"
_IN_NAME, _LABEL = "[A-Za-z0-9._%+-]", "[A-Za-z0-9-]{1,63}"
# By beginning and length; those that are not UnionPay's have beginnings that order numbers have too.
_CARD = re.compile(r"62\d{14,17}|(?:4\d|5[1-5]|35)\d{14}|9558\d{15}|103\d{16}|456351\d{13}|60138[12]\d{13}")
_CALLED_CARD = re.compile(r"(?:银行卡|储蓄卡|信用卡|借记卡|卡号|[账帐]号)[\W_]{0,2}(?:号码?)?[是为\W_]{0,3}\Z")
_IN_FOURS = re.compile(r"\d{4}(?:[\s-]\d{4}){3}(?:[\s-]\d{1,3})?")
_ORDER = re.compile(r"(?:订单|单号)[\W_]{0,2}(?:编?号)?[是为\W_]{0,3}\Z")


def _digits(text: str) -> str:
    return re.sub(r"[^\dXx]", "", text)


def _identity(match: re.Match[str]) -> str:
    digits = _digits(match[0])
    return f"{digits[:6]}********{digits[-4:]}"


def _email(match: re.Match[str]) -> str:
    return f"{match[1]}***{match[2]}"


def _mobile(match: re.Match[str]) -> str | None:
    digits = _digits(match[2])
    return f"{match[1]}{digits[:3]}****{digits[-4:]}" if _is_one_number(match[2]) else None


def _landline(match: re.Match[str]) -> str | None:
    return f"{match[1]}****{_digits(match[2])[-3:]}" if _is_one_number(match[2]) else None


def _is_one_number(text: str) -> bool:
    """Cut nowhere, here and there, or everywhere alike; not 139.00 29.90 15, which are three."""
    groups = re.findall(r"\d+", text)
    if len(groups) <= 1 or all(len(group) == 1 for group in groups):
        return True
    gaps = set(re.findall(r"\D+", text))
    if len(gaps) == 1:
        return len(groups) <= 4 or not gaps & {" ", ",", ", ", "、"}  # which stand between sizes and counts
    return len(groups) <= 3 and not re.search(r"\.\d\d?\D", text)


def _card(match: re.Match[str]) -> str | None:
    digits = _digits(match[0])
    is_right = _adds_up(digits) or (digits.startswith("62") and _IN_FOURS.fullmatch(match[0]))  # one digit may be wrong
    is_one = _CARD.fullmatch(digits) and is_right and not _is_order(match)
    return f"{digits[:4]}****{digits[-4:]}" if is_one or _CALLED_CARD.search(_before(match)) else None


def _old_identity(match: re.Match[str]) -> str | None:
    return None if _is_order(match) else f"{match[0][:6]}******{match[0][-3:]}"


def _is_order(match: re.Match[str]) -> bool:
    """For numbers that an order may have too: it is called one."""
    return bool(_ORDER.search(_before(match)))


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 12) : match.start()]


def _chat(match: re.Match[str]) -> str | None:
    """After 微信 alone it has to look like an id: 微信APP is none."""
    is_one = match["asked"].strip() or re.search(r"[\d_-]", match["id"])
    return _begun(match) if is_one else None


def _begun(match: re.Match[str]) -> str:
    return f"{match['id'][0]}***"


def _adds_up(digits: str) -> bool:
    """Luhn's check digit."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


_PATTERNS: list[tuple[str, Shown]] = [
    (rf"(?<!{_IN_NAME})([A-Za-z0-9]){_IN_NAME}{{0,63}}(@{_LABEL}(?:\.{_LABEL}){{1,4}})", _email),
    (rf"(?i:{_CHAT})(?P<asked>(?:号|账号|id)?[\s:是为叫=]{{0,3}})(?P<id>[A-Za-z]{_IN_ID}{{5,19}})(?!{_IN_ID})", _chat),
    (rf"(?i:(?:{_QQ}|{_CHAT})[群号:][\s:是为]{{0,3}}|{_QQ}[\s是]{{0,2}})(?P<id>[1-9]\d{{4,10}})(?![\d*.元块])", _begun),
    (rf"{_FROM}62\d\d(?:[\s-]\d{{4}}){{3}}(?:[\s-]\d{{1,3}})?{_TO}", _card),
    # Identity: with a birthday in the middle, for an order number may have 18 digits too.
    (rf"{_FROM}{_PROVINCE}\d{{4}}{_GAP}(?:19|20)\d\d{_GAP}{_DAY_OF_YEAR}{_GAP}\d{{3}}[\dXx]{_TO}", _identity),
    (rf"{_FROM_NO_LETTER}{_PROVINCE}\d{{6}}{_DAY_OF_YEAR}\d{{3}}{_TO}", _old_identity),
    # Mobile: as most write it, before the numbers beside it can be taken for parts of it.
    (rf"{_FROM}{_ABROAD}(1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}){_TO}", _mobile),
    *((rf"{_FROM_NO_LETTER}[1-9](?:{_GAP}\d){{{count - 1}}}{_TO}", _card) for count in (19, 18, 17, 16)),
    (rf"{_FROM}{_ABROAD}(1{_GAP}[3-9](?:{_GAP}\d){{9}}){_TO}", _mobile),
    # Landlines, and those of firms.
    (rf"{_FROM_NO_LETTER}({_AREA}){_GAP}([1-9]\d{{2,3}}{_GAP}\d{{4}}){_TO}", _landline),
    (rf"{_FROM_NO_LETTER}([48]{_GAP}0{_GAP}0)((?:{_GAP}\d){{7}}){_TO}", _landline),
]
NUMBERS = [(re.compile(pattern), shown) for pattern, shown in _PATTERNS]
