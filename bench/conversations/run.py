"""Runs conversations: each goal in several phrasings, seeded, so that a run can be had again."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.conversations import judge
from bench.conversations.bank import Goal, Temperament, goals, temperaments
from bench.conversations.buyer import Buyer
from bench.conversations.chat import Say
from bench.conversations.promises import Watch

MOST_TURNS = 14


@dataclass
class Talk:
    """One conversation and how it ended."""

    goal: str
    temperament: str
    right: bool
    why: str
    end: str
    needless: str = ""  # the reason of a hand-off that was not called for
    offer_at: int | None = None  # the message that was answered with the first offer
    breaches: list[tuple[str, str]] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.right and not self.breaches

    def row(self) -> dict[str, Any]:
        return {**asdict(self), "clean": self.clean}


def plan(seed: int, count: int | None, phrasings: int) -> list[tuple[Goal, Temperament, int]]:
    """Goals drawn from the whole list, each with temperaments of its own; none comes twice before all have come."""
    rng = random.Random(seed)
    chosen = goals()
    if count is not None and count < len(chosen):
        chosen = rng.sample(chosen, count)
    talks = []
    for goal in chosen:
        kinds: list[Temperament] = []
        while len(kinds) < phrasings:
            kinds += rng.sample(temperaments(), len(temperaments()))
        talks += [(goal, kind, number) for number, kind in enumerate(kinds[:phrasings])]
    return talks


def run(say: Say, seed: int, talks: Iterable[tuple[Goal, Temperament, int]]) -> Iterator[Talk]:
    for goal, temperament, number in talks:
        name = f"{seed}-{goal.id}-{number}"
        yield converse(say, name, Buyer(goal, temperament, random.Random(name)))


def converse(say: Say, sender: str, buyer: Buyer) -> Talk:
    watch, answer, turns, reason, offer_at = Watch(buyer), None, [], "", None
    while len(turns) < MOST_TURNS and (message := buyer.next(answer)):
        answer = say(sender, message)
        broken = watch.see(message, answer)
        claim, handoff = answer["claim"] or {}, answer["handoff"] or {}
        turns.append(
            {
                "buyer": "[图片]" if message.upload else message.text,
                "acts": message.acts,
                "bot": [reply["text"] for reply in answer["replies"]],
                "intent": answer["intent"],
                "state": claim.get("state"),
                "lines": [
                    {key: line.get(key) for key in ("sku", "missing", "unit")} for line in claim.get("lines", ())
                ],
                "handoff": handoff.get("reason"),
                "broken": broken,
            }
        )
        reason = handoff.get("reason") or reason
        if offer_at is None and claim.get("state") == "offered":
            offer_at = len(turns)
    claims = watch.claims.values()
    right, why = judge.right(buyer.goal, claims, watch.handed_off)
    end = judge.outcome(claims, watch.handed_off)
    needless = reason if end == "handed_off" and "handed_off" not in buyer.goal.end else ""
    return Talk(buyer.goal.id, buyer.temperament.name, right, why, end, needless, offer_at, watch.breaches, turns)
