"""What is waited for weighs, and what it weighs is data."""

from __future__ import annotations

import pytest

from bot.understanding.expectations import waited_for, weighed


def test_the_likeliest_answer_comes_first_and_all_add_up_to_one() -> None:
    here = weighed({"counter_offer": 0.6, "give_quantity": 0.4}, None, "missing")
    assert list(here) == ["give_quantity", "counter_offer"] and sum(here.values()) == pytest.approx(1)


def test_where_nothing_is_waited_for_the_words_alone_count() -> None:
    guesses = {"counter_offer": 0.6, "give_quantity": 0.4}
    assert not waited_for(None, None) and not waited_for("closed", None)
    assert weighed(guesses, "closed", None) == guesses
    assert weighed({}, "offered", None) == {}


def test_what_a_form_asks_for_counts_more_than_the_stage() -> None:
    assert waited_for("offered", None) and waited_for(None, "item")
    guesses = {"accept_offer": 0.5, "give_item": 0.5}
    assert next(iter(weighed(guesses, "offered", "item"))) == "give_item"
