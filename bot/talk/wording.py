"""What a buyer reads, as the files say it now: what is reworded is said at once, without training or a restart.

``domain.yml`` holds whole replies, ``words.yml`` the pieces in them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from string import Formatter
from typing import Any

from bot.claims.money import yuan
from bot.claims.yaml_file import FileError, read_mapping
from bot.settings import ROOT

logger = logging.getLogger(__name__)

_PARTS = ("label", "sum", "note")
_Version = tuple[int, int] | None  # None: no such file


class Wording:
    """A mapping in a YAML file, ``part`` of it or the whole; read anew when the file's time or size has changed.

    Half an edit, or one that cannot be said, is logged once, and what stood there before is said until it is mended.
    """

    def __init__(self, path: Path, part: str | None = None) -> None:
        self.path, self._part = path, part
        self._seen: tuple[Path, _Version] | None = None
        self._words: Mapping[str, Any] = {}

    def now(self) -> Mapping[str, Any]:
        """
        Raises:
            FileError: the file cannot be used, and has not been read before.
        """
        found = (self.path, _version(self.path))
        if found != self._seen:
            try:
                self._words = self._read()
            except FileError as error:
                if not self._words:
                    raise
                logger.error("the former words are used: %s", error)
            self._seen = found
        return self._words

    def _read(self) -> Mapping[str, Any]:
        words = read_mapping(self.path)
        if self._part is None:
            return words
        if not isinstance(words.get(self._part), dict):
            raise FileError(f"{self.path}: {self._part} is missing")
        return dict(words[self._part])


class Responses(Wording):
    """Rasa's: for each name a list of variants. One that was there stays there as long as the process runs."""

    def _read(self) -> Mapping[str, Any]:
        responses = super()._read()
        for name in {**self._words, **responses}:
            try:
                for variant in responses[name]:
                    names_in(variant["text"])
                responses[name][0]
            except (LookupError, TypeError, ValueError) as error:
                raise FileError(f"{self.path}: {name} is missing, or no text with {{names}} ({error})") from error
        return responses


class Words(Wording):
    """Pieces of text by their place in the file, each with the {names} that may stand in it.

    A file in which a piece is missing, or has a {name} that nothing fills, is no better than one that is no YAML.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.known: dict[str, frozenset[str]] = {}
        self._in_parts: set[str] = set()

    def piece(self, place: str, names: str = "") -> Piece:
        """``place``: keys joined by dots; ``names``: what is filled in, parted by blanks."""
        self.known[place] = frozenset(names.split())
        return Piece(self, place)

    def family(self, place: str, members: Iterable[str], names: str = "") -> Family:
        """Pieces side by side that take the same names; ``members``: their keys, or an enum of them."""
        pieces = {_key(member): self.piece(f"{place}.{_key(member)}", names) for member in members}
        return Family(pieces)

    def raw(self, place: str, members: Mapping[str, str]) -> Callable[[], dict[str, str]]:
        """Pieces side by side that somebody else will fill; ``members``: the names of each."""
        for member, names in members.items():
            self.piece(f"{place}.{member}", names)
        return lambda: {member: self.text(f"{place}.{member}") for member in members}

    def line(self, place: str, names: str = "") -> LinePiece:
        """A piece that may stand there in parts; ``amount`` among the names is what comes out of its sum."""
        self._in_parts.add(place)
        self.piece(place, names)
        return LinePiece(self, place)

    def text(self, place: str) -> str:
        return _text(_at(self.now(), place))

    def parts(self, place: str) -> Mapping[str, str]:
        """Of a line; a sentence is a note and nothing else."""
        return _line(_at(self.now(), place))

    def _read(self) -> Mapping[str, Any]:
        words = super()._read()
        for place, names in self.known.items():
            try:
                there = _at(words, place)
                texts = _line(there) if place in self._in_parts else {"": _text(there)}
                if "sum" in texts and "amount" not in names:
                    raise ValueError("no amount comes out of a sum here")
                unknown = {name for text in texts.values() for name in names_in(text)} - names
            except (KeyError, TypeError, ValueError) as error:
                raise FileError(f"{self.path}: {place} is missing, or no text with {{names}} ({error})") from error
            if unknown:
                raise FileError(f"{self.path}: {place}: nothing fills {', '.join(sorted(unknown))}")
        return words


@dataclass(frozen=True)
class Sum:
    """An amount of money that fills a piece."""

    fen: int

    def __str__(self) -> str:
        return yuan(self.fen)


Parts = list[dict[str, Any]]
"""A text in pieces, ``{"text"}`` each; one that is a sum of money has ``amount_fen`` as well."""


class Piece:
    """Called with what fills it, as it stands in the file at that moment."""

    def __init__(self, words: Words, place: str) -> None:
        self._words, self._place = words, place

    def __call__(self, **values: Any) -> str:
        return self._words.text(self._place).format(**values)

    def parts(self, **values: Any) -> Parts:
        """The same, its sums apart; a value may be in parts already."""
        found: Parts = []
        for text, name, _, _ in Formatter().parse(self._words.text(self._place)):
            for part in ({"text": text}, *_parts(values[name] if name else "")):
                if found and "amount_fen" not in found[-1] and "amount_fen" not in part:
                    found[-1] = {"text": found[-1]["text"] + part["text"]}
                elif part["text"]:
                    found.append(part)
        return found


def _parts(value: Any) -> Parts:
    if isinstance(value, list):
        return value
    return [{"text": str(value), "amount_fen": value.fen} if isinstance(value, Sum) else {"text": str(value)}]


@dataclass(frozen=True)
class Said:
    """A line of a sum: what it is called, how it is worked out, what comes out, what else is to say."""

    label: str
    sum: str
    amount: Sum | None
    note: str
    text: str


class LinePiece:
    """Called with what fills it."""

    def __init__(self, words: Words, place: str) -> None:
        self._words, self._place = words, place

    def __call__(self, **values: Any) -> Said:
        written = self._words.parts(self._place)
        label, sum_, note = (written.get(part, "").format(**values) for part in _PARTS)
        amount = values["amount"] if sum_ else None
        if not label and not sum_:
            return Said("", "", None, note, note)
        reckoned = "，".join(part for part in (f"{sum_}={amount}" if sum_ else "", note) if part)
        return Said(label, sum_, amount, note, f"{label}：{reckoned}。" if label else f"{reckoned}。")


class Family:
    """``family[key]`` is a text without names, ``family(key, name=…)`` one with them; an enum's member is a key too."""

    def __init__(self, pieces: Mapping[str, Piece]) -> None:
        self._pieces = pieces

    def __call__(self, key: str, /, **values: Any) -> str:
        return self._pieces[_key(key)](**values)

    def __getitem__(self, key: str) -> str:
        return self(key)

    def parts(self, key: str, /, **values: Any) -> Parts:
        return self._pieces[_key(key)].parts(**values)

    def all(self, **values: Any) -> dict[str, str]:
        return {key: piece(**values) for key, piece in self._pieces.items()}


def names_in(text: str) -> set[str]:
    """The {names} in it.

    Raises:
        ValueError: its braces do not match, or one of them has no name.
    """
    names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    if not all(name.isidentifier() for name in names):
        raise ValueError(f"no name between braces in {text!r}")
    return names


def _key(key: str) -> str:
    return str(key.value) if isinstance(key, Enum) else key


def _at(words: Mapping[str, Any], place: str) -> Any:
    found: Any = words
    for key in place.split("."):
        found = found[key]
    return found


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError(f"{found!r}")
    return found


def _line(found: Any) -> dict[str, str]:
    if isinstance(found, str):
        return {"note": found}
    if not isinstance(found, dict) or not found or set(found) - set(_PARTS):
        raise TypeError(f"{found!r}")
    return {part: _text(text) for part, text in found.items()}


def _version(path: Path) -> _Version:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


RESPONSES = Responses(ROOT / "domain.yml", "responses")
"""Rasa's replies by ``domain.yml`` as it is on disk, not as it was when the model was trained."""

WORDS = Words(ROOT / "words.yml")
"""What fills the {names} of those replies; ``bot.talk.phrases`` says what fills its own."""
