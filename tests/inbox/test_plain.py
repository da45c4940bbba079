"""An answer for tools that cut: one line, whole figures, the offer and its choices; a marker only where it belongs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.plain import marked, one_line, without
from tests.doors.standin import reply

OFFER = (
    "查到出库时就少了，是我们的问题。"
    "给您补发「纯棉T恤 白色 L码」1件，后天（11月30日）凌晨1点前发出，运费我们出。这样可以吗？"
)


@pytest.mark.parametrize("most", [80, 40])
def test_the_offer_and_its_choices_stay(most: int) -> None:
    line = one_line([reply("我理一下：拍了3件，收到2件，少1件。"), reply(OFFER, "接受", "换个方案")], most)
    assert len(line) <= most and "补发「纯棉T恤 白色 L码」1件" in line and line.endswith("回复1接受 2换个方案")


def test_what_fits_is_said_whole() -> None:
    assert one_line([reply("少1件，对吧？"), reply("发张照片我看看")], 80) == "少1件，对吧？发张照片我看看。"
    assert one_line([], 80) == ""


def test_a_sum_is_never_cut_in_two() -> None:
    line = one_line([reply("退您" + "这个那个" * 8 + "1234.56元")], 40)
    assert len(line) <= 40 and not re.search(r"\d", line)


@given(
    st.lists(
        st.tuples(st.text("退您36.56元，。？！少一件\n ", max_size=90), st.lists(st.text(max_size=30), max_size=4))
    ),
    st.sampled_from([40, 80]),
)
def test_it_is_one_line_and_no_longer(said: list[tuple[str, list[str]]], most: int) -> None:
    line = one_line([reply(text, *titles) for text, titles in said], most)
    assert len(line) <= most and "\n" not in "".join(line.split("回复")[0])


@given(st.text("转人工x", max_size=20), st.text("转人工", min_size=2, max_size=4))
def test_the_marker_is_gone(text: str, marker: str) -> None:
    assert marker not in without(marker, text)


def test_the_marker_ends_what_hands_over() -> None:
    assert marked("转人工", "您要的转人工，马上。", hands_over=True) == "您要的同事，马上。 转人工"
    assert marked(None, "转人工", hands_over=True) == "转人工"
