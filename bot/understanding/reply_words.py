"""What one piece of a reply says by itself: yes, no, thanks, a remedy. The table is ``data/patterns/replies.yml``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.claims.model import Remedy
from bot.language.numbers import CHINESE_NUMERALS, to_int
from bot.language.pattern_files import any_of, read_patterns
from bot.language.text import normalize
from bot.understanding.spelling import Spelling

_HARMLESS = frozenset({"agree", "thanks", "filler"})  # beside a remedy that is named
_LONGEST = 24  # characters; a longer piece is a story
_BETWEEN = re.compile(r"[\s,.!?;:、。，！？；…~—\-]+")
_DOUBLED = re.compile(r"(.{1,3}?)\1+")
_OTHER_SIGNS = re.compile(r"[^\w\[\]~]+")
_ASKED = re.compile(r"([^行好成中得])[不没唔冇]\1")  # 退不退; 行不行 only asks nicely
_UNLESS = re.compile(r"不(?!要|用|想|需|接受).+就|先(?:别|不|莫|勿)")  # 今天不寄我就不要了; 先别补,我再找找
# 两样都补, 一起补: whatever is short.
_OF_ALL = re.compile(
    "(?:[两俩仨三四几](?:个|样|件|种|单|边|者|双)?)?"
    "(?:(?:全都|全部|都|全)(?:要|给我|帮我|给)?$|一起|一块儿?(?!钱)|一并|统统|通通)"
)
_NUMBER = f"(?:[0-9]{{1,3}}|[{CHINESE_NUMERALS}俩仨]{{1,3}})"


@dataclass(frozen=True)
class Said:
    """What a piece says of remedies. ``rest``: what stands around them, and the table does not know."""

    wanted: tuple[Remedy, ...] = ()
    refused: frozenset[Remedy] = frozenset()
    counts: tuple[int, ...] = ()
    of_all: bool = False
    rest: str = ""


def plain(text: str) -> str:
    """``text``, as typed, in the words of the table: dialect, and what is typed as it sounds."""
    clean = normalize(text)
    for said, meant in words()["dialect"].items():
        clean = clean.replace(said, meant)
    return _spelling().spell(clean)


def pieces(clean: str) -> Iterable[str]:
    """Words between marks and blanks; each little picture that the table knows by itself, others left out."""
    signs = _signs()
    parts = re.split(f"({'|'.join(map(re.escape, sorted(signs, key=len, reverse=True)))})", clean)
    for part in parts:
        if part in signs:
            yield part
        else:
            yield from (word for word in _BETWEEN.split(_OTHER_SIGNS.sub(" ", part)) if word)


def kind(piece: str) -> str | None:
    """``agree``, ``decline``, ``thanks``, ``nearly``, ``unclear`` or ``filler``; None: the table knows it not."""
    if piece in _signs():
        return _signs()[piece]
    if alone := _kind_of_one(piece):
        return alone
    for cut in range(1, min(len(piece), _LONGEST)):  # 好的呢没问题, 行谢谢: two that stand together without a mark
        front = _kind_of_one(piece[:cut])
        following = front and kind(piece[cut:])
        if front and following:
            kinds = {front, following} - {"filler", "thanks"} or {"thanks"}
            return kinds.pop() if len(kinds) == 1 else None
    return None


def remedies(piece: str) -> Said:
    """Which remedies the piece wants and which it refuses, in the order in which they stand, and what is left."""
    piece = _without_filler(piece)
    asks = _ASKED.search(piece) or _where_is_it().search(piece) or any(word in piece for word in words()["asking"])
    if asks or _UNLESS.search(piece):
        return Said(rest=piece)
    wanted: list[Remedy] = []
    refused: set[Remedy] = set()
    around, before = [""], 0
    for match in _remedy_words().finditer(piece):
        remedy, lead = _remedy_of().get(match[0]), piece[before : match.start()]
        behind = piece[match.end() :]
        if remedy is None:
            lead += match[0]
        elif _refusing().search(lead) or _refused_behind().match(behind):
            refused.add(remedy)
            lead = _refusing().sub("", lead)
        elif match[0] in words()["only_refused"] and not _is_asked_for(lead, behind):
            lead += match[0]
        else:
            wanted.append(remedy)
        around[-1] += lead
        around, before = [*around, ""] if remedy else around, match.end()
    around[-1] += piece[before:]
    if not wanted and not refused:
        return Said(rest=piece)
    of_all = any(_OF_ALL.search(each) for each in around)
    around = [_OF_ALL.sub("", each) for each in around]
    counts = [number for each in around for said in _counted().findall(each) if (number := to_int(said)) is not None]
    around = [_without_particles(_counted().sub("", each)) for each in around]
    rest = "".join(_beside().sub("", each) for each in around if kind(each) not in _HARMLESS)
    return Said(tuple(wanted), frozenset(refused), tuple(counts), of_all, rest)


def _without_filler(piece: str) -> str:
    """Without what says nothing, in the middle or at the end: 补吧还能咋的, 补吧孩子等着穿呢."""
    for word in words()["no_refusal"]:
        piece = piece.replace(word, "")
    ends = (end for end in range(max(len(piece) - _LONGEST, 1), len(piece)) if kind(piece[end:]) == "filler")
    return piece[: next(ends, len(piece))]


def _without_particles(tail: str) -> str:
    """Of 吧谢谢啊 behind a remedy the thanks."""
    return re.sub(f"^(?:{any_of(map(re.escape, words()['after']))})+", "", tail)


def _is_asked_for(lead: str, behind: str) -> bool:
    """赶紧寄, 给我寄一双: 寄 alone may tell of anything."""
    return bool(_urging().search(lead) or (_counted().match(behind) and not _beside().sub("", lead)))


def _kind_of_one(piece: str) -> str | None:
    known, core = _known(), piece
    while core not in known:
        doubled = _DOUBLED.fullmatch(core)
        shorter = doubled[1] if doubled else _peeled(core)
        if shorter == core:
            return _kind_like(piece)
        core = shorter
    return known[core]


def _kind_like(piece: str) -> str | None:
    if _agree_like().fullmatch(piece):
        return "agree"
    names_remedy = any(word in piece for word in _remedy_of() if len(word) > 1)
    return "filler" if _filler_like().fullmatch(piece) and not names_remedy else None


def _peeled(core: str) -> str:
    for word in words()["after"]:
        if core.endswith(word) and len(core) > len(word):
            return core[: -len(word)]
    for word in words()["before"]:
        if core.startswith(word) and len(core) > len(word):
            return core[len(word) :]
    return core


@cache
def words() -> dict[str, Any]:
    return read_patterns("replies")


@cache
def _spelling() -> Spelling:
    kinds = ("agree", "decline", "thanks", "nearly", "filler", "refusing", "typed")
    typed = [str(word) for name in kinds for word in words()[name]]
    small = [str(word) for name in ("before", "after", "beside") for word in words()[name]]
    alone = [word for word in ("退", *small) if len(word) == 1]
    whole = [f"{word}{end}" for word in _remedy_of() for end in ("", "吧") if len(word + end) > 1]
    return Spelling([*whole, *typed, *(word for word in small if len(word) > 1)], alone)


@cache
def _counted() -> re.Pattern[str]:
    """A number with what it counts; without, right behind the remedy: 补两."""
    return re.compile(rf"(?<![{CHINESE_NUMERALS}0-9第])({_NUMBER})(?:[{words()['measures']}]|$)")


@cache
def _where_is_it() -> re.Pattern[str]:
    """我的补发呢"""
    return re.compile(f"(?:{any_of(_remedy_of())}|货|钱|款)[了的啦]?呢")


@cache
def _refusing() -> re.Pattern[str]:
    """Right before a remedy; 不想要了你退我 refuses something else."""
    return re.compile(f"(?:{any_of(words()['refusing'])})[^了]{{0,4}}$")


@cache
def _refused_behind() -> re.Pattern[str]:
    return re.compile(f"{words()['refused_behind']}|{words()['sworn_at']}")


@cache
def _urging() -> re.Pattern[str]:
    return re.compile(f"(?:{words()['urging']})$")


@cache
def _beside() -> re.Pattern[str]:
    polite = (str(word) for name in ("filler", "agree", "thanks") for word in words()[name])
    return re.compile(any_of([*words()["beside"], *(re.escape(word) for word in polite if len(word) > 1)]))


@cache
def _agree_like() -> re.Pattern[str]:
    return re.compile("|".join(words()["agree_like"]))


@cache
def _filler_like() -> re.Pattern[str]:
    return re.compile("|".join(words()["filler_like"]))


@cache
def _remedy_of() -> dict[str, Remedy]:
    return {word: Remedy(name) for name, called in words()["remedies"].items() for word in called}


@cache
def _remedy_words() -> re.Pattern[str]:
    return re.compile(any_of([*_remedy_of(), *words()["no_remedy"]]))


@cache
def _known() -> dict[str, str]:
    kinds = ("filler", "thanks", "nearly", "nothing", "unclear", "decline", "agree")
    return {str(word): name for name in kinds for word in words()[name]}


@cache
def _signs() -> dict[str, str]:
    return {sign: name for name in ("thanks", "decline", "agree") for sign in words()[f"{name}_signs"]}
