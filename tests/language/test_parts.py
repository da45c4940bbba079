"""The names of things that a message says are missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.parts import bare, is_gift, is_part, lacking


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("少了壶盖", ["壶盖"]),
        ("壶盖也没有", ["壶盖"]),
        ("就差一个壶盖", ["壶盖"]),
        ("缺的是里面那块隔板", ["隔板"]),
        ("说好的手提袋呢", ["手提袋"]),
        ("手提袋去哪了", ["手提袋"]),
        ("少了 那个遥控器", ["遥控器"]),
        ("没有说明书也没有扳手", ["说明书", "扳手"]),
        ("少了扳手和垫片", ["扳手", "垫片"]),
        ("書櫃嘅說明書冇咗", ["说明书"]),
        ("没有外盒怎么送人", ["外盒"]),
        ("杯子没少，缺杯刷", ["杯刷"]),
        ("相机没来", ["相机"]),
        ("没说清", []),
        ("差1只才齐", []),
        ("冇得装", []),
        ("没有想到", []),
        ("少了一件", []),
        ("没有照片", []),
        ("少东西了", []),
        ("漏了一地", []),
        ("缺德", []),
        ("", []),
    ],
)
def test_what_is_missing(text: str, names: list[str]) -> None:
    assert [thing.name for thing in lacking(text)] == names


@pytest.mark.parametrize("name", ["锅盖", "充电线", "说明书", "背带", "礼盒", "螺丝", "遥控器"])
def test_names_of_parts(name: str) -> None:
    assert is_part(name) and not is_gift(name)
    assert all(thing.is_part for thing in lacking(f"没有{name}"))


def test_what_is_no_part() -> None:
    assert not is_part("围巾") and is_gift("赠品") and not is_part("赠品")


def test_what_a_title_is_dressed_in() -> None:
    assert bare("茶叶 礼盒装").strip() == "茶叶"


@given(st.text(alphabet="少缺没有锅盖的了呢，。 一个和也里面充电线", max_size=40))
def test_any_text_is_read(text: str) -> None:
    assert all(thing.name in text for thing in lacking(text))
