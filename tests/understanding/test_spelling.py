"""Words by their sound, and what only sounds like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.spelling import Spelling

SPELLING = Spelling(["补发", "退款", "可以", "不要"], ["吧", "了", "就"])


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [("补法吧", "补发吧"), ("可已了", "可以了"), ("tuikuan ba", "退款吧"), ("bu yao bu fa", "不要补发")],
)
def test_what_sounds_like_a_word_is_it(typed: str, spelt: str) -> None:
    assert SPELLING.spell(typed) == spelt


@pytest.mark.parametrize("typed", ["可疑", "步伐", "不发", "ok", "le ba", "hello"])
def test_another_word_stays_what_it_is(typed: str) -> None:
    assert SPELLING.spell(typed) == typed


@given(st.text(alphabet="不没别莫退补款发可以吧", max_size=12))
def test_no_refusal_is_made_or_unmade(typed: str) -> None:
    assert [char in "不没别莫" for char in SPELLING.spell(typed)] == [char in "不没别莫" for char in typed]
