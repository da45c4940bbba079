from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language import entities
from bot.language.entities import EntityPatterns, PatternError, find_entities
from bot.language.text import normalize

SCRAPS = st.lists(
    st.sampled_from(
        ["少", "件", "50", "块", "一百", "元", "SF", "4012345678901234567", "顺丰", "号", "月", "昨天", ".", "￥", " "]
    )
    | st.characters(blacklist_categories=[])
).map("".join)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("订单4012345678901234567少发了", [("order_number", "4012345678901234567")]),
        ("单号１２３４５６７８９０１２３４５", [("order_number", "123456789012345")]),
        ("1" * 21, []),
        ("sf1234567890123到了", [("tracking_number", "SF1234567890123")]),
        ("JDVA00012345678", [("tracking_number", "JDVA00012345678")]),
        ("EA123456789CN", [("tracking_number", "EA123456789CN")]),
        ("运单773012345678", [("tracking_number", "773012345678")]),
        ("打我13812345678", [("phone_number", "13812345678")]),
        ("順豐送的", [("courier", "顺丰")]),
        ("ZTO、邮政EMS", [("courier", "中通"), ("courier", "EMS")]),
        ("昨天到的", [("date", "昨天")]),
        ("今天早上签收", [("date", "今天早上")]),
        ("11月20日下单", [("date", "11月20日")]),
        ("上周五买的", [("date", "上周五")]),
        ("三天前", [("date", "三天前")]),
        ("2024-11-20", [("date", "2024-11-20")]),
        ("3号到的", [("date", "3号")]),
        ("5号袋没有", []),
        ("第3号", []),
        ("iPhone 13", []),
        ("最后差三块", []),
        ("收到两块肥皂", []),
        ("少了一块层板", []),
    ],
)
def test_found(text: str, found: list[tuple[str, str]]) -> None:
    assert [(entity.label, entity.value) for entity in find_entities(text)] == found


@pytest.mark.parametrize(
    ("text", "typed", "fen"),
    [
        ("赔我50元", "50元", 5000),
        ("五十块行吗", "五十块", 5000),
        ("退50块5", "50块5", 5050),
        ("￥30吧", "￥30", 3000),
        ("¥ 30.5", "¥ 30.5", 3050),
        ("29.9元", "29.9元", 2990),
        ("三块五毛钱", "三块五毛钱", 350),
        ("五毛", "五毛", 50),
        ("1万元", "1万元", 1_000_000),
        ("一百来块", "一百来块", None),
        ("几十块", "几十块", None),
        ("50多块钱", "50多块钱", None),
        ("30元一件", "30元", 3000),
    ],
)
def test_money(text: str, typed: str, fen: int | None) -> None:
    (money,) = find_entities(text)
    assert (money.label, money.value, money.fen) == ("money", typed, fen)


@settings(deadline=None)
@given(SCRAPS)
def test_offsets_point_into_what_was_typed(text: str) -> None:
    last = 0
    for entity in find_entities(text):
        assert last <= entity.start < entity.end <= len(text)
        last = entity.end
        if entity.label in {"phone_number", "tracking_number"}:
            assert normalize(text[entity.start : entity.end]).upper() == entity.value
        if entity.label == "order_number":
            assert re.sub("[^0-9]", "", normalize(text[entity.start : entity.end])) == re.sub("-", "", entity.value)
        assert entity.fen is None or entity.fen >= 0


@pytest.mark.parametrize("scrap", ["一", "1", "5元", "abc1", "少了一件，", "\ud83d", "\x00", "¥ "])
def test_text_by_the_yard(scrap: str) -> None:
    text = (scrap * 10_000)[:10_000]
    find_entities("")
    start = time.perf_counter()
    find_entities(text)
    assert time.perf_counter() - start < 1


def test_words_seen_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    patterns = EntityPatterns.load()
    fresh = len(patterns._language.vocab.strings)
    monkeypatch.setattr(entities, "_MOST_STRINGS", fresh + 50)
    for number in range(200):
        assert patterns.find(f"{10**18 + number}")
    assert len(patterns._language.vocab.strings) < fresh + 60


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no pattern"),
        ("{", ":1: no JSON"),
        ('\n{"label": "date"}', ':2: needs "label" and "pattern"'),
        ('{"label": "date", "pattern": [{"TEXTT": "a"}]}', "spaCy refuses"),
    ],
)
def test_bad_patterns_are_named(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "entities.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PatternError, match=says):
        EntityPatterns.load(path)


def test_no_patterns(tmp_path: Path) -> None:
    with pytest.raises(PatternError, match="cannot be read"):
        EntityPatterns.load(tmp_path / "none.jsonl")
