"""What a buyer points at: 尾号4567, a pasted order number, a link to an item, 第二个, 不是这单. Needs no Rasa.

The words are data, ``data/patterns/references.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bot.language.numbers import CHINESE_DIGITS, to_int
from bot.language.pattern_files import any_of, read_patterns
from bot.language.text import hide, normalize

_LINK = re.compile(r"https?://\S+")
_LETTER_OR_DIGIT = re.compile(r"\w")
_ONLY_DIGITS = re.compile(r"\D{0,3}([0-9]{4,14})\D{0,2}")
_PLACE = re.compile(r"第\s*([0-9]{1,2}|[一二两三四五六七八九十]{1,3})")

# A link ends before Chinese, whatever stands around it in a text that was shared.
_URL = re.compile(r"(?:https?://|(?<![a-z0-9.-]))(?P<host>(?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,})(?P<rest>[/?#][!-~]*)")
_LONGEST_TAIL = 8  # digits
_TAIL = rf"[0-9]{{4,8}}(?![0-9])|[{CHINESE_DIGITS}]{{4,8}}(?![{CHINESE_DIGITS}])"
_ALSO = re.compile(rf"\s?(?:[、,/和跟与]|还有|以及)\s?(?P<digits>{_TAIL})(?![0-9.]|\s?[个件双只块元天])")
_DIGITS = str.maketrans(CHINESE_DIGITS, "001223456789")
# 4213 9982 7712 0093 312: groups of one length, but for the last.
_GROUPED = re.compile(r"(?<![0-9])([0-9]{4,6})(?:(?:\s{1,2}|-)[0-9]{1,6}){2,4}(?![0-9]|[.年月日号块元件])")
_PLAIN = re.compile(r"(?<![0-9])[0-9]{15,20}(?![0-9])")
_NOT_A_DIGIT = re.compile(r"[^0-9]+")
# 拼多多 writes a day, a dash, and fifteen digits: the dash belongs to it.
_PINDUODUO = re.compile(r"(?<![0-9-])[0-9]{6}-[0-9]{15}(?![0-9])")
_PHONE = re.compile(r"1[3-9][0-9]{9}")


@dataclass(frozen=True)
class OrderReferences:
    """What a message says of orders and items, each as the shop writes it, in order, once.

    ``numbers`` are whole order numbers, ``tails`` last digits of some, ``item_ids`` what links to goods name.
    """

    numbers: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class OrderNumber:
    """``start`` and ``end`` count characters of the message."""

    value: str
    start: int
    end: int


def order_references(text: str, *, asked: bool = False) -> OrderReferences:
    """The orders and items that are pointed at. Where the order was ``asked`` for, bare digits are enough."""
    clean = normalize(text)
    found = order_numbers(clean)
    rest = hide(clean, [*links(clean), *((number.start, number.end) for number in found)])
    numbers, tails = [number.value for number in found], list(_tails(rest))
    if asked and not tails and (alone := _ONLY_DIGITS.fullmatch(rest)) and not _PHONE.fullmatch(alone[1]):
        (tails if len(alone[1]) <= _LONGEST_TAIL else numbers).append(alone[1])
    return OrderReferences(*(tuple(dict.fromkeys(values)) for values in (numbers, tails, _item_ids(clean))))


def order_numbers(clean: str) -> list[OrderNumber]:
    """The whole order numbers in normalized text, however they were pasted, in order, none overlapping another."""
    found: list[OrderNumber] = []
    for number in sorted(_order_numbers(clean), key=lambda number: (number.start, -number.end)):
        if not found or number.start >= found[-1].end:
            found.append(number)
    return found


def links(clean: str) -> list[tuple[int, int]]:
    """Start and end of each web address in normalized text."""
    return [match.span() for match in _URL.finditer(clean)]


def is_link(text: str) -> bool:
    """Is it a web address and nothing else?"""
    return bool(_LINK.fullmatch(text.strip()))


def has_words(text: str) -> bool:
    """Are there letters or digits, or only marks and little pictures?"""
    return bool(_LETTER_OR_DIGIT.search(text))


def ordinal(text: str) -> int | None:
    """The place in a list that is meant: 第二个 is 2, 最后一个 is -1."""
    clean = normalize(text)
    found = {place.start(): to_int(place[1]) for place in _PLACE.finditer(clean)}
    for name, place in (("last", -1), ("first", 1)):
        found.update({match.start(): place for match in _pattern(name).finditer(clean)})
    return found[min(found)] if found else None


def says_not_this_order(text: str) -> bool:
    """Is another order meant than the one that is spoken of?"""
    return bool(_pattern("not_this_order").search(normalize(text)))


def asks_when(text: str) -> bool:
    """Is it the time that the buyer wants to know, or whether something is on its way?"""
    return bool(_pattern("when").search(normalize(text)))


def asks_when_sent(text: str) -> bool:
    """台灯啥时候能发: does the buyer ask when an order is sent, or comes?"""
    return bool(_pattern("when_sent").search(normalize(text)))


def says_there_is_none(text: str) -> bool:
    """Is the whole message a plain 没有?"""
    return normalize(text).strip() in read_patterns("references")["none"]


def _order_numbers(clean: str) -> Iterator[OrderNumber]:
    for match in _linked_order().finditer(clean):
        yield OrderNumber(match[1], match.start(1), match.end(1))
    clean = hide(clean, links(clean))
    for pattern in (_PINDUODUO, _PLAIN):
        for match in pattern.finditer(clean):
            yield OrderNumber(match[0], *match.span())
    for match in _GROUPED.finditer(clean):
        *groups, last = _NOT_A_DIGIT.split(match[0])
        digits = "".join(groups) + last
        if {len(group) for group in groups} == {len(groups[0])} and _PLAIN.fullmatch(digits):
            yield OrderNumber(digits, *match.span())
    for match in _named_order().finditer(clean):
        digits = _NOT_A_DIGIT.sub("", match[1])
        if not _PHONE.fullmatch(digits):
            yield OrderNumber(digits, *match.span(1))


def _tails(clean: str) -> Iterator[str]:
    for match in _tail().finditer(clean):
        if match["other"]:
            continue
        yield (match["digits"] or match["called"] or match["before"]).translate(_DIGITS)
        more = _ALSO.match(clean, match.end("digits")) if match["digits"] else None
        while more:
            yield more["digits"].translate(_DIGITS)
            more = _ALSO.match(clean, more.end())


def _item_ids(clean: str) -> Iterator[str]:
    hosts = read_patterns("references")["item_links"]
    for link in _URL.finditer(clean):
        pattern = next((hosts[end] for end in hosts if f".{link['host']}".endswith(f".{end}")), None)
        found = re.search(pattern, link["rest"]) if pattern else None
        if found:
            yield next(filter(None, found.groups()))


@cache
def _linked_order() -> re.Pattern[str]:
    return re.compile(read_patterns("references")["order_link"])


@cache
def _named_order() -> re.Pattern[str]:
    """订单290123456789: called so, fewer digits are enough, in whatever groups they stand."""
    names = any_of(read_patterns("references")["order_number"])
    return re.compile(
        rf"(?:{names})(?:[是为:#]|\s){{0,3}}((?:[0-9][\s-]?){{10,19}}[0-9])(?![0-9]|\s?-?[0-9]|\s?[个件双只块元天])"
    )


@cache
def _tail() -> re.Pattern[str]:
    words = read_patterns("references")
    return re.compile(
        rf"(?P<other>{any_of(words['not_an_order'])})?[单号码的]{{0,3}}(?:{any_of(words['tail'])})\D{{0,3}}?(?P<digits>{_TAIL})"
        rf"|(?:{any_of(words['tail_of'])})[是为:#的\s]{{0,2}}(?P<called>{_TAIL})(?!\s?[个件双只块元天号])"
        rf"|(?<![0-9.])(?P<before>{_TAIL})(?={any_of(words['tail_behind'])})"
    )


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(any_of(read_patterns("references")[name]))
