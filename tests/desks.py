"""A desk over a database of its own: two buyers with the demo orders, a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.claims.model import Claim, Order
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.db import make_engine
from bot.desk import Case, Desk, Speaker, facts
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.store import Store
from bot.understanding.intake import Heard

ROOT = Path(__file__).resolve().parent.parent
RULEBOOK, POLICY = Rulebook.load(ROOT / "rulebook"), ShopPolicy.load(ROOT / "shop.yml")
NOW = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
ANNA, BEN = Speaker("talk-a", "anna"), Speaker("talk-b", "ben")
ANNA_ELSEWHERE = Speaker("talk-a2", "anna")

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def open_desk(url: str, clock: Callable[[], datetime]) -> Desk:
    engine = make_engine(url)
    return Desk(SqlOrders(engine), Store(engine), RULEBOOK, POLICY, clock)


def seeded_desk(url: str, clock: Callable[[], datetime]) -> Desk:
    """Anna and Ben have bought the same."""
    desk = open_desk(url, clock)
    assert isinstance(desk.orders, SqlOrders)
    for speaker in (ANNA, BEN):
        seed(desk.orders, speaker.buyer_id, NOW)
    return desk


def bought(desk: Desk, speaker: Speaker, word: str) -> Order:
    """The speaker's order with that word in a title."""
    orders = desk.orders.recent(speaker.buyer_id, 100)
    return next(order for order in orders if any(word in line.title for line in order.lines))


def do(
    desk: Desk,
    step: Callable[Concatenate[Case, Given], Result],
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """What a function of the desk does in Anna's case, which is loaded before it and saved after it."""
    with desk.case(ANNA) as case:
        return step(case, *given, **named)


def hear(case: Case, text: str, word: str | None = None, **heard: Any) -> Claim:
    """One message about one of the speaker's orders."""
    about = bought(case.desk, case.speaker, word) if word else None
    return facts.hear(case, Heard(text, **heard), None, about)[0]


def say(desk: Desk, text: str, word: str | None = None, speaker: Speaker = ANNA, **heard: Any) -> Claim:
    """The same, in a case of its own."""
    with desk.case(speaker) as case:
        return hear(case, text, word, **heard)


def change(desk: Desk, agreed: Claim, text: str, **heard: Any) -> Claim:
    """Other figures for what Anna has agreed to, and the yes to them."""
    with desk.case(ANNA) as case:
        learned = facts.changed(case, agreed, Heard(text, **heard), None)
        assert learned is not None
        return facts.change(case, agreed, learned)


def again(desk: Desk, claim: Claim) -> Claim:
    """The claim as the store has it now."""
    found = desk.store.claims.get(claim.claim_id)
    assert found is not None
    return found
