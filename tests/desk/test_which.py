"""Sentences in which buyers name an order or a thing their own way, held against the demo orders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.desk import Desk, orders
from bot.understanding.hearing import hear
from bot.understanding.intake import learn
from tests.claims.builders import claim
from tests.desks import ANNA

TABLE = yaml.safe_load(Path(__file__).with_name("which.yml").read_text(encoding="utf-8"))


def is_found(desk: Desk, sentence: Mapping[str, Any]) -> bool:
    """Does the sentence lead to the order and to the lines that the table has?"""
    case = desk.open(ANNA)
    heard = hear({"text": sentence["text"], "entities": []}, None)
    order = orders.guess_order(case, heard, asked=False, named=True)
    if sentence.get("ask"):
        return order is None
    if order is None:
        return False
    if "order" in sentence:
        return any(sentence["order"] in line.title for line in order.lines)
    learned, _ = learn(claim(order_id=None), heard, order, case.policy.words)
    titles = [line.title for line in learned.lines if line.sku]
    named = sentence["lines"]
    return len(titles) == len(named) and all(any(name in title for title in titles) for name in named)


def test_which_order_and_which_thing(desk: Desk) -> None:
    missed = {sentence["text"] for sentence in TABLE if not is_found(desk, sentence)}
    assert missed == {sentence["text"] for sentence in TABLE if sentence.get("known_miss")}
