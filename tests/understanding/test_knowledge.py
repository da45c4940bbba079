"""What is asked beside a claim is known in whatever words; a complaint, a wish and an answer never are."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.settings import ROOT
from bot.understanding.knowledge import known, responses
from tests.examples import examples

MESSAGES: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parent / "knowledge.yml").read_text(encoding="utf-8")
)


def found(text: str, intent: str | None = None) -> str:
    entry = known(text, intent)
    return entry.name if entry else "none"


@pytest.mark.parametrize(("part", "at_least"), [("first", 0.97), ("second", 0.80)])
def test_most_questions_are_known_in_other_words_and_none_is_mistaken(part: str, at_least: float) -> None:
    asked = [(name, text) for name, texts in MESSAGES[part].items() for text in texts]
    mistaken = {text: found(text) for name, text in asked if found(text) not in (name, "none")}
    assert mistaken == {}
    right = [found(text) == name for name, text in asked if name != "none"]
    missed = [text for name, text in asked if name != "none" and found(text) == "none"]
    assert sum(right) / len(right) >= at_least, missed


def test_each_is_asked_in_five_ways_at_least() -> None:
    for part in MESSAGES.values():
        assert min(len(texts) for texts in part.values()) >= 5
        assert len(part) == 37 and len(part["none"]) >= 30


def test_hardly_any_of_what_buyers_say_is_taken_for_a_question() -> None:
    said = examples()
    taken = [text for text in said if known(text, "report_short_shipment")]
    assert len(said) > 30_000 and len(taken) < len(said) / 200


@pytest.mark.parametrize("intent", ["request_human", "platform_stepped_in", "withdraw_claim", "accept_offer"])
def test_what_settles_something_is_never_a_question(intent: str) -> None:
    assert found("补发的运费谁出") == "who_pays"
    assert found("补发的运费谁出", intent) == "none"


def test_a_complaint_that_names_an_item_stays_one() -> None:
    assert known("少发一双袜子平台怎么罚", "report_short_shipment", names=True) is None
    assert known("少发货平台怎么罚", "report_short_shipment") is not None


@pytest.mark.parametrize("text", ["", " ", "？？", "🌸", "0", "吗" * 500])
def test_what_says_nothing_asks_nothing(text: str) -> None:
    assert known(text) is None


def test_every_response_is_written() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
    assert set(responses()) == {name for name in domain if name.startswith("utter_known_")}
