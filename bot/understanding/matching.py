"""Which line of an order a buyer means: what is named in each clause, and whether it is said to be missing or there.

What names a title is ``bot.language.similarity``'s business: its words, other words for the same, their sounds. The
words that say of a thing that it is missing, there, or not the one, are data, ``data/patterns/items.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from bot.claims.model import OrderLine
from bot.language import packs
from bot.language.numbers import CHINESE_NUMERALS, to_int
from bot.language.pattern_files import any_of, read_patterns
from bot.language.similarity import Match, ranked
from bot.language.text import normalize

_AND = re.compile(r"和|跟|与|还有|以及|、")
_NUMBER = re.compile(r"[0-9一二两三四五六七八九十俩仨半]")
_SET = "套"
_SPELT = re.compile("(?<=[a-z]) (?=[a-z])")  # yong jing
# 除了泳衣都没有, 杯子就俩别的啥也没有: the one came, and nothing else.
_NOTHING_ELSE = re.compile(
    "(?:除了?|除开|除去).{1,12}?(?P<none>(?:以外|之外|外)?(?:其[他它余]的?|别的|剩下的?|啥|什么|东西)?(?:也|都|全|均)[没未冇])(?!问题|事)"
    "|[就只光仅].{1,12}?(?P<else>(?:其[他它余]的?|别的|剩下的?|啥|什么)(?:东西)?(?:也|都|全)[没未冇])(?!问题|事)"
)
_OTHERS_ARE_NOT = re.compile(
    "^(?:其[他它余]的?|别的|剩下的?)(?:东西)?(?:也|都|全|啥也|啥都|均)[没未冇](?!问题|事|少|缺)"
)
_ONLY_CAME = re.compile("^(?:就|只有?|光|仅)[^没少缺未]{1,8}?(?:到|来|收到|拿到)了?[啊呀,.!~]*$")
_ONE = re.compile("(?:就|只有?|光|仅)(?:有|给|到|来)?一(?!起|样|直|共|般)")
_SAID_OF = re.compile(
    rf"子|$|[,。;!?、\s]|漏[了发寄装掉给]|[少缺差没也都和跟与及呢拍买到来收只就那这单的0-9{CHINESE_NUMERALS}]"
)
_SURE = 0.6  # a score that takes a word of two characters at least


def mentioned(text: str, lines: Sequence[OrderLine], known: Sequence[OrderLine] = ()) -> list[OrderLine]:
    """The lines that ``text`` says are short, in the order's own order.

    Empty when nothing matches. More than one line means either that several were named ("少了泳帽和泳镜") or that
    the words do not tell them apart; ``ambiguous`` says which. ``known``: those that were short before it was said.
    """
    said = _read(text, lines)
    if said.missing:
        short = said.missing
    elif said.named or said.counted or (said.bought and not said.there):
        # "泳衣泳帽泳镜,就来了一件泳衣"
        named = [*said.named, *said.counted] or said.bought
        short = [line for line in named if not (line in said.counted and line.quantity == 1)] or named
        short = [line for line in short if line not in said.there] or short
    elif said.there and not said.lacks_something_else:
        # "收到的只有泳衣": what was named came, so it is the others that are short.
        short = [line for line in known or lines if line not in said.there]
    else:
        return []
    return [line for line in lines if line in short]


def says_nothing_else(text: str) -> bool:
    """除了泳衣都没有, 就泳衣到了: is what is named what came?"""
    clean = normalize(text).strip()
    return bool(_NOTHING_ELSE.search(clean) or _ONLY_CAME.search(clean))


def missing(text: str, lines: Sequence[OrderLine]) -> bool:
    """Is one of the lines named, and said to be missing in so many words?"""
    return bool(_read(text, lines).missing)


def says_all(text: str, count: int, *, asked: bool = False) -> bool:
    """Is it all of ``count`` things that is said not to have come: 两样都没, 哪个都没有?

    Where it was ``asked`` which of them, 都没有 is enough.
    """
    clean = normalize(text).strip()
    said = _words().all.search(clean)
    if said is None:
        return asked and bool(_words().none.match(clean))
    number = to_int(said["number"]) if said["number"] else None
    return count > 1 and number in {None, count}


def ambiguous(text: str, lines: Iterable[OrderLine]) -> bool:
    """Do the words leave it open which of ``lines`` is meant?"""
    titles = [line.title for line in lines]
    words = {match.title: frozenset(match.words) for match in ranked(text, titles)}
    shared = [words[title] for title in titles if title in words]  # the others are those that are not named
    return len(set(shared)) < len(shared)


def likeness(text: str, lines: Iterable[OrderLine]) -> float:
    """How surely the text names one of the lines, by spelling, by sound or by another word; 0 when it names none."""
    return max((match.score for match in ranked(text, [line.title for line in lines])), default=0)


def by_likeness(text: str, lines: Sequence[OrderLine]) -> OrderLine | None:
    """The one line that the text can mean by sound, by another word or by one character: 油没有 and 亚麻籽油 500ml."""
    found = ranked(text, [line.title for line in lines])
    if not found or any(not set(other.words) <= set(found[0].words) for other in found[1:]):
        return None
    best = [line for line in lines if line.title in {match.title for match in found if match.score == found[0].score}]
    return best[0] if len(best) == 1 else None


def of_set(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines that are the set the text speaks of: 六件套 by its count, 喝茶那一套 by its name."""
    said = packs.said_set(text)
    if said:
        return [line for line in lines if said.is_of(line.title)]
    return [line for line in _best(text, lines) if _SET in line.title] if _SET in text else []


@dataclass
class _Said:
    """Lines by what is said of them. ``counted``: that so many came; ``bought``: just that; ``named``: nothing yet."""

    missing: list[OrderLine] = field(default_factory=list)
    there: list[OrderLine] = field(default_factory=list)
    counted: list[OrderLine] = field(default_factory=list)
    named: list[OrderLine] = field(default_factory=list)
    bought: list[OrderLine] = field(default_factory=list)
    lacks_something_else: bool = False


def _read(text: str, lines: Sequence[OrderLine]) -> _Said:
    words, said = _words(), _Said()
    wants_object = False  # 少了, and what is missing comes in the next clause
    for clause in filter(None, words.clause_end.split(_SPELT.sub("", normalize(text)))):
        if nothing_else := _NOTHING_ELSE.search(clause):
            said.there += _named(clause[: nothing_else.start(nothing_else.lastgroup or 0)], lines)
            continue
        if _OTHERS_ARE_NOT.match(clause) and said.named:
            said.there, said.named = [*said.there, *said.named], []  # 马克杯只有杯子 别的都没
            continue
        if words.denied.match(clause):
            said.there += _named(clause, lines)
            continue
        lacks = None if words.there.search(clause) else words.missing.search(clause)
        if lacks:
            wants_object = _take_missing(said, clause, lacks, lines)
            continue
        found = _named(words.context.sub("", clause), lines) or _named(clause, lines)
        if wants_object and (thing := found or _weakly_named(clause, lines, said.named)):
            said.missing, said.named = thing, []  # 瑜伽垫 少了 那个带子
        elif words.there.search(clause) or (words.came.search(clause) and not _NUMBER.search(clause)):
            alone = by_likeness(clause, lines) if len(lines) > 1 else None  # 帽子翻出来了
            said.there += found or ([alone] if alone else [])
        elif words.came.search(clause) or _ONE.search(clause):
            said.counted += found or (said.bought if not said.named else [])
        elif words.bought.search(clause):
            said.bought += found
        else:
            said.named += found
        wants_object = wants_object and not found
    return said


def _take_missing(said: _Said, clause: str, lacks: re.Match[str], lines: Sequence[OrderLine]) -> bool:
    """Read a clause in which something is missing; True when what it is has not been said yet."""
    words = _words()
    before, behind = clause[: lacks.start()], clause[lacks.end() :]
    of = _named(before, lines) or _weakly_named(before, lines, said.there)  # 大米到了 油没到
    things = _named(behind, lines) or _weakly_named(behind, lines, of or said.named or said.bought)
    again = words.missing.search(behind)
    if things and again and of:  # 泳帽没有泳镜也没有
        said.missing += [*of, *things]
    elif things:  # 书架没有螺丝包里的螺丝: what stands before it is where it should be
        said.missing += things
        said.named = []
    elif of:
        part = _named(words.context.sub("", before), lines) or of
        said.missing += _at_its_end(before, lines, part) or part
        said.missing += [line for line in said.named if line not in said.there]
        said.named = []
    elif lacks["prefix"] and not (before or behind):
        return True
    elif said.named or said.bought:
        said.missing += said.named or said.bought
        said.named = []
    elif words.others.search(clause):
        return False
    else:
        said.lacks_something_else = not lacks["prefix"] or bool(behind)
        return bool(lacks["prefix"])
    return False


def _at_its_end(before: str, lines: Sequence[OrderLine], of: list[OrderLine]) -> list[OrderLine]:
    """瑜伽垫带子: the strap of the mat, where it is a line of its own, and is called by no more than its kind."""
    ends = max((before.rfind(word) + len(word) for match in _sure(before, lines) for word in match.words), default=0)
    return _weakly_named(before[ends:], lines, of)


def _weakly_named(text: str, lines: Sequence[OrderLine], beside: Sequence[OrderLine]) -> list[OrderLine]:
    """The one line that is named by one character (带子), beside another that is named in full."""
    others = [line for line in lines if line not in beside]
    found = by_likeness(text, others) if beside and others else None
    return [found] if found else []


def _named(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    parts = _AND.split(text)
    if len(parts) > 1:
        alone = [by_likeness(part, lines) for part in parts]  # 锅和铲
        several = [_best(part, lines) or ([one] if one else []) for part, one in zip(parts, alone, strict=True)]
        if all(several):
            return [line for line in lines if any(line in part for part in several)]
    return _best(text, lines)


def _best(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines that are surely named, but for those of which another one has all the words and more."""
    found = list(_sure(text, lines))
    titles = {m.title for m in found if not any(set(m.words) < set(other.words) for other in found)}
    return [line for line in lines if line.title in titles]


def _sure(text: str, lines: Sequence[OrderLine]) -> Iterator[Match]:
    for match in ranked(text, [line.title for line in lines]):
        if match.score >= _SURE and any(stands(word, text) for word in match.words):
            yield match


def stands(word: str, clean: str, at: int | None = None) -> bool:
    """Does the word name a thing there, or anywhere? One character only where something is said of it: 盒扔了 is about
    no 礼盒, 茶漏 is no 茶."""
    ends = [place.end() for place in re.finditer(re.escape(word), clean)] if at is None else [at + len(word)]
    return len(word) > 1 or not ends or any(_SAID_OF.match(clean, end) for end in ends)


class _Words:
    def __init__(self) -> None:
        words = {name: any_of(entries) for name, entries in read_patterns("items")["said"].items()}
        self.clause_end = re.compile(rf"[,。;!?…\s]+|{words['clause_end']}")
        self.context = re.compile(rf"^.*(?:{words['context']})(?=\w)")  # 马克杯送的台历: it is the 台历
        self.denied = re.compile(words["denied"])
        self.missing = re.compile(rf"(?P<prefix>{words['missing_before']})|{words['missing']}")
        self.there = re.compile(rf"(?<![没未不])(?<!没有)(?<!没能)(?:{words['there']})")
        self.came = re.compile(words["came"])
        self.bought = re.compile(words["bought"])
        self.others = re.compile(words["others"])
        self.all = re.compile(words["all"])
        self.none = re.compile(words["none"])


@cache
def _words() -> _Words:
    return _Words()
