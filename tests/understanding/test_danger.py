"""What goes to a person at once; ordinary anger and product words do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import ROOT
from bot.understanding.danger import Danger, danger_in
from tests.examples import examples

TABLE = yaml.safe_load(Path(__file__).with_name("danger.yml").read_text(encoding="utf-8"))

ORDINARY: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("ordinary.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["text"])
def test_what_is_pressing_is_seen(row: dict[str, Any]) -> None:
    found = danger_in(row["text"])
    assert (found and found.value) == row["is"]


def test_anger_goods_and_figures_of_speech_hardly_ever_call_a_person() -> None:
    said = [text for texts in ORDINARY.values() for text in texts]
    called = [text for text in said if danger_in(text)]
    assert len(set(said)) >= 300 and len(called) <= len(said) / 300, called


def test_of_all_that_buyers_say_hardly_anything_is() -> None:
    """And most of it is true: 吃完拉肚子, 热水壶漏电."""
    said = examples()
    pressing = [text for text in said if danger_in(text)]
    assert len(said) > 30_000 and len(pressing) < len(said) / 1000


@pytest.mark.parametrize("danger", Danger)
def test_each_has_words_that_name_what_to_do_first(danger: Danger) -> None:
    responses = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
    (response,) = responses[f"utter_{danger.value}"]
    assert "同事" in response["text"] and len(response["text"]) <= 100
