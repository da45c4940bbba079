"""The answer to a proposal, read piece by piece: yes, no, thanks, another remedy; and to a question. Needs no Rasa.

Short answers are the same few words in a hundred dresses, and what they agree to counts: so they are a table
(``data/patterns/replies.yml``), and only what the table does not know is left to the classifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.claims.model import Remedy
from bot.language.clauses import clauses
from bot.language.text import normalize

DEFAULT_WORDS = Path(__file__).resolve().parents[2] / "data" / "patterns" / "replies.yml"

_BETWEEN = re.compile(r"[\s,.!?;:、。，！？；…~—\-]+")
_UNMARKED_END = re.compile(r"[^\s,.!;。，！；]*$")
_DOUBLED = re.compile(r"(.{1,3}?)\1+")
_OTHER_SIGNS = re.compile(r"[^\w\[\]~]+")
_ASKED = re.compile(r"([^行好成中得])[不没唔冇]\1")  # 退不退; 行不行 only asks nicely
_UNLESS = re.compile(r"不.+就|先(?:别|不|莫|勿)")  # 今天不寄我就不要了; 先别补,我再找找


class Answer(str, Enum):
    """What a message says to a proposal."""

    YES = "yes"
    NO = "no"
    THANKS = "thanks"  # and nothing else
    NOTHING = "nothing"  # 找了,没有: it was looked for
    NEARLY = "nearly"  # 收到, 嗯?, 哈哈好的: like thanks, it is asked back
    UNCLEAR = "unclear"  # 算了吧, 呵呵: neither is to be taken for an answer


@dataclass(frozen=True)
class Reply:
    """``wanted``, ``refused``: remedies that are named. ``rest``: pieces that are none of the table's."""

    answer: Answer | None = None
    wanted: Remedy | None = None
    refused: frozenset[Remedy] = frozenset()
    rest: tuple[str, ...] = ()

    @property
    def only_asks_when(self) -> bool:
        """Is what the table does not know nothing but the question when it comes?"""
        return bool(self.rest) and all(re.search(_words()["when_beside"], piece) for piece in self.rest)

    @property
    def is_whole(self) -> bool:
        """Does the table know all that was said?"""
        return not self.rest


def read(text: str) -> Reply:
    """``text`` as typed."""
    said: set[str] = set()
    wanted: list[Remedy] = []
    refused: set[Remedy] = set()
    rest: list[str] = []
    clean = normalize(text)
    if re.search(_words()["hedged"], clean):
        return Reply(Answer.UNCLEAR)
    for piece in _pieces(clean):
        kind = _kind(piece)
        if kind:
            said.add(kind)
            continue
        wants, refuses, beside = _remedies(piece)
        wanted += wants
        refused |= refuses
        if beside:
            rest.append(beside)
    answer = _together(said)
    if answer is Answer.YES and (clean.rstrip().endswith("?") or re.search(_words()["laughs"], clean)) and not rest:
        answer = Answer.NEARLY
    if wanted and clean.rstrip().endswith("?"):
        rest.append("?")  # 就补一件? doubts it
    last = next((remedy for remedy in reversed(wanted) if remedy not in refused), None)
    return Reply(answer, last, frozenset(refused), tuple(rest))


def is_unfinished(text: str) -> bool:
    """我买的, 那个: is it a beginning, and what it is about comes next?"""
    return bool(_laid_out("unfinished").search(normalize(text)))


def gives_up(text: str) -> bool:
    """算啦,也没几个钱: does it look as if nothing more were wanted? Not where a remedy is named."""
    reply = read(text)
    return not reply.wanted and not reply.refused and bool(re.search(_words()["gives_up"], normalize(text)))


def means_all(text: str) -> bool:
    """两样都补发吧, 一起办: is it said of all that is open?"""
    return bool(_laid_out("all_of_it").search(normalize(text)))


def names_half(text: str) -> bool:
    """退一半, 36的一半, 半价: is half of a sum what is wanted? Not 一半没到."""
    return bool(_laid_out("half").search(normalize(text)))


def halved_fen(text: str) -> int | None:
    """The sum of which half is named, in fen: 3600 of 36的一半; None of 退一半."""
    match = re.search(r"(\d{1,6}(?:\.\d{1,2})?)(?:元|块钱?)?的(?:一半|半)", normalize(text))
    return round(float(match[1]) * 100) if match else None


def counts_do_not_agree(text: str) -> bool:
    """件数对不上: no more is said than that it is not the number that was ordered."""
    return bool(_laid_out("count_is_wrong").search(normalize(text)))


def refers_back(text: str) -> bool:
    """按刚才说的: to something that was said before, whatever that was."""
    return bool(_laid_out("as_said_before").search(normalize(text)))


def has_applied(text: str) -> bool:
    """申请提交了: has the buyer asked for the refund in the order?"""
    return bool(_laid_out("applied").search(normalize(text)))


def names_delivery(text: str) -> bool:
    """别放驿站, 送上门: is it said how the courier should bring it? Not where it was left."""
    return bool(_laid_out("delivery").search(normalize(text)))


def what_was_found(text: str) -> str:
    """Of 泳帽翻到了,只缺泳镜 the clause that says so, without the place where it was; empty where none does."""
    said = [normalize(clause.text) for clause in clauses(text)] or [normalize(text)]
    found = [(clause, match) for clause in said if (match := re.search(_words()["found"], clause))]
    return ",".join(clause[: match.start()] if match[0].endswith("在") else clause for clause, match in found)


def names_other_address(text: str) -> bool:
    """可以,但我搬家了, 别放驿站: is it to go elsewhere, or to be brought otherwise, than the order says?"""
    if names_delivery(text):
        return True
    clean = normalize(text)
    return bool(re.search(_words()["other_address"], clean)) and not re.search(_words()["same_address"], clean)


def before_address(text: str) -> Reply:
    """What is said before the address is. 可以寄到公司吗 agrees to nothing: a yes stands by itself, a wish need not."""
    clean = normalize(text)
    match = re.search(_words()["other_address"], clean) or _laid_out("delivery").search(clean)
    before = normalize(text)[: match.start()] if match else normalize(text)
    reply = read(before)
    return replace(reply, answer=read(_UNMARKED_END.sub("", before)).answer)


def is_cut_off(text: str) -> bool:
    """少了, and nothing else: how many is still to come."""
    return answers(text, "missing") == "hold_on"


def answers(text: str, to: str | None) -> str | None:
    """The intent that the message comes to as an answer to what is open; None where its words say nothing of it.

    Args:
        text: as typed.
        to: the slot that a form has asked for, or else the stage.
    """
    said = normalize(text)
    for intent, pattern in _answering().get(to or "", {}).items():
        if pattern.search(said):
            return intent
    return None


def _together(said: set[str]) -> Answer | None:
    if {"agree", "decline"} <= said or "unclear" in said:
        return Answer.UNCLEAR
    if said & {"agree", "decline"}:
        return Answer.YES if "agree" in said else Answer.NO
    return next((Answer(kind) for kind in ("nothing", "nearly", "thanks") if kind in said), None)


def _pieces(text: str) -> Iterable[str]:
    """Words between marks and blanks; each little picture that the table knows by itself, others left out."""
    signs = _signs()
    parts = re.split(f"({'|'.join(map(re.escape, sorted(signs, key=len, reverse=True)))})", text)
    for part in parts:
        if part in signs:
            yield part
        else:
            yield from (word for word in _BETWEEN.split(_OTHER_SIGNS.sub(" ", part)) if word)


def _kind(piece: str) -> str | None:
    """``agree``, ``decline``, ``thanks``, ``nearly``, ``unclear`` or ``filler``; None: the table knows it not."""
    if piece in _signs():
        return _signs()[piece]
    if alone := _kind_of_one(piece):
        return alone
    if _filler_like().fullmatch(piece) and not any(word in piece for word in _remedy_of() if len(word) > 1):
        return "filler"
    for cut in range(1, len(piece)):  # 好的呢没问题, 行谢谢: two that stand together without a mark
        front = _kind_of_one(piece[:cut])
        following = front and _kind(piece[cut:])
        if front and following:
            kinds = {front, following} - {"filler", "thanks"} or {"thanks"}
            return kinds.pop() if len(kinds) == 1 else None
    return None


def _kind_of_one(core: str) -> str | None:
    known = _known()
    while core not in known:
        doubled = _DOUBLED.fullmatch(core)
        shorter = doubled[1] if doubled else _peeled(core)
        if shorter == core:
            return None
        core = shorter
    return known[core]


def _peeled(core: str) -> str:
    for word in _words()["after"]:
        if core.endswith(word) and len(core) > len(word):
            return core[: -len(word)]
    for word in _words()["before"]:
        if core.startswith(word) and len(core) > len(word):
            return core[len(word) :]
    return core


def _remedies(piece: str) -> tuple[list[Remedy], set[Remedy], str]:
    """Which remedies the piece wants and which it refuses, in the order in which they stand, and what is left."""
    if _ASKED.search(piece) or _UNLESS.search(piece) or any(word in piece for word in _words()["asking"]):
        return [], set(), piece
    for word in _words()["no_refusal"]:
        piece = piece.replace(word, "")
    wanted: list[Remedy] = []
    refused: set[Remedy] = set()
    beside, before = "", 0
    for match in _remedy_words().finditer(piece):
        remedy, lead = _remedy_of().get(match[0]), piece[before : match.start()]
        if remedy is None:
            lead += match[0]
        elif _refusing().search(lead) or re.match(_words()["refused_behind"], piece[match.end() :]):
            refused.add(remedy)
            lead = _refusing().sub("", lead)
        elif match[0] in _words()["only_refused"]:
            lead += match[0]
        else:
            wanted.append(remedy)
        beside, before = beside + lead, match.end()
    return wanted, refused, _beside().sub("", beside + piece[before:])


@cache
def _refusing() -> re.Pattern[str]:
    """Right before a remedy; 不想要了你退我 refuses something else."""
    return re.compile(f"(?:{'|'.join(map(re.escape, _words()['refusing']))})[^了]{{0,4}}$")


@cache
def _beside() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(_words()["beside"], key=len, reverse=True))))


@cache
def _filler_like() -> re.Pattern[str]:
    return re.compile("|".join(_words()["filler_like"]))


@cache
def _remedy_of() -> dict[str, Remedy]:
    return {word: Remedy(name) for name, words in _words()["remedies"].items() for word in words}


@cache
def _remedy_words() -> re.Pattern[str]:
    words = [*_remedy_of(), *_words()["no_remedy"]]
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


@cache
def _laid_out(name: str) -> re.Pattern[str]:
    """A pattern that stands on several lines."""
    return re.compile(re.sub(r"\s", "", _words()[name]))


@cache
def _answering() -> dict[str, dict[str, re.Pattern[str]]]:
    return {
        slot: {intent: re.compile("|".join(patterns)) for intent, patterns in intents.items()}
        for slot, intents in _words()["answers_to"].items()
    }


@cache
def _known() -> dict[str, str]:
    kinds = ("filler", "thanks", "nearly", "nothing", "unclear", "decline", "agree")
    return {str(word): kind for kind in kinds for word in _words()[kind]}


@cache
def _signs() -> dict[str, str]:
    return {sign: kind for kind in ("thanks", "decline", "agree") for sign in _words()[f"{kind}_signs"]}


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(DEFAULT_WORDS.read_text(encoding="utf-8"))
    return words
