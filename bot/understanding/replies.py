"""The answer to a proposal, read piece by piece: yes, no, thanks, another remedy; and to a question. Needs no Rasa.

Short answers are the same few words in a hundred dresses, and what they agree to counts: so they are a table
(``data/patterns/replies.yml``, read by ``reply_words``), and only what the table does not know is left to the
classifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from bot.claims.model import Remedy
from bot.language.clauses import clauses
from bot.language.similarity import is_goods
from bot.language.text import normalize
from bot.understanding.reply_words import kind, pieces, plain, remedies, words

_ASKED_FOR = re.compile("[我俺就只还是想]*要(.{1,6}?)[的呀啊吧嘛]*")
_UNMARKED_END = re.compile(r"[^\s,.!;。，！；]*$")


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
    """``wanted``, ``refused``: remedies that are named. ``rest``: pieces that are none of the table's.

    ``count``: how many of it, where one number is said (补两双). ``of_all``: of everything that is short (两样都补).
    ``tangled``: a piece that names a remedy says something else of it (补了也是白补).
    """

    answer: Answer | None = None
    wanted: Remedy | None = None
    refused: frozenset[Remedy] = frozenset()
    rest: tuple[str, ...] = ()
    count: int | None = None
    of_all: bool = False
    tangled: bool = False

    @property
    def only_asks_when(self) -> bool:
        """Is what the table does not know nothing but the question when it comes?"""
        return bool(self.rest) and all(re.search(words()["when_beside"], piece) for piece in self.rest)

    @property
    def doubts(self) -> bool:
        """Does what the table does not know ask, doubt, mock, set a condition, or want more?"""
        return any(_laid_out("catch").search(piece) for piece in self.rest)

    @property
    def is_plain(self) -> bool:
        """Is a remedy wished for, and nothing else that matters said? 补吧,我也没空等."""
        contrary = self.refused or self.tangled or self.answer in (Answer.NO, Answer.UNCLEAR)
        return self.wanted is not None and not contrary and not self.doubts

    @property
    def is_whole(self) -> bool:
        """Does the table know all that was said?"""
        return not self.rest


def read(text: str) -> Reply:
    """``text`` as typed."""
    said: set[str] = set()
    wanted: list[Remedy] = []
    refused: set[Remedy] = set()
    counts: list[int] = []
    rest: list[str] = []
    of_all = tangled = False
    clean = plain(text)
    if re.search(words()["hedged"], clean):
        return Reply(Answer.UNCLEAR)
    for piece in pieces(clean):
        if known := kind(piece):
            said.add(known)
            continue
        named = remedies(piece)
        wanted += named.wanted
        refused |= named.refused
        counts += named.counts
        of_all = of_all or named.of_all
        if not named.wanted and (thing := _ASKED_FOR.fullmatch(piece)) and is_goods(thing[1]):
            wanted.append(Remedy.RESHIP)  # 不要钱,要猫粮
        elif named.rest:
            rest.append(named.rest)
            tangled = tangled or bool(named.wanted)
    answer = _together(said)
    if answer is Answer.YES and (clean.rstrip().endswith("?") or re.search(words()["laughs"], clean)) and not rest:
        answer = Answer.NEARLY
    if wanted and clean.rstrip().endswith("?"):
        rest.append("?")  # 就补一件? doubts it
    last = next((remedy for remedy in reversed(wanted) if remedy not in refused), None)
    count = counts[0] if len(counts) == 1 else None
    return Reply(answer, last, frozenset(refused), tuple(rest), count, of_all, tangled)


def is_unfinished(text: str) -> bool:
    """我买的, 那个: is it a beginning, and what it is about comes next?"""
    return bool(_laid_out("unfinished").search(normalize(text)))


def gives_up(text: str) -> bool:
    """算啦,也没几个钱: does it look as if nothing more were wanted? Not where a remedy is named."""
    reply = read(text)
    return not reply.wanted and not reply.refused and bool(re.search(words()["gives_up"], normalize(text)))


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
    found = [(clause, match) for clause in said if (match := re.search(words()["found"], clause))]
    return ",".join(clause[: match.start()] if match[0].endswith("在") else clause for clause, match in found)


def names_other_address(text: str) -> bool:
    """可以,但我搬家了, 别放驿站: is it to go elsewhere, or to be brought otherwise, than the order says?"""
    if names_delivery(text):
        return True
    clean = normalize(text)
    return bool(re.search(words()["other_address"], clean)) and not re.search(words()["same_address"], clean)


def before_address(text: str) -> Reply:
    """What is said before the address is. 可以寄到公司吗 agrees to nothing: a yes stands by itself, a wish need not."""
    clean = normalize(text)
    match = re.search(words()["other_address"], clean) or _laid_out("delivery").search(clean)
    before = normalize(text)[: match.start()] if match else normalize(text)
    reply = read(before)
    return replace(reply, answer=read(_UNMARKED_END.sub("", before)).answer)


def says_there_is_nothing(text: str) -> bool:
    """Is one of its pieces 没有, or the like?"""
    return any(kind(piece) == "nothing" for piece in pieces(plain(text)))


def corrected(text: str) -> str:
    """What it is instead, in 不对 是三双 or 不是袜子 是毛巾; empty where nothing is put right."""
    said = normalize(text).strip()
    return next((match[1] for pattern in _correcting() if (match := pattern.search(said))), "")


def is_cut_off(text: str) -> bool:
    """少了, and nothing else: how many is still to come."""
    return answers(text, "missing") == "hold_on"


def answers(text: str, to: str | None) -> str | None:
    """The intent that the message comes to as an answer to what is open; None where its words say nothing of it.

    Args:
        text: as typed.
        to: the slot that a form has asked for, or else the stage.
    """
    said = plain(text)
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


@cache
def _correcting() -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in words()["corrects"]]


@cache
def _laid_out(name: str) -> re.Pattern[str]:
    """A pattern that stands on several lines."""
    return re.compile(re.sub(r"\s", "", words()[name]))


@cache
def _answering() -> dict[str, dict[str, re.Pattern[str]]]:
    return {
        slot: {intent: re.compile("|".join(patterns)) for intent, patterns in intents.items()}
        for slot, intents in words()["answers_to"].items()
    }
