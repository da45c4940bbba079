"""What DESIGN's promises forbid, looked for in every answer of a conversation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bench.conversations import record
from bench.conversations.asked import Answer
from bench.conversations.buyer import SETTLED, YES, Buyer, Message, in_pieces
from bot.claims.money import share

NEVER = (
    "agreed unasked",  # no yes of the buyer's before it
    "agreed to another remedy",  # than the one that stood there or was asked for
    "agreed on other goods",  # or another count than the buyer said
    "promise gone",  # an agreed claim is no longer agreed, or is another, and nobody asked
    "withdrawn unasked",
    "sum not from the order",
    "more than three messages",
    "talks after a hand-off",
    "silent",  # and nobody else took over
)
TWICE = "the same sentence twice"
_LEAVING = frozenset({"found", "withdraw", "deny", "no", "want_refund", "want_reship", "correct_count", "correct_item"})
_SUM = re.compile(r"(\d+(?:\.\d{1,2})?)\s*元")


class Watch:
    """Goes through one conversation, answer by answer, and keeps what was broken: ``breaches`` of (kind, words)."""

    def __init__(self, buyer: Buyer) -> None:
        self.buyer = buyer
        self.breaches: list[tuple[str, str]] = []
        self.claims: dict[str, dict[str, Any]] = {}
        self.handed_off = False
        self._before: list[str] = []
        self._left = False  # the buyer has said that nothing is to be done any more

    def see(self, message: Message, answer: Answer) -> list[str]:
        """The kinds broken by this answer."""
        found = [*self._talk(message, answer), *self._claim(message, answer["claim"])]
        self.breaches += found
        self.handed_off = bool(answer["handoff"])
        self._before = [reply["text"] for reply in answer["replies"]]
        if answer["claim"]:
            self.claims[answer["claim"]["claim_id"]] = answer["claim"]
        return [kind for kind, _ in found]

    def _talk(self, message: Message, answer: Answer) -> Iterable[tuple[str, str]]:
        texts = [reply["text"] for reply in answer["replies"]]
        if len(texts) > 3:
            yield "more than three messages", str(len(texts))
        if not texts and not answer["handoff"]:
            yield "silent", message.text
        for text in texts:
            if text and text in self._before:
                yield TWICE, text
        if self.handed_off and answer["handoff"]:
            for reply in answer["replies"]:
                # Who comes and when may be said; nothing else, and no card.
                if reply["buttons"] or reply["custom"] or not re.search(r"同事|人工|客服|接手|上班", reply["text"]):
                    yield "talks after a hand-off", reply["text"]
        allowed = self._sums(answer["claim"])
        for text in texts:
            for words in _SUM.findall(text):
                if round(float(words) * 100) not in allowed:
                    yield "sum not from the order", text
        offer = (answer["claim"] or {}).get("offer")
        if (
            offer
            and offer["remedy"] == "refund"
            and offer["amount_fen"] not in refunds(answer["claim"], self.buyer.goal.pieces)
        ):
            yield "sum not from the order", f"{offer['amount_fen']} fen"

    def _claim(self, message: Message, claim: dict[str, Any] | None) -> Iterable[tuple[str, str]]:
        if not claim:
            return
        before = self.claims.get(claim["claim_id"], {})
        was, now = before.get("state"), claim["state"]
        acts = set(message.acts)
        self._left |= bool(acts & {"found", "withdraw"})
        if now == "withdrawn" and was not in (None, "withdrawn") and not acts & {"found", "withdraw", "affirm"}:
            yield "withdrawn unasked", message.text
        if was in SETTLED:
            changed = now not in SETTLED or claim["offer"] != before["offer"] or claim["lines"] != before["lines"]
            if changed and not acts & _LEAVING and not acts & {"want_person"}:
                yield "promise gone", message.text
        elif now in SETTLED:
            yield from self._agreement(message, before, claim)

    def _agreement(self, message: Message, before: dict[str, Any], claim: dict[str, Any]) -> Iterable[tuple[str, str]]:
        acts = set(message.acts)
        stood = (before.get("offer") or {}).get("remedy")
        remedy = (claim["offer"] or {}).get("remedy")
        if self._left or (not acts & YES and f"want_{stood}" not in acts):
            yield "agreed unasked", message.text
        if remedy != stood:
            yield "agreed to another remedy", f"{stood} → {remedy}"
        said = {**self.buyer.said, **self.buyer.goal.second}
        if self.buyer.goal.kind in ("some", "none", "gift"):
            for line in claim["lines"]:
                if line["missing"] != said.get(line["sku"]):
                    yield "agreed on other goods", f"{line['title']} {line['missing']}"

    def _sums(self, claim: dict[str, Any] | None) -> set[int]:
        """Every sum that the record, the shop's goodwill and the rules can give for the goods of this talk, in fen."""
        lines = [line for line in (claim or {}).get("lines", ()) if line["sku"]]
        skus = [*self.buyer.said, *self.buyer.goal.lines, *self.buyer.goal.second, *(line["sku"] for line in lines)]
        pieces = self.buyer.goal.pieces
        worth = refunds(claim, pieces) if claim else set()
        penalties = {share(fen, 30, 100) for fen in worth}
        return worth | penalties.union(record.rule_sums(), *(record.sums_of(sku, pieces) for sku in skus))


def refunds(claim: dict[str, Any], pieces: int) -> set[int]:
    """The refunds that this claim's lines are worth by the record; ``pieces`` are those of a line of packs."""
    lines = [line for line in claim["lines"] if line["sku"] and line["missing"]]
    worth = 0
    for line in lines:
        counted = line["ordered"] if line.get("unit") == "g" else pieces if pieces and in_pieces(line) else 0
        whole = counted or record.line_of(line["sku"]).quantity
        worth += record.refund_fen(line["sku"], line["missing"], whole)
    shipping = record.order_of(lines[0]["sku"]).shipping_fen if lines else 0
    return record.right_refunds(worth, shipping)
