"""The clauses of a message: where each lies, and how few there are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.clauses import clauses


def test_each_clause_lies_where_it_was_typed() -> None:
    text = "少发了两件，给我退款~~ 不然差评！！"
    found = clauses(text)
    assert [clause.text for clause in found] == ["少发了两件", "给我退款", "不然差评"]
    assert all(text[clause.start : clause.end] == clause.text for clause in found)


@pytest.mark.parametrize(
    "text",
    ["好，行", "我觉得这个东西真的是非常非常不错", "", "行，那好吧", "，，，，，，，，，，", "好，行，啊，哦，嗯，是"],
)
def test_one_thought_has_no_clauses(text: str) -> None:
    assert clauses(text) == []


def test_a_text_by_the_yard_is_not_read_for_ever() -> None:
    assert len(clauses("真的很不错，" * 1000)) == 20


def test_a_clause_is_never_a_command() -> None:
    assert [clause.text for clause in clauses("东西挺好的，/restart，就这样吧")] == [
        "东西挺好的",
        "restart",
        "就这样吧",
    ]


@given(st.text(max_size=60))
def test_whatever_was_typed(text: str) -> None:
    found = clauses(text)
    assert len(found) != 1
    assert all(text[clause.start : clause.end] == clause.text for clause in found)
    assert all(first.end < second.start for first, second in pairwise(found))
