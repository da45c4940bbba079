"""Complaints typed in pinyin, shao fa le 2 jian or 少了2jian, spelt in the characters that the word file has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from bot.language.numbers import CHINESE_NUMERALS

_FEWEST_SYLLABLES = 2  # one alone may be English: "he"
_FEWEST_WORDS = 2  # beside Chinese
_WORD = re.compile(r"(?<![a-z\u4e00-\u9fff])[a-z]+(?![a-z\u4e00-\u9fff])")
_ENGLISH = frozenset("有我你们的不共单是给")  # you, me, de, bu: too much else is typed like these


@dataclass(frozen=True)
class Spelt:
    """``places[i]`` is where the i-th character of ``text`` stands in what was typed: start and end."""

    text: str
    places: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.places[start][0], self.places[end - 1][1]


class Pinyin:
    """Syllables, each with the character that it stands for in a complaint."""

    def __init__(self, characters: dict[str, str], units: Iterable[str]) -> None:
        self._characters = characters
        self._counted = {*units, *CHINESE_NUMERALS}
        any_syllable = "|".join(sorted(characters, key=len, reverse=True))
        any_unit = "|".join(syllable for syllable, character in characters.items() if character in {*units})
        self._syllable = re.compile(any_syllable)
        self._word = re.compile(rf" {{0,2}}(?<![a-z])(?P<word>(?:{any_syllable})+)(?![a-z]) {{0,2}}")
        deeds = "|".join(syllable for syllable, char in characters.items() if char not in self._counted | _ENGLISH)
        beside = "[\u4e00-\u9fff0-9]"
        self._among_chinese = re.compile(
            rf"(?<=[0-9]) ?(?P<unit>{any_unit})(?![a-z])"  # 少了2jian
            rf"|(?<![a-z0-9])(?P<before>(?:{deeds})+)(?= ?{beside})"  # shao了2个
            rf"|(?<={beside})(?P<behind>(?:{deeds})+)(?![a-z])"
        )

    def spell(self, text: str) -> Spelt | None:
        """Normalized ``text`` in characters, without the spaces beside what was spelt; None if there is no pinyin."""
        pinyin = text.isascii() or self._is_mixed(text)
        characters: list[str] = []
        places: list[tuple[int, int]] = []
        syllables = end = 0
        for match in (self._word if pinyin else self._among_chinese).finditer(text):
            self._keep(text, end, match.start(), characters, places)
            for syllable in self._syllable.finditer(text, *match.span(match.lastgroup or 0)):
                characters.append(self._characters[syllable[0]])
                places.append(syllable.span())
                syllables += 1
            end = match.end()
        if not syllables or (pinyin and syllables < _FEWEST_SYLLABLES):
            return None
        self._keep(text, end, len(text), characters, places)
        if pinyin:  # lou qi le is no seven
            for place, (character, behind) in enumerate(zip_longest(characters, characters[1:])):
                if character in CHINESE_NUMERALS and behind not in self._counted:
                    characters[place] = "_"
        return Spelt("".join(characters), tuple(places))

    def _is_mixed(self, text: str) -> bool:
        """wo mai de T恤 shao fa 1 jian: a name in Chinese, and all else in pinyin."""
        words = _WORD.findall(text)
        return len(words) >= _FEWEST_WORDS and all(self._word.fullmatch(word) for word in words)

    @staticmethod
    def _keep(text: str, start: int, end: int, characters: list[str], places: list[tuple[int, int]]) -> None:
        characters.extend(text[start:end])
        places.extend((place, place + 1) for place in range(start, end))
