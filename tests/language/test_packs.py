"""What a title says that one unit holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.packs import Pack, own_name, pack, pieces
from tests.language.writers import spoken


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
    ("title", "is_"),
    [
        ("陶瓷马克杯 双只装", Pack(pieces=2)),
        ("纯棉毛巾 三条装*2", Pack(pieces=6)),
        ("矿泉水 24瓶/箱", Pack(pieces=24)),
        ("矿泉水 24瓶/箱*2箱", Pack(pieces=48)),
        ("猫粮500g*3袋", Pack(pieces=3, grams=1500)),
        ("全价猫粮 500g×3", Pack(pieces=3, grams=1500)),
        ("床上六件套", Pack(pieces=6)),
        ("手工皂 买一送一", Pack(pieces=2)),
        ("毛巾 两条装 买1送1", Pack(pieces=4)),
        ("鸡蛋 12枚/盒", Pack(pieces=12)),
        ("唇膏 两支装", Pack(pieces=2)),
        ("苹果 2斤装(约6个)", Pack(grams=1000)),
        ("抽纸 60抽x18包", Pack(pieces=18)),
        ("口红4色礼盒", Pack(pieces=4)),
        ("眼影4色", Pack()),
        ("每日坚果 30包", Pack(pieces=30)),
        ("每日坚果 750g/30包", Pack(pieces=30, grams=750)),
        ("每日坚果 25g*30包", Pack(pieces=30, grams=750)),
        ("五常大米 5kg", Pack(grams=5000)),
        ("保湿面霜 50g", Pack(grams=50)),
        ("红糖 半斤装", Pack()),
        ("亚麻籽油 500ml", Pack()),
        ("足金项链 3.2g", Pack()),
        ("三只松鼠 每日坚果750g", Pack(grams=750)),
        ("名侦探小说集 全6册", Pack(pieces=6)),
        ("收纳箱 承重50kg", Pack()),
        ("北欧书架 五层(含螺丝包、说明书)", Pack(parts=("螺丝包", "说明书"))),
        ("书架（带背板）", Pack(parts=("背板",))),
        ("台灯 附赠灯泡", Pack(parts=("灯泡",))),
        ("电动牙刷 配充电器+刷头", Pack(parts=("充电器", "刷头"))),
        ("猫粮2kg 送2包冻干", Pack(grams=2000, parts=("冻干",))),
        ("羽绒服 送运费险", Pack()),
        ("项链 送女友礼物", Pack()),
        ("冰箱 送货上门", Pack()),
        ("牛奶250ml*16盒 顺丰配送", Pack(pieces=16)),
        ("袜子5双装", Pack(pieces=5)),
        ("纸尿裤 L码64片", Pack(pieces=64)),
        ("T恤 白色 L码", Pack()),
        ("", Pack()),
    ],
)
def test_what_a_title_says_of_one_unit(title: str, is_: Pack) -> None:
    assert pack(title) == is_


@given(st.integers(1, 99), st.integers(1, 99), st.sampled_from(["*", "x", "×", " * "]))
def test_weights_and_counts_are_multiplied(grams: int, count: int, times: str) -> None:
    assert pack(f"猫条 {grams}g{times}{count}支") == Pack(pieces=count, grams=grams * count)
    assert pack(f"毛巾 {spoken(grams)}条装{times}{count}") == Pack(pieces=grams * count)


@pytest.mark.parametrize(
    ("title", "name"),
    [("书架(含螺丝包)", "书架"), ("书架（带背板）", "书架"), ("台灯含灯泡", "台灯"), ("袜子", "袜子")],
)
def test_own_name(title: str, name: str) -> None:
    assert own_name(title) == name
