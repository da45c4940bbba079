"""Another's goods, or a parcel that nobody has: told from a shortage by their words."""

from __future__ import annotations

import pytest

from bot.understanding.problems import problem

SHORT = "report_short_shipment"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("拆开一看装的是别人家的货", "report_wrong_item"),
        ("怎么把人家的东西寄给我了", "report_wrong_item"),
        ("我拍的是水壶 寄来的竟是雨伞", "report_wrong_item"),
        ("明明该发蓝牙音箱，结果来的是台灯", "report_wrong_item"),
        ("给我锅盖干嘛", "report_wrong_item"),
        ("显示妥投了 可我压根没见到", "report_not_received"),
        ("没拿到呀，怎么就写签收了", "report_not_received"),
        ("这是谁签的", "report_not_received"),
        ("签收了，但是里面少一瓶", None),
        ("我买的是三件套，结果来的只有两件", None),
        ("已经签收，没见到赠品在里面，只有主机", None),
        ("货不对板，礼品没给", None),
        ("货不对板，投诉也没人理", "report_wrong_item"),
        ("杯子少了一个", None),
        ("好的", None),
        ("", None),
    ],
)
def test_what_it_is(text: str, intent: str | None) -> None:
    assert problem(text, SHORT) == intent


@pytest.mark.parametrize(
    ("text", "intent"), [("货没到全", SHORT), ("你们没都发给我啊", SHORT), ("收到的不齐", SHORT), ("包裹没到", None)]
)
def test_what_came_in_part_is_short(text: str, intent: str | None) -> None:
    assert problem(text, "report_not_received") == intent


@pytest.mark.parametrize("intent", [None, "accept_offer", "request_human", "give_quantity", "ask_progress"])
def test_what_was_read_as_something_else_for_good_stays_that(intent: str | None) -> None:
    assert problem("这是谁签的", intent) is None
