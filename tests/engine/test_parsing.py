"""A parse by itself is what Rasa's own doors get: shell, run and test read as we do."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.agent import Agent

from bot.engine.training import trained_model
from tests.office import TestOffice

REVIEW = "书很好，物流也快，包装结实，就是书签没给我"


@pytest.fixture(scope="module")
def agent() -> Agent:
    return Agent.load(str(trained_model()))


@pytest.mark.parametrize("text", ["少发了一件", REVIEW, "少了一件，给我退款，不然差评", "https://t.cn/A6", "", "🙂"])
def test_what_rasa_says(office: TestOffice, agent: Agent, text: str) -> None:
    assert office.engine.parse(text) == asyncio.run(agent.parse_message(text))


def test_a_complaint_in_passing(office: TestOffice) -> None:
    parsed = office.engine.parse(REVIEW)
    assert parsed["intent"]["name"] == "report_short_shipment"
    assert [clause["text"] for clause in parsed["clauses"]] == ["书很好", "物流也快", "包装结实", "就是书签没给我"]


def test_a_bare_link_says_nothing(office: TestOffice) -> None:
    parsed = office.engine.parse("https://item.taobao.com/item.htm?id=4012345678901234567")
    assert (parsed["intent"], parsed["entities"], parsed["also"]) == ({"name": None, "confidence": 0.0}, [], [])


def test_slots_of_the_conversation_are_seen(office: TestOffice) -> None:
    assert office.engine.parse("15吧")["intent"]["name"] != "give_quantity"
    asked = office.engine.parse("15吧", {"requested_slot": "missing"})
    assert asked["intent"]["name"] == "give_quantity"
