"""Complaints as buyers word them: which lines of which order they are about, and how much of each is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.claims.model import ClaimLine
from bot.desk import Case, Desk, orders
from bot.language.entities import find_entities
from bot.language.quantities import read_mentions
from bot.understanding.acts import acts_of
from bot.understanding.hearing import hear_all
from bot.understanding.intake import learn
from tests.claims.builders import claim
from tests.desks import ANNA

TABLE = yaml.safe_load(Path(__file__).with_name("said.yml").read_text(encoding="utf-8"))


def parsed(text: str) -> dict[str, Any]:
    """As the model reads a complaint, but for the classifier."""
    counts = [{"entity": "quantity", **vars(mention)} for mention in read_mentions(text)[1]]
    named = [{"entity": each.label, **vars(each)} for each in find_entities(text)]
    intent = {"name": "report_short_shipment", "confidence": 1.0}
    return {"text": text, "intent": intent, "entities": [*named, *counts], "also": [], "clauses": []}


def claimed(case: Case, text: str) -> list[ClaimLine]:
    """What is claimed after that one message."""
    known = claim(order_id=None)
    for heard in hear_all(acts_of(parsed(text), case.recent_orders)[0].message, None):
        named = case.order(heard.order_id) if heard.order_id else None
        order = named or orders.guess_order(case, heard, asked=False, named=True) or case.order_of(known)
        known, excess = learn(known, heard, order, case.policy.words)
        if excess:
            return []
    return [line for line in known.lines if line.sku]


def is_understood(lines: list[ClaimLine], wanted: Mapping[str, Any]) -> bool:
    parts = {name: True for name in wanted.get("parts", ())}
    named = {name: False for name in wanted.get("lines", ())} | parts
    if len(lines) != len(named):
        return False
    for name, is_part in named.items():
        line = next((line for line in lines if name in line.title), None)
        if line is None or bool(line.part) is not is_part or not (is_part or line.missing == wanted["lines"][name]):
            return False
    return True


def test_what_is_claimed(desk: Desk) -> None:
    case = desk.open(ANNA)
    missed = {each["text"] for each in TABLE if not is_understood(claimed(case, each["text"]), each)}
    assert missed == {each["text"] for each in TABLE if each.get("known_miss")}
