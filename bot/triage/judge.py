"""One message as a clerk sees it at a glance: what it is about, what is missing, what could be answered.

The answer is the one that the bot would give if this were the first message of a conversation. Nothing of it is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from bot.claims.model import Order
from bot.claims.negotiation import missing_value
from bot.desk import Desk, Speaker
from bot.engine.protocol import Engine
from bot.inbox.answer import answer_to
from bot.inbox.text import printable
from bot.language.quantities import read_mentions
from bot.language.references import order_references
from bot.language.sums import find_sums
from bot.orders.base import OrdersUnavailable
from bot.store import Author, Entry
from bot.triage.things import thing_in
from bot.triage.words import WORDS
from bot.understanding.danger import danger_in

logger = logging.getLogger(__name__)

_NOTES: dict[str, str] = WORDS["notes"]
# No words of ours for these, and the note that says so.
_NOTHING_TO_ANSWER = {"praise": None, "out_of_scope": _NOTES["other"], "nlu_fallback": _NOTES["unread"]}
_COMPLAINT = "report_short_shipment"
_REMEMBERED = 4096  # the same few words stand in every tenth review
_NOBODY = "triage"  # whose orders are seen where it is not known who writes: nobody's


@dataclass(frozen=True)
class Message:
    """``order_id``: of the sheet's own column, empty where it has none."""

    text: str
    order_id: str = ""


@dataclass
class Verdict:
    """What is written beside a message, all of it text, and what the report counts. Money in fen."""

    intent: str = ""
    item: str = ""
    missing: str = ""
    danger: str = ""
    sums_fen: list[int] = field(default_factory=list)
    order_id: str = ""
    reply: str = ""
    amount_fen: int | None = None  # what the missing things cost, by the order's record
    notes: list[str] = field(default_factory=list)
    courier: str = ""
    to_person: bool = False

    @property
    def is_complaint(self) -> bool:
        return self.intent == _COMPLAINT

    def as_cells(self) -> list[str]:
        """In the order of ``columns`` in ``words.yml``; money in yuan, without a unit, for a spreadsheet to add up."""
        return [
            WORDS["intents"].get(self.intent, self.intent),
            self.intent,
            self.item,
            self.missing,
            self.danger,
            "、".join(_yuan(fen) for fen in self.sums_fen),
            self.order_id,
            self.reply,
            "" if self.amount_fen is None else _yuan(self.amount_fen),
            "；".join(self.notes),
        ]


class Judge:
    def __init__(self, engine: Engine, desk: Desk) -> None:
        self._engine = engine
        self._desk = desk
        self._known = lru_cache(maxsize=_REMEMBERED)(self._verdict)

    def verdict(self, message: Message) -> Verdict:
        """Whatever goes wrong with it, the row gets a verdict that says so."""
        text = printable(message.text).strip()
        if not text:
            return Verdict(notes=[_NOTES["empty"]])
        try:
            return self._known(text, message.order_id)
        except Exception as error:
            logger.exception("a row could not be judged")
            return Verdict(notes=[_NOTES["failed"].format(error=type(error).__name__)])

    def _verdict(self, text: str, order_id: str) -> Verdict:
        seen = Verdict()
        limit = self._desk.policy.messages.max_chars
        if len(text) > limit:
            seen.notes.append(_NOTES["too_long"].format(limit=limit))
            text = text[:limit]
        read_as = self._engine.parse(text.lstrip("/"))
        seen.intent = read_as["intent"].get("name") or "out_of_scope"
        seen.sums_fen = find_sums(text, haggling=seen.intent == "counter_offer")
        danger = danger_in(text)
        seen.danger = WORDS["dangers"][danger.value] if danger else ""
        order = self._order(order_id or next(iter(order_references(text).numbers), ""), seen)
        if seen.is_complaint:
            self._facts(seen, text, read_as)
        if danger or seen.intent not in _NOTHING_TO_ANSWER:
            self._answer(seen, text, order)
        elif note := _NOTHING_TO_ANSWER[seen.intent]:
            seen.notes.append(note)
        return seen

    def _order(self, order_id: str, seen: Verdict) -> Order | None:
        if not order_id:
            return None
        seen.order_id = order_id
        try:
            order = self._desk.orders.get(order_id)
        except OrdersUnavailable:
            seen.notes.append(_NOTES["orders_away"])
            return None
        if order is None:
            seen.notes.append(_NOTES["no_order"])
        else:
            seen.courier = next((parcel.courier for parcel in order.parcels if parcel.courier), "")
        return order

    def _facts(self, seen: Verdict, text: str, read_as: Mapping[str, Any]) -> None:
        """As the words alone say it; the order's record, where there is one, says it better."""
        counts, mentions = read_mentions(text)
        missing = counts.missing
        seen.missing = "" if missing is None else f"{missing:g}"
        entities = (each["value"] for each in read_as["entities"] if each["entity"] == "product")
        seen.item = next(entities, None) or thing_in(text, [mention.end for mention in mentions])

    def _answer(self, seen: Verdict, text: str, order: Order | None) -> None:
        speaker = Speaker(_NOBODY, order.buyer_id if order else _NOBODY)
        said = [Entry(_NOBODY, 1, "1", Author.BUYER, {"text": text}, self._desk.clock())]
        case = self._desk.open(speaker, with_person=False)
        case.claims = []  # the sheet's message begins anew, whatever else the buyer has been promised
        answer = answer_to(self._engine, case, said, None, order.order_id if order else None)
        seen.reply = "\n".join(reply["text"] for reply in answer.outcome.replies)
        if answer.outcome.handoff:
            seen.to_person = True
            seen.notes.append(_NOTES["to_person"])
        if answer.outcome.claim:
            self._of_claim(seen, answer.outcome.claim)
        if order and answer.case.shown:
            seen.amount_fen = missing_value(answer.case.shown, order) or None

    def _of_claim(self, seen: Verdict, claim: Mapping[str, Any]) -> None:
        lines = [line for line in claim["lines"] if line["missing"] or line.get("parts")]
        seen.item = "、".join(filter(None, map(_named, lines))) or seen.item
        seen.missing = "、".join(_counted(line) for line in lines if line["missing"]) or seen.missing


def _named(line: Mapping[str, Any]) -> str:
    title, parts = str(line["title"]), "、".join(line.get("parts") or [])
    return f"{title}（{parts}）" if title and parts else title or parts


def _counted(line: Mapping[str, Any]) -> str:
    return f"{line['missing']}克" if line.get("unit") == "g" else str(line["missing"])


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
