"""Which titles a buyer's words may mean, by spelling, sound, shape, and by other words for the same. Needs no Rasa.

猫良 sounds like 猫粮, 台钉 looks like 台灯, maoliang is how it is typed, 短袖 is another word for a T恤, 零食 a wider
one for 坚果. The words are data, ``data/patterns/items.yml``. A sound or a shape counts only for characters that make
no word where they stand: 麻烦 is 麻烦.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path

from bot.language.numbers import CHINESE_NUMERALS
from bot.language.pattern_files import read_patterns
from bot.language.text import normalize
from bot.language.words import Cutter

_SAME, _ANOTHER_WORD, _SAME_SOUND, _LIKE_SOUND, _LIKE_SHAPE, _SLIP = 1.0, 0.9, 0.9, 0.75, 0.7, 0.4
_FEATURE = 0.5  # of a word that only tells one of several apart
_SHORTEST_PINYIN = 6  # letters, of a word that is not set apart: womaidemaoliang

_NOT_WORD = re.compile(r"[\W_]+")
_LATIN = re.compile(r"[a-z]+(?: [a-z]+)*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_COUNTING = re.compile(rf"[0-9{CHINESE_NUMERALS}几半整每这那哪][大小]?$")
_NUMERAL = re.compile(rf"[0-9{CHINESE_NUMERALS}]")
_AMOUNT = re.compile(rf"[0-9.{CHINESE_NUMERALS}a-z*/×]+[\u4e00-\u9fff]?[套装]?")
# Sounds that many do not tell apart, in speaking or in typing.
_ALIKE = (
    (re.compile("^([zcs])h"), r"\1"),
    (re.compile("^n"), "l"),
    (re.compile("([aei])ng$"), r"\1n"),
    (re.compile("^hu(?=.)"), "f"),
)


class _Kind(Enum):
    """Parts of a title; the value is their order."""

    WORD = 0
    PAIR = 1
    HEAD = 2
    WIDER = 3


@dataclass(frozen=True)
class Match:
    """``score`` is above 0 and below 1, and grows with every word; ``words`` are those of the text, as they count."""

    title: str
    score: float
    words: tuple[str, ...]


def ranked(text: str, titles: Sequence[str]) -> list[Match]:
    """The titles that ``text`` may mean, the likeliest first; none where it names no thing.

    Nothing is decided: two that score alike are both there.
    """
    said = _said(text)
    found = (_match(said, title) for title in dict.fromkeys(titles))
    return sorted((match for match in found if match), key=lambda match: -match.score)


def is_goods(name: str) -> bool:
    """Is that what things that are sold are called, whatever their titles?"""
    return name in _same()


_EXACT = {_Kind.PAIR: 0.9, _Kind.HEAD: 0.6, _Kind.WIDER: 0.8}  # 羽绒 for 羽绒服, 油 for 亚麻籽油, 零食 for 坚果


class _Said:
    """A message, made ready to be searched."""

    def __init__(self, clean: str) -> None:
        self.clean = clean
        cut = [_without_measure(clean, word, start) for word, start in _cutter().cut(clean, guess=False)]
        self.words = [word for word, _ in cut]
        # What stands before each word that may be a name: 1本 counts, and is no 笔记本.
        self.named = {
            word: clean[start - 1 : start]
            for word, start in cut
            if not _COUNTING.search(clean[:start]) and not _is_deed(word, clean[start + 1 :])
        }
        self.alone = {start for word, start in cut if len(word) == 1 and word not in read_patterns("items")["plain"]}
        self.chars = {clean[start] for start in self.alone}
        self.sounds = {_blurred(sound) for start in self.alone for sound in _sounds(clean[start])}
        runs = _LATIN.findall(clean)
        self.typed = {word for run in runs for word in _spelled(run.split())}
        self.run_together = " ".join("".join(run.split()) for run in runs)
        self.stretches = [(run.start(), run[0]) for run in _CHINESE.finditer(clean)]

    def like(self, word: str) -> tuple[float, str]:
        """How much the message has that word, and which of its own words it is."""
        if word in self.clean:
            return _SAME, word
        for other in _same().get(word, ()):
            if other in (self.named if len(other) == 1 else self.clean):
                return _ANOTHER_WORD, other
        if len(word) < 2 or not _CHINESE.search(word):
            return 0, ""
        spelled = _typed(word)
        if spelled in self.typed or (len(spelled) >= _SHORTEST_PINYIN and spelled in self.run_together):
            return _ANOTHER_WORD, spelled
        others = [other for other in _same().get(word, ()) if len(other) > 1 and _CHINESE.search(other)]
        if typed := next((typed for typed in map(_typed, others) if typed in self.typed), None):
            return _ANOTHER_WORD, typed
        return max(
            (found for name in (word, *others) if _CHINESE.fullmatch(name) for found in self._nearly(name)),
            default=(0, ""),
        )

    def has(self, part: str, kind: _Kind, title: str) -> bool:
        """Is a part of the title in the message, and no part of another word there?"""
        if kind is _Kind.HEAD:  # 帽 or 帽子, of a 泳帽; but 狗粮 is no 猫粮
            longer = self.named.get(part, "") + part
            own = part in self.named and (longer in title or longer == part or longer not in _same())
            return own or f"{part}子" in self.words
        if kind is _Kind.PAIR and any(part in word != part for word in self.words):
            return False  # 马克笔, of a 马克杯
        return part in (self.named if len(part) == 1 else self.clean)

    def _nearly(self, word: str) -> Iterator[tuple[float, str]]:
        """Stretches as long as the word that sound like it; of three characters one may be wrong, but not the last."""
        sounds = _reading(word)
        strange = sum(
            char not in self.clean and _blurred(sound) not in self.sounds and not _look_alike(char) & self.chars
            for char, sound in zip(word, sounds, strict=True)
        )
        if strange > (len(word) > 2):
            return
        for start, run in self.stretches:
            for at in range(len(run) - len(word) + 1):
                window = run[at : at + len(word)]
                alike = [
                    _SAME if one == other else _likeness(one, other, sound) if start + at + offset in self.alone else -1
                    for offset, (one, other, sound) in enumerate(zip(window, word, sounds, strict=True))
                ]
                if len(word) > 2 and alike.count(_SAME) == len(word) - 1 and alike[-1]:
                    alike = [likeness or _SLIP for likeness in alike]
                # With no character in common, every sound must be the very same.
                if min(alike) > 0 and (_SAME in alike or min(alike) >= _SAME_SOUND):
                    yield sum(alike) / len(alike), window


def _spelled(syllables: Sequence[str]) -> Iterator[str]:
    """Words of up to three syllables, however they are set apart: wa zi, wazi."""
    for at in range(len(syllables)):
        for end in range(at + 1, min(at + 3, len(syllables)) + 1):
            yield "".join(syllables[at:end])


def _without_measure(clean: str, word: str, start: int) -> tuple[str, int]:
    """六本书 counts 书, though 本书 is a word."""
    counts = len(word) > 1 and word[0] in read_patterns("packs")["units"].split() and _NUMERAL.match(clean, start - 1)
    return (word[1:], start + 1) if counts and start and word[1:] in _same() else (word, start)


def _is_deed(word: str, behind: str) -> bool:
    """带盖的: it does something to what follows."""
    words = read_patterns("items")
    return word in words["verbs"] and bool(_CHINESE.match(behind)) and behind[0] not in words["plain"]


@lru_cache(maxsize=64)  # the clauses of a message are held against one order after another
def _said(text: str) -> _Said:
    return _Said(normalize(text))


def _match(said: _Said, title: str) -> Match | None:
    features = read_patterns("items")["features"]
    weight = 0.0
    words: list[str] = []
    for word, kind in _parts(title):
        likeness, own = said.like(word) if kind is _Kind.WORD else (_EXACT[kind] * said.has(word, kind, title), word)
        if likeness and not any(own in other for other in words):
            weight += likeness * len(word) * (_FEATURE if word in features else 1)
            words.append(own)
    return Match(title, weight / (weight + 1), tuple(words)) if words else None


@lru_cache(maxsize=4096)
def _parts(title: str) -> tuple[tuple[str, _Kind], ...]:
    """What a title may be called by: its words, the longest first, pairs of characters in them, and their last ones."""
    words = read_patterns("items")
    empty, no_head = words["empty"], {*words["empty"], *words["features"]}
    parts: dict[str, _Kind] = {}
    for stretch in _NOT_WORD.split(normalize(title)):
        cut = [word for word, _ in _cutter().cut(stretch, guess=False)]
        cut = [word for word in cut if not _AMOUNT.fullmatch(word) and word not in empty]
        for word in [*cut, *(name for name in _same() if name in stretch or _ends_in(stretch, name))]:
            parts.update({word: _Kind.WORD} if len(word) > 1 else {})
        for word in cut:
            for at in range(len(word) - 1 if _CHINESE.fullmatch(word) else 0):
                if not _AMOUNT.fullmatch(word[at : at + 2]):
                    parts.setdefault(word[at : at + 2], _Kind.PAIR)
        if cut and cut[-1] not in no_head and _CHINESE.fullmatch(stretch[-1]) and stretch[-1] not in no_head:
            parts[stretch[-1]] = _Kind.HEAD
    for name in [part for part, kind in parts.items() if kind is _Kind.WORD]:
        for word in _wider().get(name, ()):
            parts.setdefault(word, _Kind.WIDER)
    return tuple(sorted(parts.items(), key=lambda part: (part[1].value, -len(part[0]))))


@lru_cache(maxsize=4096)
def _reading(word: str) -> tuple[str, ...]:
    """How each character sounds in that word: 长 of 长裤 is chang."""
    from pypinyin import lazy_pinyin

    sounds = tuple(lazy_pinyin(word))
    return sounds if len(sounds) == len(word) else tuple(word)  # a character that it cannot read sounds like nothing


def _typed(word: str) -> str:
    """As it is typed in pinyin: txu for T恤."""
    return "".join(_reading(word))


@lru_cache(maxsize=8192)
def _sounds(char: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin

    return tuple(pinyin(char, style=Style.NORMAL, heteronym=True)[0])


def _likeness(char: str, wanted: str, sound: str) -> float:
    """How alike a character is to the one that is wanted, by ear or by eye."""
    return _sounding(char, sound) or (_LIKE_SHAPE if char in _look_alike(wanted) else 0)


@lru_cache(maxsize=4096)
def _look_alike(char: str) -> frozenset[str]:
    groups = read_patterns("items")["look_alike"].split()
    return frozenset(other for group in groups if char in group for other in group if other != char)


@lru_cache(maxsize=65536)
def _sounding(char: str, sound: str) -> float:
    if sound in _sounds(char):
        return _SAME_SOUND
    return _LIKE_SOUND if _blurred(sound) in map(_blurred, _sounds(char)) else 0


@cache
def _blurred(sound: str) -> str:
    for pattern, to in _ALIKE:
        sound = pattern.sub(to, sound)
    return sound


@cache
def _same() -> dict[str, tuple[str, ...]]:
    """Each name of a thing with its other names."""
    same: dict[str, tuple[str, ...]] = {}
    for group in read_patterns("items")["same"]:
        for name in group:
            same[name] = (*same.get(name, ()), *(other for other in group if other != name))
    return same


def _ends_in(stretch: str, name: str) -> bool:
    """A 中筒袜 is called 袜子."""
    return len(name) == len("袜子") and name[1] == "子" and stretch.endswith(name[0])


@cache
def _wider() -> dict[str, tuple[str, ...]]:
    """Each name of a thing with the words for what kind of thing it is."""
    wider: dict[str, tuple[str, ...]] = {}
    for word, names in read_patterns("items")["wider"].items():
        for name in names:
            wider[name] = (*wider.get(name, ()), word)
    return wider


@cache
def _cutter() -> Cutter:
    return Cutter(Path(__file__).resolve().parents[2] / "dictionary")
