"""Where words end, with and without the shop's own word lists."""

from __future__ import annotations

from pathlib import Path

import jieba
import pytest

from bot.language.clauses import clauses
from bot.language.words import Cutter, WordListError, word_lists

DICTIONARY = Path(__file__).resolve().parents[2] / "dictionary"


@pytest.fixture(scope="module")
def cutter() -> Cutter:
    return Cutter(DICTIONARY)


def test_a_word_of_the_shop_is_one_word_only_with_its_list(tmp_path: Path) -> None:
    (tmp_path / "shop.txt").write_text("猫抓板板 20000 nz\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("少发了一件\n", encoding="utf-8")
    assert [path.name for path in word_lists(tmp_path)] == ["shop.txt"]
    assert Cutter(tmp_path).cut(" 貓抓板板") == [("猫抓板板", 1)]
    assert len(Cutter().cut("猫抓板板")) > 1
    assert "猫抓板板" not in jieba.dt.FREQ


def test_words_cover_all_but_white_space(cutter: Cutter) -> None:
    text = " 少\u200b發 ＡＢ，了\t2件 "
    found = cutter.cut(text)
    places = {place for word, start in found for place in range(start, start + len(word))}
    assert places == {place for place, letter in enumerate(text) if not letter.isspace() and letter != "\u200b"}


def test_a_file_that_is_no_word_list_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WordListError, match=r"shop\.txt: no jieba word list"):
        Cutter(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["书很好，物流也快，包装结实，就是书签没给", "少了一件T恤 给我退款… ok？3.5斤~只有3斤", "拍了12，000件；来了1"],
)
def test_no_word_reaches_from_one_clause_into_the_next(cutter: Cutter, text: str) -> None:
    """The classifier takes the words of a clause from those of the message."""
    words = cutter.cut(text)
    for clause in clauses(text):
        inside = [word for word, start in words if clause.start <= start and start + len(word) <= clause.end]
        assert inside == [word for word, _ in cutter.cut(clause.text)]
