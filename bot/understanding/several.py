"""T恤3件少了一件 猫粮4袋少了一袋: several things that are short, told apart by what was bought. Needs no Rasa."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from bot.claims.model import Order, OrderLine
from bot.language.numbers import CHINESE_NUMERALS
from bot.language.pattern_files import read_patterns
from bot.language.quantities import Mention, read_mentions
from bot.language.similarity import ranked
from bot.language.text import normalize
from bot.understanding.matching import stands

_CLAUSE = re.compile(r"[^,，。;；!！?？\n~…、\s]+")
_OF_EACH = re.compile(r"(?:各|都|均|全|分别)+([^,。;!?\s]*)")  # T恤和猫粮都少一件
_ABSENT = re.compile(r"没(?!问题|有问题|事|少|缺|毛病|[说讲写][清明])|未|不见|冇|木有|缺|漏|丢|(?<![至多不没])少")
_WHERE = re.compile("[^什啥怎咋几哪多]{1,8}(?:呢|捏|咧|嘞)")  # 锅收到了 铲子捏
_CAME = re.compile(
    r"收到了|到了|拿到|到手|拿着|在手|来了|齐|没有?问题|没少|没缺|没事|有的|(?<![没冇])有[了啊呀]?$|(?<!是)不是"
)
_SHORT = frozenset({"missing", "received"})
_PACK = re.compile(r"[件条只双包个支块盒瓶袋本片][套装]")
_NUMBER = re.compile(rf"[0-9{CHINESE_NUMERALS}]")
_COUNT = re.compile(rf"[0-9{CHINESE_NUMERALS}][^,。;!?\s]*")
_ITEM_NUMBER = re.compile(r"[0-9]{1,2}[.、):][^0-9]*$")
_MANY = re.compile(r"[和跟与及、都全各也]|[,，。;；!！?？\s]")
# 泳衣那单里没有泳镜, 马克杯送的台历: the first only says where the other belongs.
_PLACE = re.compile(r"的?(?:[那这]?(?:一|个|整|笔)*(?:单|套|订单)|套装|送的|赠的|附的|里)")
_AND = re.compile(r"^(?:和|跟|与|及|以及|还有|加上|外加|[,。;!?、\s])+")


@dataclass(frozen=True)
class Stated:
    """One thing that is short, or ``came``, in the words that say so.

    ``title``: of the order's line, which is ``sku``; the buyer's word where several lines have it.
    ``entities``: as Rasa has them.
    """

    text: str
    title: str
    order_id: str | None
    sku: str | None
    is_gift: bool
    came: bool
    entities: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class _Named:
    """A place where goods are named; several ``lines`` where the word does not tell them apart."""

    start: int
    end: int
    lines: tuple[tuple[str, OrderLine], ...]

    @property
    def skus(self) -> frozenset[str]:
        return frozenset(line.sku for _, line in self.lines)


def apart(text: str, orders: Callable[[], Iterable[Order]]) -> list[Stated]:
    """Each of the things that the text speaks of; none unless there are several, and it is plain of each if it came.

    Args:
        text: as typed.
        orders: the buyer's; asked for only if the text may speak of several things.
    """
    clean = normalize(text)
    if len(_NUMBER.findall(clean)) < 2 and not _MANY.search(clean.strip(" ,。!?")):
        return []
    named = _goods_named(clean, list(orders()))
    if len({each.skus for each in named}) < 2:
        return []
    _, counted = read_mentions(clean)
    for way in (_by_clause, _name_first, _listed, _name_last, _of_each):
        parts = [(each, words, _counts(words, span, counted)) for each, words, span in way(clean, named)]
        stated = [_stated(clean, *part) for part in parts if _is_short(*part[1:]) or _has_come(*part[1:])]
        short = {each.title for each in stated if not each.came}
        if len(parts) == len(stated) > 1 and short and len({each.title for each in stated}) == len(stated):
            return stated
    return []


def goods_named(text: str, orders: Iterable[Order]) -> list[str]:
    """The titles that the text names, in the order in which they are named; the buyer's word where several have it."""
    clean = normalize(text)
    return list(dict.fromkeys(_title(clean, each) for each in _goods_named(clean, list(orders))))


def _goods_named(clean: str, orders: Sequence[Order]) -> list[_Named]:
    lines = [(order.order_id, line) for order in orders for line in order.lines]
    features = read_patterns("items")["features"]
    scores: dict[tuple[int, int], dict[str, float]] = {}
    for match in ranked(clean, [line.title for _, line in lines]):
        for word in match.words:
            if word in features or word.isdigit() or _PACK.fullmatch(word):
                continue
            for place in re.finditer(re.escape(word), clean):
                if not stands(word, clean, place.start()):
                    continue
                scores.setdefault(place.span(), {})[match.title] = match.score
    named: list[_Named] = []
    for (start, end), titles in sorted(scores.items(), key=lambda item: (item[0][0], -item[0][1])):
        if named and start < named[-1].end:
            continue
        best = max(titles.values())
        meant = tuple(pair for pair in lines if titles.get(pair[1].title) == best)
        if named and _joined(clean[named[-1].end : start]) and {line.sku for _, line in meant} & named[-1].skus:
            both = tuple(pair for pair in named[-1].lines if pair in meant)
            named[-1] = _Named(named[-1].start, end, both)  # 鸡肉味 + 猫粮
        else:
            named.append(_Named(start, end, meant))
    goods = [each for each in named if not _PLACE.match(clean, each.end)]
    return _said_again(goods or named)


def _joined(between: str) -> bool:
    return len(between) <= 2 and not re.search(r"[\d,。;!?]", between)


def _said_again(named: list[_Named]) -> list[_Named]:
    """猫粮拍了四袋,猫粮少一袋: the same thing twice running is one place."""
    once: list[_Named] = []
    for each in named:
        if once and once[-1].skus == each.skus:
            continue
        once.append(each)
    return once


_Part: TypeAlias = tuple[_Named, str, tuple[int, int]]  # what is named, the words that are said of it, their place


def _by_clause(clean: str, named: Sequence[_Named]) -> list[_Part]:
    """Each thing has clauses of its own; those before the first name nothing."""
    parts: list[tuple[_Named, int, int]] = []
    for clause in _CLAUSE.finditer(clean):
        inside = [each for each in named if clause.start() <= each.start < clause.end()]
        if len(inside) > 1:
            return []
        if inside:
            parts.append((inside[0], *clause.span()))
        elif parts:
            parts[-1] = (*parts[-1][:2], clause.end())
    return [(each, clean[start:end], (start, end)) for each, start, end in parts]


def _name_first(clean: str, named: Sequence[_Named]) -> list[_Part]:
    """短袖三件就给了两件猫粮四袋少一袋"""
    ends = [*(each.start for each in named[1:]), len(clean)]
    return [(each, clean[each.start : end], (each.start, end)) for each, end in zip(named, ends, strict=True)]


def _listed(clean: str, named: Sequence[_Named]) -> list[_Part]:
    """毛巾一包 袜子两双 都没收到: what is said before or behind the list is said of each."""
    parts = []
    for each, words, span in _name_first(clean, named):
        name, said = words[: each.end - each.start], words[each.end - each.start :]
        count = _COUNT.search(_ITEM_NUMBER.sub("", said))
        parts.append((each, f"{name}少了{count[0]}" if count else "", span))
    around = clean[: named[0].start] + clean[named[-1].end :]
    return parts if _ABSENT.search(around) and all(words for _, words, _ in parts) else []


def _name_last(clean: str, named: Sequence[_Named]) -> list[_Part]:
    """少了2双袜子,一条毛巾: what the first is, the others are too."""
    starts, ends = [0, *(each.end for each in named[:-1])], [*(each.end for each in named[:-1]), len(clean)]
    spans = list(zip(starts, ends, strict=True))
    words = [_AND.sub("", clean[start:end]) for start, end in spans]
    if all(_counts(said, span, ()) for said, span in zip(words[1:], spans[1:], strict=True)):
        return [(each, said, span) for each, said, span in zip(named, words, spans, strict=True)]
    words[1:] = [f"少了{said}" if _NUMBER.search(said) else said for said in words[1:]]
    return [(each, said, span) for each, said, span in zip(named, words, spans, strict=True)]


def _of_each(clean: str, named: Sequence[_Named]) -> list[_Part]:
    said = _OF_EACH.search(clean, named[-1].end)
    if said is None or not all(len(_AND.sub("", clean[one.end : other.start])) == 0 for one, other in pairwise(named)):
        return []
    return [(each, clean[each.start : each.end] + said[1], (each.start, said.end())) for each in named]


_Counts: TypeAlias = dict[str, Any]


def _counts(words: str, span: tuple[int, int], counted: Sequence[Mention]) -> _Counts:
    """What the words count by themselves, or else what was read there in the whole."""
    found, _ = read_mentions(words)
    counts = {"ordered": found.ordered, "received": found.received, "missing": found.missing}
    counts = {role: value for role, value in counts.items() if value is not None}
    if _SHORT & counts.keys():
        return counts
    return {m.role: m.value for m in counted if span[0] <= m.start and m.end <= span[1]} or counts


def _is_short(words: str, counts: _Counts) -> bool:
    return bool(_SHORT & counts.keys() or _ABSENT.search(words) or _WHERE.fullmatch(words.strip(" ,。;!?、")))


def _has_come(words: str, counts: _Counts) -> bool:
    return not _SHORT & counts.keys() and not _ABSENT.search(words) and bool(_CAME.search(words))


def _title(clean: str, named: _Named) -> str:
    return named.lines[0][1].title if len(named.lines) == 1 else clean[named.start : named.end]


def _stated(clean: str, named: _Named, words: str, counts: _Counts) -> Stated:
    orders = {order_id for order_id, _ in named.lines}
    order_id = orders.pop() if len(orders) == 1 else None
    line = named.lines[0][1] if len(named.lines) == 1 else None
    entities = [{"entity": "quantity", "role": role, "value": value} for role, value in counts.items()]
    if order_id:
        entities.append({"entity": "order_number", "value": order_id})
    entities.append({"entity": "product", "value": clean[named.start : named.end]})
    words = words.strip(" ,。;!?、")
    return Stated(
        words,
        _title(clean, named),
        order_id,
        line.sku if line else None,
        bool(line and line.is_gift),
        _has_come(words, counts),
        tuple(entities),
    )
