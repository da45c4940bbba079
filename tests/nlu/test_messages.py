"""The trained model on our own messages, written blind to its training data: a floor; bench/nlu.py measures."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.nlu import COMPLAINT, own_messages
from tests.office import TestOffice


@pytest.fixture(scope="module")
def read_as(office: TestOffice) -> list[tuple[str, str, str | None]]:
    """(message, its intent, what it was read as)"""
    parse = office.engine.parse
    return [(text, intent, parse(text)["intent"]["name"]) for text, intent in own_messages()]


def test_nineteen_of_twenty_are_understood(read_as: list[tuple[str, str, str | None]]) -> None:
    assert len(read_as) >= 600
    assert sum(intent == name for _, intent, name in read_as) / len(read_as) > 0.95


def test_no_intent_is_lost(read_as: list[tuple[str, str, str | None]]) -> None:
    every = Counter(intent for _, intent, _ in read_as)
    right = Counter(intent for _, intent, name in read_as if intent == name)
    assert {intent for intent in every if right[intent] / every[intent] < 0.8} == set()


def test_a_complaint_is_rarely_missed_and_rarely_imagined(read_as: list[tuple[str, str, str | None]]) -> None:
    complaints = [name == COMPLAINT for _, intent, name in read_as if intent == COMPLAINT]
    # 就到了一件 is a complaint or an answer, as the question was: facts either way.
    others = [
        name == COMPLAINT for _, intent, name in read_as if intent not in {COMPLAINT, "give_quantity", "give_item"}
    ]
    assert sum(complaints) / len(complaints) > 0.93
    assert sum(others) / len(others) < 0.01
