"""What a title says that one unit holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.packs import (
    Of,
    Pack,
    holds_pieces,
    own_name,
    pack,
    pieces,
    said_of,
    said_set,
    says_incomplete,
    says_share,
)
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
        ("陶瓷马克杯 双只装", Pack(pieces=2, measure="只")),
        ("纯棉毛巾 三条装*2", Pack(pieces=6, measure="条")),
        ("矿泉水 24瓶/箱", Pack(pieces=24, measure="瓶")),
        ("矿泉水 24瓶/箱*2箱", Pack(pieces=48, measure="瓶")),
        ("猫粮500g*3袋", Pack(pieces=3, grams=1500, measure="袋")),
        ("全价猫粮 500g×3", Pack(pieces=3, grams=1500)),
        ("床上六件套", Pack(pieces=6, measure="件")),
        ("手工皂 买一送一", Pack(pieces=2)),
        ("毛巾 两条装 买1送1", Pack(pieces=4, measure="条")),
        ("鸡蛋 12枚/盒", Pack(pieces=12, measure="枚")),
        ("唇膏 两支装", Pack(pieces=2, measure="支")),
        ("苹果 2斤装(约6个)", Pack(grams=1000)),
        ("抽纸 60抽x18包", Pack(pieces=18, measure="包")),
        ("口红4色礼盒", Pack(pieces=4)),
        ("眼影4色", Pack()),
        ("每日坚果 30包", Pack(pieces=30, measure="包")),
        ("每日坚果 750g/30包", Pack(pieces=30, grams=750, measure="包")),
        ("每日坚果 25g*30包", Pack(pieces=30, grams=750, measure="包")),
        ("五常大米 5kg", Pack(grams=5000)),
        ("保湿面霜 50g", Pack(grams=50)),
        ("红糖 半斤装", Pack()),
        ("亚麻籽油 500ml", Pack()),
        ("足金项链 3.2g", Pack()),
        ("三只松鼠 每日坚果750g", Pack(grams=750)),
        ("名侦探小说集 全6册", Pack(pieces=6, measure="册", is_volumes=True)),
        ("收纳箱 承重50kg", Pack()),
        ("北欧书架 五层(含螺丝包、说明书)", Pack(parts=("螺丝包", "说明书"))),
        ("书架（带背板）", Pack(parts=("背板",))),
        ("台灯 附赠灯泡", Pack(parts=("灯泡",))),
        ("电动牙刷 配充电器+刷头", Pack(parts=("充电器", "刷头"))),
        ("猫粮2kg 送2包冻干", Pack(grams=2000, parts=("冻干",))),
        ("羽绒服 送运费险", Pack()),
        ("项链 送女友礼物", Pack()),
        ("冰箱 送货上门", Pack()),
        ("牛奶250ml*16盒 顺丰配送", Pack(pieces=16, measure="盒")),
        ("袜子5双装", Pack(pieces=5, measure="双")),
        ("纸尿裤 L码64片", Pack(pieces=64, measure="片")),
        ("不粘炒锅+锅铲套装", Pack(things=("不粘炒锅", "锅铲"))),
        ("泳镜+泳帽", Pack(things=("泳镜", "泳帽"))),
        ("复合维生素 A+B", Pack()),
        ("T恤 白色 L码", Pack()),
        ("", Pack()),
    ],
)
def test_what_a_title_says_of_one_unit(title: str, is_: Pack) -> None:
    assert pack(title) == is_


@given(st.integers(1, 99), st.integers(1, 99), st.sampled_from(["*", "x", "×", " * "]))
def test_weights_and_counts_are_multiplied(grams: int, count: int, times: str) -> None:
    assert pack(f"猫条 {grams}g{times}{count}支") == Pack(pieces=count, grams=grams * count, measure="支")
    assert pack(f"毛巾 {spoken(grams)}条装{times}{count}") == Pack(pieces=grams * count, measure="条")


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("其中一袋就四双", Of.ONE),
        ("我这一盒里头才五支", Of.ONE),
        ("两盒都少一支", Of.EACH),
        ("每袋只有四双", Of.EACH),
        ("加起来才九双", Of.ALL),
        ("袜子少了一双", None),
    ],
)
def test_of_what_the_figures_are_said(text: str, of: Of | None) -> None:
    assert said_of(text) is of


@pytest.mark.parametrize(
    ("text", "share", "incomplete"),
    [
        ("蜂蜜洒了一半", True, False),
        ("麦片少了小半袋", True, False),
        ("三分之一没了", True, False),
        ("两袋半价买的", False, False),
        ("这套餐具不成套", False, True),
        ("勺子缺了几把", False, True),
        ("少了两把", False, False),
    ],
)
def test_how_much_is_missing_may_stay_open(text: str, share: bool, incomplete: bool) -> None:
    assert (says_share(text), says_incomplete(text)) == (share, incomplete)


@pytest.mark.parametrize(
    ("text", "title", "is_it"),
    [
        ("六件套里少了一只杯子", "盖碗茶具 六件套", True),
        ("六件套里少了一只杯子", "弹力带 五件套", False),
        ("六件套少一件", "名侦探小说集 全6册", False),
        ("全套6本，缺一本", "名侦探小说集 全6册", True),
        ("一套五根的少一根", "弹力带 五件套", True),
        ("双只装的只有一只", "陶瓷马克杯 双只装", True),
        ("双只装的只有一只", "棉袜 双条装", False),
    ],
)
def test_which_set_is_spoken_of(text: str, title: str, is_it: bool) -> None:
    said = said_set(text)
    assert said is not None and said.is_of(title) is is_it


def test_what_is_bought_or_missing_is_no_set() -> None:
    assert [said_set(text) for text in ("买了六件少一件", "少一套", "一套少一件", "一件套")] == [None] * 4


def test_what_holds_pieces_is_no_piece() -> None:
    assert holds_pieces("包") and not holds_pieces("条") and not holds_pieces(None)


@pytest.mark.parametrize(
    ("title", "name"),
    [("书架(含螺丝包)", "书架"), ("书架（带背板）", "书架"), ("台灯含灯泡", "台灯"), ("袜子", "袜子")],
)
def test_own_name(title: str, name: str) -> None:
    assert own_name(title) == name
