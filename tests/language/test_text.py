from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.text import normalize, squeeze

ANYTHING = st.text(st.characters(blacklist_categories=[]))  # lone surrogates too


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("買３送１ 贈品冇", "买3送1 赠品冇"),
        ("ＳＦ１２３，少發", "sf123,少发"),
        ("T恤", "t恤"),
        ("少\u200b发", "少 发"),
        ("少\x00\t发\n", "少  发 "),
        ("半个\ud83d", "半个 "),
        ("❤\ufe0f", "❤ "),
        ("İ㈠ﬁ", "İ㈠ﬁ"),  # would grow longer, so they stay
        ("", ""),
    ],
)
def test_one_spelling_for_many(typed: str, plain: str) -> None:
    assert normalize(typed) == plain


@given(ANYTHING)
def test_length_never_changes(text: str) -> None:
    plain = normalize(text)
    assert len(plain) == len(text)
    plain.encode("utf-8")
    squeeze(plain)


def test_length_is_kept_where_a_phrase_would_shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shrinking:
        def convert(self, text: str) -> str:
            return text if len(text) == 1 else text[1:]

    monkeypatch.setattr("bot.language.text._simplifier", Shrinking)
    assert normalize("少发了") == "少发了"


@pytest.mark.parametrize(
    ("plain", "squeezed"),
    [
        ("少 发 了 3 件", "少发了0件"),
        ("shao  fa le", "shao fa le"),
        ("少了!!!!!!", "少了!!"),
        ("订单4012345678901234567少了12件", "订单#少了0件"),
        ("看 https://item.taobao.com/a?id=1 这个", "看@这个"),
    ],
)
def test_squeezed_for_the_classifier(plain: str, squeezed: str) -> None:
    assert squeeze(plain) == squeezed
