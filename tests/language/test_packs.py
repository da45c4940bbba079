"""What a title says that one unit holds."""

from __future__ import annotations

import pytest

from bot.language.packs import own_name, pieces


@pytest.mark.parametrize(
    ("title", "count"),
    [
        ("盖碗茶具 六件套", 6),
        ("盖碗茶具 6件套", 6),
        ("陶瓷马克杯 ２只装", 2),
        ("绘本 全两册", 2),
        ("餐具 十二件套", 12),
        ("纯棉毛巾 三条装", 3),
        ("独立包装湿巾", None),
        ("T恤 白色 L码", None),
        ("", None),
    ],
)
def test_pieces(title: str, count: int | None) -> None:
    assert pieces(title) == count


@pytest.mark.parametrize(
    ("title", "name"),
    [("书架(含螺丝包)", "书架"), ("书架（带背板）", "书架"), ("台灯含灯泡", "台灯"), ("袜子", "袜子")],
)
def test_own_name(title: str, name: str) -> None:
    assert own_name(title) == name
