"""The words of the quantity grammar, read from ``data/patterns/quantities.yml``, which explains them."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from bot.language.numbers import CHINESE_NUMERALS
from bot.language.quantities.amounts import AmountGrammar, alternatives
from bot.language.quantities.pinyin import Pinyin

DEFAULT_WORDS = Path(__file__).resolve().parents[3] / "data" / "patterns" / "quantities.yml"

# How a cue bears on the amount beside it.
_KINDS = (
    *("due", "ordered", "supposed", "received", "inside", "turns", "as", "missing", "absent", "have", "gifts"),
    *("other", "spoilt", "intact", "denied", "supposing", "hearsay", "corrections", "fillers"),
)
_LISTS = (
    *_KINDS,
    *("gone", "none", "sent", "totals", "units", "general_units", "crates", "containers", "not_goods"),
    *("features", "gift_words", "about_before", "about_after", "partitive", "singled_out", "rest"),
    *("others", "asked_after", "each", "ignore", "bundles", "before_buying", "how_much", "leaks", "leaky"),
    *(
        "around_bare",
        "counts_to",
        "not_after_taels",
        "not_goods_before",
        "weak",
        "recounts",
        "never_halved",
        "nothing_came",
    ),
)


def _is_words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)


def _is_parts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)


def _is_compound(value: object, parts: dict[str, Any]) -> bool:
    return isinstance(value, list) and all(_is_words(make) and set(make) <= parts.keys() for make in value)


def _is_word(value: object) -> bool:
    return isinstance(value, str)


def _is_character(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_weight(value: object) -> bool:
    return isinstance(value, int) and value > 0


_MAPPINGS: dict[str, tuple[Callable[[object], bool], str]] = {
    "unless": (_is_word, "a regular expression for each measure word"),
    "pairs": (_is_words, "a list of measure words for each pair"),
    "weights": (_is_weight, "the grams of each"),
    "parts": (_is_parts, "a list of words for each part"),
    "compounds": (_is_list, "lists of the names of parts"),
    "phrases": (_is_word, "a regular expression for each phrase"),
    "misspelt": (_is_character, "one measure word for each"),
    "pinyin": (_is_character, "one character for each syllable"),
}
PHRASES = {
    "price_of",
    "all_arrived",
    "none_of_them",
    "came",
    "fine",
    "arrived",
    "and",
    "done",
    "together",
    "per_each",
    "of_these",
    "added_up",
    "one_of_them",
    "one_pack",
    "in_one",
    "restated",
    "parcels",
    "price",
    "things",
    "the_missing",
    "counted_over",
    "or",
    "not_even",
    "variant",
    "asks",
    "empty",
}


class WordsError(ValueError):
    """A word list that cannot be used; the message names the file and the key."""


class Lexicon:
    """Words by what they do in a sentence, and the regular expressions made of them."""

    def __init__(self, words: dict[str, Any], source: str = "words") -> None:
        """
        Args:
            words: the content of a word file.
            source: what error messages call it.

        Raises:
            WordsError: a key is missing or not what it should be.
        """
        for key in _LISTS:
            if not _is_words(words.get(key)):
                raise WordsError(f"{source}: {key}: must be a list of words")
        for key, (fits, what) in _MAPPINGS.items():
            mapping = words.get(key)
            if not isinstance(mapping, dict) or not all(map(fits, mapping.values())):
                raise WordsError(f"{source}: {key}: must give {what}")
        parts, compounds, phrases = words["parts"], words["compounds"], words["phrases"]
        if not all(_is_compound(makes, parts) for makes in compounds.values()):
            raise WordsError(f"{source}: compounds: must give lists of the names of parts")
        if set(phrases) != PHRASES:
            raise WordsError(f"{source}: phrases: must be {', '.join(sorted(PHRASES))}")
        try:
            self.ignore, self.nothing_came = (
                re.compile("|".join(f"(?:{pattern})" for pattern in words[key])) for key in ("ignore", "nothing_came")
            )
            self.phrases = {
                name: re.compile(pattern.replace("{number}", f"0-9{CHINESE_NUMERALS}"))
                for name, pattern in phrases.items()
            }
            self.amounts = AmountGrammar(words)
        except re.error as error:
            raise WordsError(
                f"{source}: ignore, not_goods, nothing_came, phrases: no regular expression: {error}"
            ) from error
        self.pinyin = Pinyin(words["pinyin"], words["units"])
        self.kinds = {
            "".join(chosen): kind
            for kind, makes in compounds.items()
            for make in makes
            for chosen in product(*(parts[name] for name in make))
        }
        self.kinds.update((word, kind) for kind in _KINDS for word in words[kind])
        self.gone, self.none = frozenset(words["gone"]), frozenset(words["none"])
        self.about_before = frozenset(words["about_before"])
        self.counts_to = frozenset(words["counts_to"])
        self.recounts = frozenset(words["recounts"])
        self.weak = frozenset(words["weak"])
        self.sent, self.totals = frozenset(words["sent"]), frozenset(words["totals"])
        for word in self.gone | self.none:
            self.kinds.setdefault(word, "absent")
        self.longest = max(map(len, self.kinds))
        self.general, self.crates = frozenset(words["general_units"]), frozenset(words["crates"])
        self.containers, self.bundles = frozenset(words["containers"]), frozenset(words["bundles"])
        self.features, self.others = tuple(words["features"]), tuple(words["others"])
        self.how_much = tuple(words["how_much"])
        self.leaky = frozenset(words["leaky"])
        self.before_buying, self.leaks = tuple(words["before_buying"]), tuple(words["leaks"])
        self.partitive = tuple(words["partitive"])
        self.gifts = tuple(words["gifts"])
        self.gift_words, self.singled_out = tuple(words["gift_words"]), tuple(words["singled_out"])
        self.rest = re.compile(rf"(?<![只就才仅])(?:{alternatives(words['rest'])})$")
        self.around_bare = re.compile(rf"(?:{alternatives(words['around_bare'])}|[.。!?~,、…\s])*")
        around = self.around_bare.pattern
        self.open_answer = re.compile(
            rf"{around}(?P<number>[0-9{CHINESE_NUMERALS}]+(?:\s?[-~、到至或]者?\s?[0-9{CHINESE_NUMERALS}]+)?)"
            rf"\s?(?:{self.amounts.units})?{around}"
        )
        self.asked_after = re.compile(rf"[^。!?;…~,、:]{{0,6}}?(?:{alternatives(words['asked_after'])})")
        self.each = re.compile(
            rf"(?:每一?(?:{self.amounts.units})(?:[箱盒袋]子)?(?:里面?)?都?|{alternatives(words['each'])})$"
        )

    def word_at(self, text: str, start: int) -> str | None:
        """The longest word that begins there."""
        for end in range(min(len(text), start + self.longest), start, -1):
            if text[start:end] in self.kinds:
                return text[start:end]
        return None


def load_words(path: Path) -> dict[str, Any]:
    """
    Raises:
        WordsError: no such file, or no YAML mapping in it.
    """
    try:
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WordsError(f"{path}: cannot be read: {error}") from error
    if not isinstance(words, dict):
        raise WordsError(f"{path}: must be a mapping")
    return words
