"""What a message says is missing, by its name: the noun of 少了锅盖, 礼盒呢, 里面没有说明书. Needs no Rasa.

Whether that is an item or a part of one, only who knows the order can tell. The words are ``data/patterns/parts.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import zip_longest

from bot.language.pattern_files import any_of, read_patterns
from bot.language.text import normalize

_CHINESE = "[\u4e00-\u9fff]"
_BREAK = re.compile(r"[,，。;；!！?？\n~…、]|\s+")
_LONGEST = 8  # characters; whatever is longer is a sentence
_LONGEST_UNKNOWN = 5


@dataclass(frozen=True)
class Lacking:
    """``is_part``: it has the name of a part. ``stands_behind``: the verb, as in 没有灯泡; else before it."""

    name: str
    is_part: bool
    stands_behind: bool
    clause: str


@lru_cache(maxsize=64)  # asked for again for every order that a message may mean
def lacking(text: str) -> tuple[Lacking, ...]:
    """The things that the text says are missing, in the order of the text; none where it only counts."""
    return tuple(dict.fromkeys(_lacking(normalize(text))))


def is_part(name: str) -> bool:
    """Is that the name of something that belongs to an item: 锅盖, 说明书, 礼盒?"""
    return bool(_grammar().part.fullmatch(name))


def is_gift(name: str) -> bool:
    return bool(_grammar().gift.fullmatch(name))


def bare(title: str) -> str:
    """The title without what it is dressed in: 电动牙刷 of 电动牙刷 礼盒."""
    return _grammar().dressing.sub(" ", normalize(title))


class _Grammar:
    def __init__(self) -> None:
        words = {name: any_of(entries) for name, entries in read_patterns("parts").items()}
        self.verb = re.compile(rf"(?P<sure>{words['lack']})|(?:{words['lack_or_not']})")
        self.deed = re.compile(words["deeds"])
        self.denied = re.compile(rf"(?:{words['not']})$")
        self.until = re.compile(words["until"])
        self.all_of = re.compile(words["and"])
        self.where = re.compile(rf"(?:{words['where']})(?:{words['particles']})*$")
        self.between = re.compile(rf"^(?:{words['between']}|{words['counts']})+(?={_CHINESE})")
        self.behind = re.compile(rf"(?:{words['particles']})+$")
        self.before = re.compile(rf"^.*(?:里面|里头|里边|[的嘅]|{words['between']})(?={_CHINESE}{{2}})")
        self.owned = re.compile(rf"^.*[的嘅](?={_CHINESE})")
        self.no_thing = re.compile(words["no_thing"])
        self.no_noun = re.compile(words["no_noun"])
        self.part, self.gift = re.compile(words["parts"]), re.compile(words["gifts"])
        self.dressing = re.compile(words["dressing"])


@cache
def _grammar() -> _Grammar:
    return _Grammar()


def _lacking(clean: str) -> Iterator[Lacking]:
    clauses = [clause for clause in _BREAK.split(clean) if clause]
    for clause, following in zip_longest(clauses, clauses[1:], fillvalue=""):
        verbs = [verb for verb in _grammar().verb.finditer(clause) if not _is_denied(clause, verb)]
        for verb, other in zip_longest(verbs, verbs[1:]):
            behind = clause[verb.end() : other.start() if other else None]
            if verb.span() == (0, len(clause)):
                behind = following  # 少了 那个盖子
            objects = [name for name in _behind(behind) if is_part(name) or (verb["sure"] and _is_unknown_thing(name))]
            for name in objects or _before(clause[: verb.start()]):
                yield Lacking(name, is_part(name), bool(objects), clause)
        asked = _grammar().where.search(clause)
        if asked and not verbs:
            for name in _before(clause[: asked.start()]):
                yield Lacking(name, is_part(name), stands_behind=False, clause=clause)


def _is_unknown_thing(name: str) -> bool:
    """Can it be a noun that no list has? Whoever talks on without a mark says more than nouns: 少一本你们退我钱吧."""
    short = 1 < len(name) <= _LONGEST_UNKNOWN
    return short and not _grammar().deed.fullmatch(name) and not _grammar().no_noun.search(name)


def _is_denied(clause: str, verb: re.Match[str]) -> bool:
    """牙刷没少: 没 says it of the verb behind it, and of nothing else."""
    if _grammar().denied.search(clause[: verb.start()]):
        return True
    return bool(_grammar().denied.search(verb[0]) and _grammar().verb.match(clause, verb.end()))


def _behind(text: str) -> list[str]:
    """The nouns that stand behind the verb."""
    noun = _grammar().between.sub("", text)
    until = _grammar().until.search(noun, 1)
    return _nouns(_grammar().owned.sub("", noun[: until.start()] if until else noun))


def _before(text: str) -> list[str]:
    """The nouns that stand before the verb."""
    return _nouns(_grammar().before.sub("", _grammar().behind.sub("", text)))


def _nouns(text: str) -> list[str]:
    each = (_grammar().between.sub("", name) for name in _grammar().all_of.split(text))
    names = [_grammar().behind.sub("", name) for name in each]
    return [name for name in names if _is_noun(name)]


def _is_noun(text: str) -> bool:
    of_a_length = 0 < len(text) <= _LONGEST and re.fullmatch(f"{_CHINESE}+", text)
    return bool(of_a_length) and not _grammar().no_thing.fullmatch(text)
