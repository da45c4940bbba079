"""The words of the quantity grammar, read from ``data/patterns/quantities.yml``, which explains them."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from bot.language.numbers import CHINESE_NUMERALS, FORMAL_DIGITS

DEFAULT_WORDS = Path(__file__).resolve().parents[3] / "data" / "patterns" / "quantities.yml"

# How a cue bears on the amount beside it.
_KINDS = (
    *("due", "ordered", "supposed", "received", "inside", "turns", "missing", "absent", "have", "gifts"),
    *("other", "spoilt", "intact", "denied", "supposing", "hearsay", "corrections", "fillers"),
)
_LISTS = (
    *_KINDS,
    *("gone", "units", "weights", "general_units", "crates", "containers", "not_goods", "features", "gift_words"),
    *("about_before", "about_after", "partitive", "singled_out", "rest", "others", "asked_after", "each", "ignore"),
    *("bundles", "before_buying", "leaks"),
)
# 3, 1,200, 十二, 2百; not inside 3-5, 1.5 or A4, but in 袜子x3.
_NUMBER_EDGE = r"(?:(?<![0-9a-z.=])(?<![0-9][-~])|(?<=[^a-z]x)(?<![0-9]x)|(?<=^x))"
NUMBER = (
    rf"{_NUMBER_EDGE}(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9,])|[0-9]{{1,7}}(?![0-9])[百千万]?)(?!\.[0-9])"
    rf"|几?[{CHINESE_NUMERALS}]+|[{FORMAL_DIGITS}]+|俩|仨|半(?=打)"
)


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
        pairs, parts, compounds = words.get("pairs"), words.get("parts"), words.get("compounds")
        if not isinstance(pairs, dict) or not all(map(_is_words, pairs.values())):
            raise WordsError(f"{source}: pairs: must give a list of measure words for each pair")
        if not isinstance(parts, dict) or not all(map(_is_parts, parts.values())):
            raise WordsError(f"{source}: parts: must give a list of words for each part")
        if not isinstance(compounds, dict) or not all(_is_compound(c, parts) for c in compounds.values()):
            raise WordsError(f"{source}: compounds: must give lists of the names of parts")
        try:
            self.ignore, self.not_goods = (
                re.compile("|".join(f"(?:{pattern})" for pattern in words[key])) for key in ("ignore", "not_goods")
            )
        except re.error as error:
            raise WordsError(f"{source}: ignore, not_goods: no regular expression: {error}") from error
        self.kinds = {
            "".join(chosen): kind
            for kind, makes in compounds.items()
            for make in makes
            for chosen in product(*(parts[name] for name in make))
        }
        self.kinds.update((word, kind) for kind in _KINDS for word in words[kind])
        self.gone = frozenset(words["gone"])
        for word in self.gone:
            self.kinds.setdefault(word, "absent")
        self.longest = max(map(len, self.kinds))
        self.pairs = {pair: frozenset(singles) for pair, singles in pairs.items()}
        self.general, self.weights = frozenset(words["general_units"]), frozenset(words["weights"])
        self.crates = frozenset(words["crates"])
        self.containers, self.bundles = frozenset(words["containers"]), frozenset(words["bundles"])
        self.features, self.others = tuple(words["features"]), tuple(words["others"])
        self.before_buying, self.leaks = tuple(words["before_buying"]), tuple(words["leaks"])
        self.partitive = tuple(words["partitive"])
        self.gift_words, self.singled_out = tuple(words["gift_words"]), tuple(words["singled_out"])
        self.about_before, self.about_after = tuple(words["about_before"]), tuple(words["about_after"])
        self._compile(words)

    def word_at(self, text: str, start: int) -> str | None:
        """The longest word that begins there."""
        for end in range(min(len(text), start + self.longest), start, -1):
            if text[start:end] in self.kinds:
                return text[start:end]
        return None

    def _compile(self, words: dict[str, Any]) -> None:
        # 袜子x3只到2双: 只 means "only"
        units = _alternatives(words["units"]).replace("只", "只(?!到(?!手)|[来收发给剩])")
        weights = _alternatives(words["weights"])
        units += rf"|(?:{weights})(?![0-9{CHINESE_NUMERALS}])"  # 2斤3两 is no whole number
        self.amount = re.compile(
            rf"(?P<number>{NUMBER}|几(?=[大小整]?(?:{units})))(?P<vague>多|几|来(?=[大小整]?(?:{units})))?"
            rf"(?:\s{{0,2}}[大小整]?(?P<unit>(?<![俩仨])(?:{units})|(?:{units})(?!子)))?(?P<rest>(?<=[斤打])半|多(?![了发给送寄]))?"
        )
        self.share = re.compile(rf"一半|(?P<of>[0-9{CHINESE_NUMERALS}]{{1,3}})分之(?P<parts>[0-9{CHINESE_NUMERALS}])")
        self.rest = re.compile(rf"(?<![只就才仅])(?:{_alternatives(words['rest'])})$")
        self.asked_after = re.compile(rf"[^。!?;…~,、:]{{0,6}}?(?:{_alternatives(words['asked_after'])})")
        self.each = re.compile(rf"(?:每一?(?:{units})(?:里面?)?都?|{_alternatives(words['each'])})$")
        self.bare = re.compile(
            rf"(?:嗯+|是的?|对|哦|那?就|只|一共|总共|大概|应该|应该是|共|,)*\s*(?P<number>{NUMBER})\s*(?P<unit>{units})?"
            r"\s*[吧啊呢的了哦呀啦哈嘛.。!~,]*"
        )


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


def _is_words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)


def _is_parts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)


def _is_compound(value: object, parts: dict[str, Any]) -> bool:
    return isinstance(value, list) and all(_is_words(make) and set(make) <= parts.keys() for make in value)


def _alternatives(words: list[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
