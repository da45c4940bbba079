"""From what the classifier says of a message and of its clauses to what the message says.

The first duty is the complaint, wherever it stands: in the middle of a review, or before a demand and a threat.
Entities and quantities are always those of the whole message.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.claims.model import Remedy
from bot.language import quantities
from bot.language.parts import lacking
from bot.language.quantities import bare, least
from bot.language.references import has_words, is_link
from bot.language.similarity import is_goods
from bot.language.sums import named_sum
from bot.understanding import replies
from bot.understanding.expectations import waited_for, weighed
from bot.understanding.hearing import says_none_came
from bot.understanding.matching import says_nothing_else
from bot.understanding.replies import Answer, Reply

COMPLAINT = "report_short_shipment"
FALLBACK = "nlu_fallback"
PLATFORM = "platform_stepped_in"
# From here on a message is a complaint; below it, one that looks most like a complaint is asked about.
_LIKELY = 0.5
_POSSIBLE = 0.2  # of nine apples four were sweet: counts alone make no complaint of what the words rule out
_OF_THE_WHOLE = 0.6  # how much the whole message counts beside its strongest clause; by examples left out in turn
_LEAST = 0.01  # no chance counts as smaller, nor as nearer to certain
# A clause is read without what stands around it, so a wish in it must be plain by itself.
_SURE = 0.85
_ENOUGH = 0.55  # so much likelier than all else together, where an answer is expected
_NEGATION = re.compile("不(?!错|客气|用谢|好意思)|没(?!问题|事|意见)|别|莫|甭|唔|冇")
_NO_GUESS = 0.35  # by the words alone
_NOT_GUESSED = frozenset({FALLBACK, COMPLAINT})  # the one is no reading, the other has been decided on
# Where a proposal stands, and what a short answer then means; 谢谢 alone is nearly a yes, so the bot asks.
_PROPOSED = frozenset({"offered", "waiting"})
_WITH_ADDRESS = _PROPOSED | {"agreed"}  # something is to be sent
_ASKED_BACK = 0.5
_MEANS = {
    Answer.YES: ("accept_offer", 1.0),
    Answer.NO: ("reject_offer", 1.0),
    Answer.THANKS: ("accept_offer", _ASKED_BACK),
    Answer.NEARLY: ("accept_offer", _ASKED_BACK),
    Answer.NOTHING: ("no_evidence", 1.0),
    Answer.UNCLEAR: (FALLBACK, 1.0),
}
_ANSWERED_BY_NONE = {"item": "give_item", "missing": "give_quantity"}
# While a question is open: what is no answer to it, however it is worded; and what 有一条没到 looks like without it.
_OVERRULES = frozenset({PLATFORM, "request_human", "request_platform"})
_NEVER_ANSWERS = _OVERRULES | {COMPLAINT, "withdraw_claim", "correct_claim"}
_NO_COUNTS = frozenset(
    {"report_not_received", "report_quality", "deny", "affirm", "out_of_scope", "small_talk", FALLBACK}
)
_SAYS_NOTHING = frozenset({"thanks", "praise", "small_talk", "greet", "goodbye", "nudge", "out_of_scope", FALLBACK})

# What a message with fewer than were ordered in it may be taken for, by the words around the count.
_LOUD_OR_VAGUE = frozenset(
    {"vent_anger", "threaten_review", "bot_challenge", "out_of_scope", FALLBACK}
    | {"report_quality", "report_damage", "report_wrong_item"}
)

Parse = Mapping[str, Any]


@dataclass(frozen=True)
class Understood:
    """``also`` names what single clauses say for certain besides: 退款 in "少了一件,给我退款"."""

    intent: str | None
    confidence: float
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """Where the conversation stands: how far the claim is, and which slot of a form was asked for."""

    stage: str | None = None
    asked: str | None = None


NOTHING = Understood(None, 0.0)


def understand(parsed: Parse, context: Context = Context()) -> Understood:
    """What a message says, by the parse of the whole and of its clauses.

    Where that decides nothing, an answer to what was asked is likelier than anything else.

    Args:
        parsed: ``text``, ``intent``, ``intent_ranking``, and ``clauses``, each with ``intent``, ``confidence`` and
            ``intent_ranking`` of its own.
        context: as the message came; nothing is known of it where Rasa parses without a conversation.
    """
    if is_link(parsed["text"]):
        return NOTHING  # whatever its letters look like
    if replies.is_unfinished(parsed["text"]):
        return Understood("hold_on", 1.0)
    if not has_words(parsed["text"]) and context.stage not in _PROPOSED:
        return _of_pictures(parsed, context)
    if context.stage not in _WITH_ADDRESS and replies.refers_back(parsed["text"]):
        return Understood("affirm", 1.0)  # whatever it refers to, it says no fact
    whole: Mapping[str, Any] = parsed.get("intent") or {}
    clauses: Sequence[Parse] = parsed.get("clauses") or []
    intent, confidence = whole.get("name"), float(whole.get("confidence") or 0.0)
    complains = _complains(parsed, clauses)
    vague = intent in _LOUD_OR_VAGUE and (complains >= _POSSIBLE or not str(intent).startswith("report_"))
    if vague and context.stage not in _PROPOSED and _counts_short(parsed):
        complains = max(complains, _LIKELY)  # 五双只给四双,要脸吗
    if (intent or "").startswith("ask_") and confidence < _LIKELY and not context.stage and _lacks_goods(parsed):
        complains = max(complains, _LIKELY)  # 配的日历没得,要等到啥时候
    if intent in {COMPLAINT, *_LOUD_OR_VAGUE} and not context.stage and replies.counts_do_not_agree(parsed["text"]):
        complains = max(complains, _LIKELY)
    if context.asked in _ANSWERED_BY_NONE and says_none_came(parsed["text"]):
        return Understood(_ANSWERED_BY_NONE[context.asked], 1.0)  # 两样都没
    if context.asked == "item" and says_nothing_else(parsed["text"]):
        return Understood("give_item", 1.0)  # 就泳衣到了
    if complains >= _LIKELY or (intent == "vent_anger" and max(map(_complaint, clauses), default=0.0) >= _SURE):
        # However loud it is said: 你们这什么店,五双只给四双.
        intent, confidence = COMPLAINT, complains
    elif intent == COMPLAINT:
        intent, confidence = FALLBACK, 1 - complains
    if (
        (context.stage or context.asked)
        and intent != COMPLAINT
        and bare(replies.corrected(parsed["text"]))[0] is not None
    ):
        return Understood("correct_claim", 1.0)  # 不对 三双
    certain = dict.fromkeys(clause["intent"] for clause in clauses if clause["confidence"] >= _SURE)
    answers = intent not in _NEVER_ANSWERS and not _OVERRULES & certain.keys()
    if context.asked and answers and replies.what_was_found(parsed["text"]):
        return Understood("withdraw_claim", _ASKED_BACK)
    if answers or replies.is_cut_off(parsed["text"]) or parsed["text"].isascii():  # no classifier reads pinyin
        answer = _answers(parsed["text"], context, intent)
        if answer:
            wished = replies.read(parsed["text"]).wanted  # 没图 赶紧补吧
            return Understood(answer, 1.0, (f"request_{wished.value}",) if wished else ())
    if context.stage == "agreed" and replies.has_applied(parsed["text"]):
        return Understood("ask_progress", 1.0)
    if context.stage in _WITH_ADDRESS and intent not in _OVERRULES and replies.names_other_address(parsed["text"]):
        return _of_address(parsed["text"], context)
    beside_offer = context.stage == "offered" and not replies.read(parsed["text"]).is_whole
    if (context.asked or beside_offer) and answers and replies.gives_up(parsed["text"]):
        return Understood("withdraw_claim", _ASKED_BACK)
    if intent != COMPLAINT:
        intent, confidence = _expected(parsed, context) or (intent, confidence)
    said_yes = True
    if intent != COMPLAINT and context.stage in _PROPOSED:
        reply = replies.read(parsed["text"])
        known = _answer(parsed["text"], reply, intent)
        intent, confidence = known or (intent, confidence)
        said_yes = reply.answer is Answer.YES
        unsure = reply.doubts or (
            reply.answer is None and (confidence < _SURE or _NEGATION.search(parsed["text"]) is not None)
        )
        if intent == "accept_offer" and known is None and unsure:
            confidence = min(confidence, _ASKED_BACK)  # by the looks of it a yes, and the table knows no word of it
        if intent == "affirm" and not said_yes:
            confidence = min(confidence, _ASKED_BACK)  # 确认过了,确实不在 affirms something else
    if context.stage == "agreed" and intent == "withdraw_claim" and not replies.what_was_found(parsed["text"]):
        confidence = min(confidence, _ASKED_BACK)  # a promise is not undone by 算了吧
    if PLATFORM in certain and intent != PLATFORM:
        # 少了一件,小二已经介入了: whatever else is said, it is the platform's from now on.
        intent, confidence = PLATFORM, max(each["confidence"] for each in clauses if each["intent"] == PLATFORM)
    if not said_yes:  # 呵呵, 你们就这么处理的: a clause that looks like a yes is none that counts
        certain = {name: None for name in certain if name not in ("accept_offer", "affirm")}
    return Understood(intent, confidence, tuple(name for name in certain if name != intent))


def _of_address(text: str, context: Context) -> Understood:
    """Another address is for a person; a yes before it counts, and so does the wish that something be sent there."""
    reply = replies.before_address(text)
    agrees = reply.answer is Answer.YES or reply.wanted is Remedy.RESHIP
    if agrees and not reply.refused and context.stage == "offered":
        return Understood("accept_offer" if reply.wanted is None else "request_reship", 1.0)
    return Understood("ask_other_service", 1.0)


def _of_pictures(parsed: Parse, context: Context) -> Understood:
    """Marks and little pictures alone: 👍 to a question is a yes, 😭 names no item, ?? is what it looks like."""
    if context.asked and replies.read(parsed["text"]).answer is Answer.YES:
        return Understood("affirm", 1.0)
    whole: Mapping[str, Any] = parsed.get("intent") or {}
    if whole.get("name") is None:
        return NOTHING
    confidence = float(whole["confidence"])
    return Understood(whole["name"], confidence) if confidence >= _SURE else Understood(FALLBACK, 1.0)


def _answers(text: str, context: Context, otherwise: str | None) -> str | None:
    """The intent of what plainly answers what is open, whatever its words are likelier to mean elsewhere."""
    if context.asked == "missing":
        if bare(text)[0] is not None or least(text) is not None:
            return "give_quantity"  # 15吧 is a sum only where no count was asked for
        counted = quantities.read(text)
        if counted.received == 0 or (otherwise in _NO_COUNTS and (counted.received or counted.missing)):
            return "give_quantity"  # 一个也没到
    if context.asked == "evidence" and replies.says_there_is_nothing(text):
        return "no_evidence"  # 没有 就这么办吧
    return replies.answers(text, context.asked or context.stage)


def _answer(text: str, reply: Reply, otherwise: str | None) -> tuple[str | None, float] | None:
    """What is said to the proposal that stands, where the table knows it all or a remedy is named."""
    if otherwise == "counter_offer" and not reply.is_whole:
        return None  # 补发再给我2块
    if not reply.wanted and replies.what_was_found(text):
        return "withdraw_claim", 1.0  # 找到了,不用补了
    if reply.wanted:
        return f"request_{reply.wanted.value}", 1.0
    if reply.refused and otherwise not in {f"request_{remedy.value}" for remedy in set(Remedy) - reply.refused}:
        return "reject_offer", 1.0
    # 成,59; 两样都补发吧
    is_beside = bool(reply.rest) and all(
        replies.means_all(piece) or named_sum(piece, haggling=True) for piece in reply.rest
    )
    if reply.answer is Answer.YES and (reply.only_asks_when or is_beside):
        return "accept_offer", 1.0
    if reply.answer is Answer.YES and not reply.is_whole and otherwise in _SAYS_NOTHING:
        return "accept_offer", _ASKED_BACK
    return _MEANS[reply.answer] if reply.answer and reply.is_whole else None


def _complains(whole: Parse, clauses: Sequence[Parse]) -> float:
    """How sure it is that something is missing: between the whole message and the clause that says it most.

    A long review drowns the clause, and a clause alone lacks what stands around it: 只有一个 is said of many things.
    It is their odds that are weighed: one that is certain is not undone by another that merely says nothing of it.
    """
    by_itself = _complaint(whole)
    if not clauses:
        return by_itself
    strongest = max(map(_complaint, clauses))
    odds = _OF_THE_WHOLE * _log_odds(by_itself) + (1 - _OF_THE_WHOLE) * _log_odds(strongest)
    return 1 / (1 + math.exp(-odds))


def _expected(parsed: Parse, context: Context) -> tuple[str, float] | None:
    """The likeliest reading as an answer to what is open; None where nothing is, or none is likely enough."""
    if not waited_for(context.stage, context.asked):
        return None
    ranking = parsed.get("intent_ranking") or []
    guesses = {guess["name"]: float(guess["confidence"]) for guess in ranking if guess["name"] not in _NOT_GUESSED}
    for name, chance in weighed(guesses, context.stage, context.asked).items():
        # How sure the words alone make it stays as it is: nothing is agreed to because it was expected.
        sure = context.asked is not None or guesses[name] >= _NO_GUESS  # an offer is not moved by a guess either
        return (name, guesses[name]) if chance >= _ENOUGH and sure else None
    return None


def _counts_short(parsed: Parse) -> bool:
    """Are both how many were ordered and how many came said, and fewer came?"""
    counts = {e["role"]: e["value"] for e in parsed.get("entities") or () if e["entity"] == "quantity"}
    return "ordered" in counts and "received" in counts and counts.get("missing", 0) > 0


def _lacks_goods(parsed: Parse) -> bool:
    """Is a thing that is sold said to be missing?"""
    return any(is_goods(thing.name) for thing in lacking(parsed["text"]))


def _log_odds(chance: float) -> float:
    chance = min(max(chance, _LEAST), 1 - _LEAST)
    return math.log(chance / (1 - chance))


def _complaint(parsed: Parse) -> float:
    ranking = parsed.get("intent_ranking") or []
    return next((float(guess["confidence"]) for guess in ranking if guess["name"] == COMPLAINT), 0.0)
