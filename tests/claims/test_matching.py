from __future__ import annotations

import pytest

from bot.claims.matching import ambiguous, mentioned, overlap
from tests.claims.builders import line

SWIM = [line("速干泳衣 女款"), line("硅胶泳帽 黑色"), line("防雾泳镜 高清")]
SHIRTS = [line("纯棉T恤 白色 L码"), line("纯棉T恤 黑色 L码"), line("运动长裤 灰色")]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("泳镜没收到", ["防雾泳镜 高清"]),
        ("少发了泳帽和泳镜", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("收到的只有泳衣", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("泳衣收到了,泳帽没有", ["硅胶泳帽 黑色"]),
        ("少了一件", []),
    ],
)
def test_the_lines_that_are_said_to_be_short(text: str, titles: list[str]) -> None:
    assert [item.title for item in mentioned(text, SWIM)] == titles


def test_a_colour_tells_two_shirts_apart() -> None:
    assert [item.title for item in mentioned("黑色T恤少了一件", SHIRTS)] == ["纯棉T恤 黑色 L码"]


def test_words_that_fit_two_titles_alike_are_ambiguous() -> None:
    found = mentioned("T恤少了一件", SHIRTS)
    assert len(found) == 2
    assert ambiguous("T恤少了一件", found)
    assert not ambiguous("少发了泳帽和泳镜", mentioned("少发了泳帽和泳镜", SWIM))


def test_overlap_ranks_orders() -> None:
    assert overlap("黑色T恤", SHIRTS) > overlap("长裤", SHIRTS) > overlap("碗", SHIRTS) == 0
