"""What is said of goods in pinyin, in characters; the names of the goods stay as they are typed."""

from __future__ import annotations

import pytest

from bot.language.pinyin import in_characters


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("yong mao mei shou dao", "yongmao没收到"),
        ("mei you wa zi", "没有wazi"),
        ("wo mai de mao liang shao fa 1 dai", "我买的maoliang少发1 dai"),
        ("hello there", "hello there"),
        ("泳帽 mei you", "泳帽 mei you"),
    ],
)
def test_the_words_of_a_complaint_are_read(typed: str, read: str) -> None:
    assert in_characters(typed) == read
