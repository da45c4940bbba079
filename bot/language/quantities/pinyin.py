"""Complaints typed in pinyin, shao fa le 2 jian, spelt in characters as far as the word file knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"[a-z]+|[0-9]+| +|.", re.DOTALL)
_FEWEST_SYLLABLES = 2  # one alone may be English: "he"


@dataclass(frozen=True)
class Spelt:
    """``places[i]`` is where the i-th character of ``text`` stands in what was typed: start and end."""

    text: str
    places: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.places[start][0], self.places[end - 1][1]


class Pinyin:
    """Syllables, each with the character that it stands for in a complaint."""

    def __init__(self, characters: dict[str, str]) -> None:
        self._characters = characters
        self._syllable = re.compile("|".join(sorted(characters, key=len, reverse=True)))
        self._word = re.compile(f"(?:{self._syllable.pattern})+")

    def spell(self, text: str) -> Spelt | None:
        """Normalized ``text`` in characters; None if it is no pinyin. No space is left beside what was spelt."""
        if not text.isascii():
            return None
        characters: list[str] = []
        places: list[tuple[int, int]] = []
        syllables = 0
        after_word = False
        for token in _TOKEN.finditer(text):
            is_word = bool(self._word.fullmatch(token[0]))
            if is_word:
                if characters and characters[-1] == " ":
                    characters.pop(), places.pop()
                for match in self._syllable.finditer(token[0]):
                    characters.append(self._characters[match[0]])
                    places.append((token.start() + match.start(), token.start() + match.end()))
                    syllables += 1
            elif token[0].isspace():
                if not after_word:
                    characters.append(" ")
                    places.append(token.span())
            else:
                characters.extend(token[0])
                places.extend((place, place + 1) for place in range(*token.span()))
            after_word = is_word
        return Spelt("".join(characters), tuple(places)) if syllables >= _FEWEST_SYLLABLES else None
