"""What is asked beside a claim is known in whatever words; a complaint, a wish and an answer never are."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.settings import ROOT
from bot.understanding.knowledge import known, responses
from tests.examples import plain

MESSAGES: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parent / "knowledge.yml").read_text(encoding="utf-8")
)

INTENTS = ("ask_freight", "ask_freight_overcharge", "ask_refund_after_return", "ask_review_management")


def found(text: str, intent: str | None = None) -> str:
    entry = known(text, intent)
    return entry.name if entry else "none"


@pytest.mark.parametrize(("part", "at_least"), [("first", 0.97), ("second", 0.97), ("third", 0.97), ("fourth", 0.95)])
def test_most_questions_are_known_in_other_words_and_none_is_mistaken(part: str, at_least: float) -> None:
    asked = [(name, text) for name, texts in MESSAGES[part].items() for text in texts]
    mistaken = {text: found(text) for name, text in asked if found(text) not in (name, "none")}
    assert mistaken == {}
    right = [found(text) == name for name, text in asked if name != "none"]
    missed = [text for name, text in asked if name != "none" and found(text) == "none"]
    assert sum(right) / len(right) >= at_least, missed


def test_each_is_asked_in_five_ways_at_least() -> None:
    for part in MESSAGES.values():
        assert min(len(texts) for texts in part.values()) >= 3
        assert len(part) == 37 and len(part["none"]) >= 10
    asked = {name: sum(len(part[name]) for part in MESSAGES.values()) for name in MESSAGES["first"]}
    assert min(asked.values()) >= 15


def test_hardly_any_complaint_is_taken_for_a_question() -> None:
    """And most that are do ask something: 快递和你们谁赔."""
    files = [ROOT / "data" / "nlu.yml", *(ROOT / "data" / "nlu").glob("re[pq]*.yml")]
    said = [(block["intent"], line) for file in files for block in read(file) for line in lines(block)]
    taken = [line for intent, line in said if known(line, intent)]
    assert len(said) > 10_000 and len(taken) < len(said) / 500, taken


def read(file: Path) -> list[dict[str, str]]:
    return [block for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"] if "intent" in block]


def lines(block: dict[str, str]) -> list[str]:
    return [plain(line.removeprefix("- ")) for line in block["examples"].splitlines()]


@pytest.mark.parametrize("intent", ["request_human", "platform_stepped_in", "withdraw_claim", "accept_offer"])
def test_what_settles_something_is_never_a_question(intent: str) -> None:
    assert found("补发的运费谁出") == "who_pays"
    assert found("补发的运费谁出", intent) == "none"


@pytest.mark.parametrize(
    ("text", "name"),
    [("退货了商家不退款怎么办", "refund_after_return"), ("商家就是不给补怎么办", "will_it_be_made_good")],
)
def test_near_ones_are_told_apart(text: str, name: str) -> None:
    assert found(text) == name


def test_a_wish_is_one_whatever_is_asked_in_it() -> None:
    assert known("寄来还有什么用，把钱退了", "request_refund") is None
    assert found("退款怎么操作", "request_refund") == "refund_path"


def test_a_complaint_that_names_an_item_stays_one() -> None:
    assert known("少发一双袜子平台怎么罚", "report_short_shipment", names=True) is None
    assert known("少发货平台怎么罚", "report_short_shipment") is not None


@pytest.mark.parametrize("text", ["", " ", "？？", "🌸", "0", "吗" * 500])
def test_what_says_nothing_asks_nothing(text: str) -> None:
    assert known(text) is None


def test_every_response_is_written() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
    assert set(responses()) == {name for name in domain if name.startswith("utter_known_")} | {
        f"utter_{name}" for name in INTENTS
    }
