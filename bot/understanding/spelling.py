"""Words that are typed as they sound: 补法吧 is 补发吧, tui kuan is 退款. Needs no Rasa.

A sound counts only for characters that make no word where they stand: 可疑 is 可疑, and no 可以.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from bot.language.words import Cutter

_LONGEST = 40  # characters; a longer text is no short answer
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[a-z]+(?:[ '][a-z]+)*")
_NEVER = frozenset("不没别莫未无是有就都也还那这我你他了的要会能到来去上下几")  # 不发 is no 补发, 好是 no 好使


class Spelling:
    """Words that may be typed by their sound alone.

    Args:
        words: of two characters and more; by these a text is taken for pinyin.
        small: that may stand between them.
    """

    def __init__(self, words: Iterable[str], small: Iterable[str]) -> None:
        chinese = [word for word in words if len(word) > 1 and _CHINESE.fullmatch(word)]
        self._by_sound: dict[str, str] = {}
        for word in [*chinese, *(word for word in small if _CHINESE.fullmatch(word))]:
            for sound in (
                "".join(_sounds(word)),
                "".join(_sounds(char)[0] for char in word),
            ):  # 没收 by itself is moshou
                self._by_sound.setdefault(sound, word)
        self._words = frozenset(chinese)
        self._longest = max(map(len, chinese), default=0)

    def spell(self, clean: str) -> str:
        """Normalized ``clean`` in the words' own characters, where it sounds like them."""
        if len(clean) > _LONGEST:
            return clean
        typed = _LATIN.sub(lambda match: self._latin(match[0]), clean)
        return _CHINESE.sub(lambda match: self._chinese(match[0]), typed)

    def _latin(self, typed: str) -> str:
        letters = re.sub("[ ']", "", typed)
        # The fewest words that make up the first letters of it, for every number of letters.
        best: list[list[str] | None] = [[], *([None] * len(letters))]
        for end in range(1, len(letters) + 1):
            for start in range(end):
                front, word = best[start], self._by_sound.get(letters[start:end])
                if front is not None and word and len(front) + 1 < len(best[end] or letters + ".."):
                    best[end] = [*front, word]
        words = best[-1] or []
        return "".join(words) if self._words & {*words} else typed

    def _chinese(self, stretch: str) -> str:
        if len(stretch) < 2:
            return stretch
        known = [False] * len(stretch)
        for word, start in _cutter().cut(stretch, guess=False):
            known[start : start + len(word)] = [len(word) > 1] * len(word)
        sounds = _sounds(stretch)
        at, spelt = 0, ""
        while at < len(stretch):
            word = self._sounding(stretch, sounds, known, at)
            spelt += word or stretch[at]
            at += len(word) or 1
        return spelt

    def _sounding(self, stretch: str, sounds: tuple[str, ...], known: list[bool], at: int) -> str:
        for end in range(min(len(stretch), at + self._longest), at + 1, -1):
            word = self._by_sound.get("".join(sounds[at:end]), "")
            if word in self._words and len(word) == end - at and not any(known[at:end]):
                changed = [pair for pair in zip(stretch[at:end], word, strict=True) if pair[0] != pair[1]]
                if len(changed) < len(word) and not _NEVER & {char for pair in changed for char in pair}:
                    return word
        return ""


@lru_cache(maxsize=4096)
def _sounds(word: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin

    sounds = tuple(lazy_pinyin(word))
    return sounds if len(sounds) == len(word) else tuple(word)


@cache
def _cutter() -> Cutter:
    return Cutter(Path(__file__).resolve().parents[2] / "dictionary")
