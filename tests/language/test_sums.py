"""What a buyer asks for while haggling: the sum to the fen, whether it comes on top, and what only looks like one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.sums import Sum, find_sums, named_sum
from tests.language.sentences import sentences
from tests.language.writers import spelled_sums


@pytest.mark.parametrize("sentence", sentences("sums.yml"))
def test_sentence(sentence: dict[str, Any]) -> None:
    haggling = sentence.get("haggling", True)
    assert find_sums(sentence["text"], haggling=haggling) == sentence["sums"]
    if "named" in sentence:
        named = sentence["named"]
        wanted = None if named is None else Sum(named, sentence.get("on_top", False))
        assert named_sum(sentence["text"], haggling=haggling) == wanted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("赔我20", Sum(2000)),
        ("赔我500块", Sum(50000)),
        ("退我35.5", Sum(3550)),
        ("不行，至少100", Sum(10000)),
        ("不要8块，要18", Sum(1800)),
        ("5块太少了，起码20", Sum(2000)),
        ("低于20不行", Sum(2000)),
        ("20块行不行", Sum(2000)),
        ("要不要20块", Sum(2000)),
        ("赶快20块", Sum(2000)),
        ("三十块，不能再少了", Sum(3000)),
        ("给三十", Sum(3000)),
        ("再加20块", Sum(2000, on_top=True)),
        ("能不能再补偿3块钱", Sum(300, on_top=True)),
        ("补发再给我3块", Sum(300, on_top=True)),
        ("补一件，另外退我10元", Sum(1000, on_top=True)),
        ("退60%", None),
        ("赔三倍", None),
        ("补2件就行", None),
        ("打八折", None),
        ("三天内给我", None),
        ("再多给点", None),
        ("百分之三十", None),
        ("订单4012345678901234567", None),
        ("", None),
    ],
)
def test_haggling(text: str, expected: Sum | None) -> None:
    assert named_sum(text, haggling=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("那36就36吧", Sum(3600)),
        ("15块就15 快点", Sum(1500)),
        ("行，退我30块", Sum(3000)),
        ("第1个吧", None),
        ("接受 1", None),
        ("好的，2件就2件", None),
    ],
)
def test_agreeing(text: str, expected: Sum | None) -> None:
    assert named_sum(text, haggling=False) == expected


WORDS = "赔 20 三 块 毛 . 元 几 到 - 包邮 不要 再 万 k 11月20号 ￥ ，"
SCRAPS = st.lists(st.sampled_from(WORDS.split()) | st.characters())


@given(SCRAPS.map("".join), st.booleans())
def test_any_text_can_be_read(text: str, haggling: bool) -> None:
    sums = find_sums(text, haggling=haggling)
    named = named_sum(text, haggling=haggling)
    assert all(fen > 0 for fen in sums)
    assert named is None or named.fen in sums


@given(st.integers(1, 9_999_999).flatmap(lambda fen: st.tuples(st.just(fen), st.sampled_from(spelled_sums(fen)))))
def test_a_sum_is_read_back_however_it_is_written(written: tuple[int, str]) -> None:
    fen, text = written
    assert find_sums(text, haggling=True) == [fen]
    assert named_sum(f"退我{text}吧", haggling=True) == Sum(fen)


@given(st.integers(100, 9_999_900).flatmap(lambda fen: st.tuples(st.just(fen), st.sampled_from(spelled_sums(fen)))))
def test_a_range_is_no_sum(written: tuple[int, str]) -> None:
    fen, text = written
    assert find_sums(f"{text}到{fen // 100 + 1}元", haggling=True) == []
