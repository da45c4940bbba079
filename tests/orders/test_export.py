"""What 千牛 exports, read into orders: which columns mean what, what is refused and why, and that the money adds up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.claims.deadlines import SHANGHAI
from bot.claims.model import LineStatus, Order, OrderLine, Parcel, ParcelState, Platform
from bot.orders.export_format import Place, Skipped, collect
from bot.orders.export_order import Refused, to_order
from bot.orders.sheets import SheetError, Table
from bot.orders.validity import check
from tests.orders.exports import ORDER_ID, SheetRow, item, listed


def table(rows: Sequence[SheetRow], name: str = "a.csv", first: int = 1) -> Table:
    cells = [list(rows[0]), *([row.get(column, "") for column in rows[0]] for row in rows)]
    return Table(name, name, iter(list(enumerate(cells, first))))


def read(*sheets: Sequence[SheetRow]) -> Order:
    (draft,), skipped = collect([table(rows, f"{number}.csv") for number, rows in enumerate(sheets)])
    assert not skipped
    order = to_order(draft, Platform.TMALL)
    check(order)
    return order


def refusal(*sheets: Sequence[SheetRow]) -> str:
    with pytest.raises(Refused) as refused:
        read(*sheets)
    return str(refused.value)


def amounts(order: Order) -> list[tuple[int, int]]:
    return [(line.paid_fen, line.refunded_fen) for line in order.lines]


# --- what an order becomes ---


def test_a_row_of_the_order_list_is_an_order() -> None:
    assert read([listed()]) == Order(
        order_id=ORDER_ID,
        buyer_id="小鱼儿",
        platform=Platform.TMALL,
        paid_total_fen=10969,
        shipping_fen=0,
        lines=(OrderLine(sku="纯棉T恤", title="纯棉T恤", quantity=3, paid_fen=10969),),
        parcels=(Parcel("YT8812345678901", "圆通速递", ParcelState.SHIPPED, {}),),
        placed_at=datetime(2026, 11, 18, 2, 2, 11, tzinfo=timezone.utc),
    )


def test_list_and_items_make_an_order_of_several_lines() -> None:
    order = read(
        [listed(买家实际支付金额="65.00", 买家应付邮费="5", 宝贝种类="2")],
        [
            item(1, 购买数量="2", 买家实付金额="40.00"),
            item(2, 商品标题="袜子", 商品属性="", 购买数量="1", 买家实付金额="20.00"),
        ],
    )
    assert [(line.sku, line.title, line.quantity, line.paid_fen) for line in order.lines] == [
        ("SKU-1", "纯棉T恤 白色 L码", 2, 4000),
        ("SKU-2", "袜子", 1, 2000),
    ]
    assert (order.paid_total_fen, order.shipping_fen) == (6500, 500)


def test_the_items_may_come_first() -> None:
    assert read([item()], [listed()]) == read([listed()], [item()])


def test_the_newer_names_of_the_columns_mean_the_same() -> None:
    old = listed(确认收货时间="2026-11-25 09:00:00")
    names = {
        "订单编号": "主订单编号",
        "买家实际支付金额": "买家实付金额",
        "宝贝标题": " 商品标题 ",
        "订单创建时间": "买家下单时间",
        "物流单号": "运单号",
    }
    new = {names.get(name, name): value for name, value in old.items()}
    assert read([new]) == read([old])
    assert read([old]).confirmed_at == datetime(2026, 11, 25, 1, tzinfo=timezone.utc)


def test_names_telephones_and_addresses_are_never_read() -> None:
    (draft,), _ = collect([table([listed()])])
    said = repr(draft)
    assert not any(private in said for private in ("张三丰", "文一西路", "13812345678"))


def test_one_sheet_may_have_both_with_the_orders_cells_merged() -> None:
    first = listed(买家实际支付金额="65.00", 买家应付邮费="5") | item(1, 主订单编号="", 购买数量="1", 商品价格="40")
    del first["主订单编号"], first["买家实付金额"]
    second = {name: "" for name in first} | {"商品标题": "袜子", "商品价格": "20", "购买数量": "1", "商家编码": "S"}
    order = read([first, second])
    assert [(line.sku, line.paid_fen) for line in order.lines] == [("SKU-1", 4000), ("S", 2000)]


def test_a_title_may_stand_above_the_header() -> None:
    rows = table([listed()], first=3)
    above = Table("a.csv", "a.csv", iter([(1, ["订单导出 2026-11-18"]), *rows.rows]))
    (draft,), _ = collect([above])
    assert draft.place == Place("a.csv", 4)


def test_the_same_items_in_two_files_are_not_doubled_and_others_are_added() -> None:
    total = [listed(买家实际支付金额="30")]
    one, two = item(1, 买家实付金额="10"), item(2, 买家实付金额="20")
    assert len(read(total, [one, two], [one, two]).lines) == 2
    assert len(read(total, [one], [two]).lines) == 2
    for row in (one, two):
        del row["子订单编号"]
    assert len(read(total, [one, two], [one, two]).lines) == 2


def test_a_newer_sheet_in_the_same_run_counts() -> None:
    order = read([listed(订单状态="买家已付款,等待卖家发货", 物流单号="")], [listed()])
    assert [parcel.state for parcel in order.parcels] == [ParcelState.SHIPPED]


def test_the_same_code_twice_in_an_order_stays_two_lines() -> None:
    order = read(
        [listed(买家实际支付金额="30")],
        [item(1, 商家编码="A", 买家实付金额="10"), item(2, 商家编码="A", 买家实付金额="20")],
    )
    assert [line.sku for line in order.lines] == ["A", "A#2"]


# --- money ---


@pytest.mark.parametrize(
    ("paid", "postage", "own", "shares"),
    [
        ("65", "5", ["40", "20"], [4000, 2000]),  # they add up
        ("60.01", "0", ["40", "40"], [3001, 3000]),  # a discount on the whole order; largest remainder
        ("1,258.00", "10", ["899", "400"], [86370, 38430]),
        ("30", "0", ["30", "0"], [3000, 0]),  # a free gift
        ("¥６０．００", "", ["40元", "20.0"], [4000, 2000]),
    ],
)
def test_each_item_gets_what_was_paid_for_it(paid: str, postage: str, own: list[str], shares: list[int]) -> None:
    items = [item(number, 买家实付金额=amount) for number, amount in enumerate(own, 1)]
    order = read([listed(买家实际支付金额=paid, 买家应付邮费=postage)], items)
    assert [line.paid_fen for line in order.lines] == shares


def test_the_only_items_own_amount_holds_the_postage() -> None:
    order = read([listed(买家实际支付金额="26", 买家应付邮费="6")], [item(买家实付金额="26")])
    assert (order.lines[0].paid_fen, order.shipping_fen, order.paid_total_fen) == (2000, 600, 2600)


def test_without_own_amounts_prices_share() -> None:
    rows = [item(1, 商品价格="10", 购买数量="3"), item(2, 商品价格="30", 购买数量="1")]
    for row in rows:
        del row["买家实付金额"]
    assert [line.paid_fen for line in read([listed(买家实际支付金额="30")], rows).lines] == [1500, 1500]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 99)), min_size=1, max_size=8),
    st.integers(0, 10**7),
    st.integers(0, 5000),
)
def test_shares_add_up_whatever_the_discount(bought: list[tuple[int, int]], goods: int, postage: int) -> None:
    rows = [item(n, 购买数量=str(count), 买家实付金额=yuan(price)) for n, (price, count) in enumerate(bought, 1)]
    total = [listed(买家实际支付金额=yuan(goods + postage), 买家应付邮费=yuan(postage))]
    if goods and len(bought) > 1 and not any(price for price, _ in bought):
        assert "都是0" in refusal(total, rows)
        return
    if len(bought) > 1 and goods > sum(price for price, _ in bought):
        assert "怕是少了几行" in refusal(total, rows)
        return
    order = read(total, rows)
    assert sum(line.paid_fen for line in order.lines) == goods
    assert (order.paid_total_fen, order.shipping_fen) == (goods + postage, postage)


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


# --- refunds ---


@pytest.mark.parametrize(
    ("paid", "own", "refunds", "read_as"),
    [
        ("60", ["40", "20"], ["", "20"], [(4000, 0), (2000, 2000)]),
        ("60", ["40", "20"], ["", "5.5"], [(4000, 0), (2000, 550)]),
        ("60", ["40", "0"], ["", "20"], [(4000, 0), (2000, 2000)]),  # its own 实付 is what is left of it
    ],
)
def test_what_was_given_back_is_known_for_each_item(
    paid: str, own: list[str], refunds: list[str], read_as: list[tuple[int, int]]
) -> None:
    rows = [
        item(n, 买家实付金额=amount, 退款状态="退款成功" if back else "没有申请退款", 退款金额=back or "无退款申请")
        for n, (amount, back) in enumerate(zip(own, refunds, strict=True), 1)
    ]
    order = read([listed(买家实际支付金额=paid)], rows)
    assert amounts(order) == read_as
    assert [line.status is LineStatus.REFUNDED for line in order.lines] == [a == b for a, b in read_as]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("买家已经申请退款，等待卖家同意", LineStatus.REFUND_OPEN),
        ("退款中", LineStatus.REFUND_OPEN),
        ("没有申请退款", LineStatus.NORMAL),
        ("退款关闭", LineStatus.NORMAL),
        ("卖家拒绝退款", LineStatus.NORMAL),
    ],
)
def test_a_refund_that_is_asked_for_is_known(said: str, status: LineStatus) -> None:
    order = read([listed(买家实际支付金额="40")], [item(1, 买家实付金额="40", 退款状态=said)])
    assert order.lines[0].status is status


def test_an_item_that_was_paid_back_may_be_off_the_orders_total_already() -> None:
    rows = [
        item(1, 买家实付金额="40"),
        item(2, 买家实付金额="20", 订单状态="交易关闭", 退款状态="退款成功", 退款金额="20"),
    ]
    order = read([listed(买家实际支付金额="45", 买家应付邮费="5")], rows)
    assert amounts(order) == [(4000, 0), (2000, 2000)]
    assert order.paid_total_fen == 6500


@pytest.mark.parametrize("state", ["买家已经申请退款，等待卖家同意", "退款关闭", "没有申请退款"])
def test_a_refund_that_was_asked_for_is_none_yet(state: str) -> None:
    assert amounts(read([listed()], [item(退款状态=state, 退款金额="20")])) == [(10969, 0)]


def test_a_refund_with_its_postage_is_the_item_in_full() -> None:
    order = read([listed(买家实际支付金额="26", 买家应付邮费="6", 退款金额="26")])
    assert amounts(order) == [(2000, 2000)] and order.lines[0].status is LineStatus.REFUNDED


@pytest.mark.parametrize("paid", ["109.69", "0.00"])
def test_an_order_that_was_paid_and_closed_was_paid_back(paid: str) -> None:
    order = read([listed(订单状态="交易关闭", 买家实际支付金额=paid, 退款金额="109.69")])
    assert amounts(order) == [(10969, 10969)] and order.lines[0].status is LineStatus.REFUNDED


# --- parcels ---


def test_several_waybills_are_several_parcels_of_unknown_contents() -> None:
    order = read([listed(物流单号="No:YT881234567;SF1234567", 物流公司="圆通速递,顺丰")])
    assert order.parcels == (
        Parcel("YT881234567", "圆通速递", ParcelState.SHIPPED, {}),
        Parcel("SF1234567", "顺丰", ParcelState.SHIPPED, {}),
    )


def test_what_is_not_shipped_is_known_to_be_all_of_it() -> None:
    order = read([listed(订单状态="买家已付款，等待卖家发货")])
    assert order.parcels == (Parcel("", "", ParcelState.NOT_SHIPPED, {"纯棉T恤": 3}),)


def test_of_a_part_shipment_what_is_left_is_known() -> None:
    rows = [item(1, 买家实付金额="40"), item(2, 买家实付金额="20", 购买数量="2", 订单状态="买家已付款，等待卖家发货")]
    order = read([listed(订单状态="卖家部分发货", 买家实际支付金额="60")], rows)
    assert [(parcel.state, parcel.contents) for parcel in order.parcels] == [
        (ParcelState.SHIPPED, {}),
        (ParcelState.NOT_SHIPPED, {"SKU-2": 2}),
    ]


def test_a_parcel_without_a_waybill_is_a_parcel() -> None:
    assert read([listed(物流单号="", 物流公司="")]).parcels == (Parcel("", "", ParcelState.SHIPPED, {}),)


def test_a_waybill_number_that_was_rounded_is_none() -> None:
    assert read([listed(物流单号="7.36E+16")]).parcels[0].tracking_number == ""


# --- what is refused ---


def without(row: SheetRow, *names: str) -> SheetRow:
    return {name: value for name, value in row.items() if name not in names}


TWO = [item(1), item(2)]


@pytest.mark.parametrize(
    ("sheets", "says"),
    [
        ([[listed(订单状态="等待买家付款")]], "还没付款"),
        ([[listed(订单状态="交易关闭", 订单付款时间="")]], "没付款就关闭"),
        ([[listed(订单状态="交易关闭", 买家实际支付金额="0")]], "看不出付过多少"),
        ([[listed(订单状态="外星状态")]], "不认识的订单状态「外星状态」"),
        ([[listed(订单状态="")]], "没有「订单状态」"),
        ([[listed(买家会员名="小**儿")]], "打了码"),
        ([[listed(买家会员名="")]], "「买家会员名」是空的"),
        ([[without(listed(), "买家会员名")]], "没有「买家会员名」这一列"),
        ([[without(listed(), "买家应付邮费")]], "没有「买家应付邮费」这一列"),
        ([[item()]], "请把「订单列表」和「宝贝明细」一起导入"),
        ([[listed(买家实际支付金额="三十")]], "“三十”不是金额"),
        ([[listed(买家实际支付金额="-3")]], "“-3”不是金额"),
        ([[listed(买家实际支付金额="1.005")]], "“1.005”不是金额"),
        ([[listed(买家实际支付金额="3", 买家应付邮费="8")]], "比邮费8元还少"),
        ([[listed(宝贝总数量="0")]], "件数「0」不是正整数"),
        ([[listed(宝贝总数量="")]], "没有件数"),
        ([[listed(宝贝总数量="1.5")]], "件数「1.5」不是正整数"),
        ([[listed(宝贝标题="")]], "没有宝贝标题"),
        ([[listed(订单创建时间="昨天")]], "“昨天”不是时间"),
        ([[listed(订单创建时间="2026-02-30 10:00:00")]], "不是时间"),
        ([[listed(订单创建时间="0001-01-01 00:00:00")]], "不是时间"),
        ([[listed(宝贝标题="面霜，小样", 宝贝种类="2")]], "请连同「宝贝明细」一起导入"),
        ([[without(listed(宝贝标题="面霜,小样"), "宝贝种类")]], "请连同「宝贝明细」一起导入"),
        ([[listed(退款金额="500")]], "退款500元比付的109.69元还多"),
        ([[listed()], [item(退款状态="退款成功", 退款金额="")]], "没有写退款金额"),
        ([[listed(退款金额="5")], [without(row, "退款金额", "退款状态") for row in TWO]], "不知道退的是哪一件"),
        ([[listed()], [without(row, "商品价格", "买家实付金额") for row in TWO]], "没有每件的价格"),
        ([[listed(), listed(买家实际支付金额="1")]], "「买家实付金额」写得不一样"),
    ],
)
def test_what_the_sheet_leaves_open_is_refused_and_said(sheets: list[list[SheetRow]], says: str) -> None:
    assert says in refusal(*sheets)


@pytest.mark.parametrize(
    ("order_id", "shown", "says"),
    [
        ("1.23E+18", "1.23E+18", "后几位已经丢了"),
        ("1.23457e+18", "1.23457e+18", "后几位已经丢了"),
        ("", None, "没有订单编号"),
        ("合计", None, "合计行"),
        ("13812345678 张三", None, "不是一串数字"),
    ],
)
def test_an_id_that_is_none_is_refused_with_its_row(order_id: str, shown: str | None, says: str) -> None:
    drafts, (skipped,) = collect([table([listed(), listed(订单编号=order_id)])])
    assert len(drafts) == 1
    assert (skipped.place, skipped.order_id) == (Place("a.csv", 3), shown)
    assert says in skipped.reason


def test_the_rows_below_a_refused_id_do_not_go_to_the_order_above() -> None:
    rows = [item(1), item(2, 主订单编号="1.23E+18"), item(3, 主订单编号="")]
    drafts, skipped = collect([table(rows)])
    assert [len(draft.items) for draft in drafts] == [1]
    assert [skip.place.row for skip in skipped] == [3]
    assert isinstance(skipped[0], Skipped)


@pytest.mark.parametrize("word", ["合计", "总计：", "小计", "TOTAL"])
def test_a_row_of_totals_is_no_item(word: str) -> None:
    total = {**dict.fromkeys(item(), ""), "商品标题": word, "购买数量": "3", "买家实付金额": "109.69"}
    drafts, skipped = collect([table([listed()]), table([item(1), total])])
    assert [len(draft.items) for draft in drafts] == [1]
    assert [(skip.place.row, skip.reason) for skip in skipped] == [(3, "合计行，不是订单")]


def test_an_item_may_be_called_total() -> None:
    drafts, skipped = collect([table([item(1, 商品标题="合计")])])
    assert not skipped
    assert len(drafts[0].items) == 1


@pytest.mark.parametrize("main", ["", "3700000000000000009"])
def test_in_an_order_list_its_own_number_counts(main: str) -> None:
    (draft,), _ = collect([table([{"主订单编号": main, **listed()}])])
    assert draft.order_id == ORDER_ID


def test_beside_items_the_main_number_counts() -> None:
    (draft,), _ = collect([table([{**item(1), "订单编号": "3700000000000000009"}])])
    assert draft.order_id == ORDER_ID
    (draft,), _ = collect([table([{**item(1), "主订单编号": "", "订单编号": ORDER_ID}])])
    assert draft.order_id == ORDER_ID


def test_rounded_numbers_of_items_part_no_items_and_are_said() -> None:
    rows = [item(n, 子订单编号="3.71E+18", 商品标题=title) for n, title in ((1, "洗衣凝珠"), (2, "柔顺剂"))]
    (draft,), _ = collect([table([listed()]), table(rows)])
    assert len(draft.items) == 2
    assert draft.lost == {"子订单编号"}


def test_a_rounded_waybill_is_none() -> None:
    order = read([listed(物流单号="7.81235E+14")])
    assert [parcel.tracking_number for parcel in order.parcels] == [""]


def test_a_code_that_looks_like_a_rounded_number_stays() -> None:
    (line,) = read([listed()], [item(1, 商家编码="7E12")]).lines
    assert line.sku == "7E12"


@pytest.mark.parametrize(
    "name", ["买家应付邮费(元)", "买家应付邮费（元）", "*买家应付邮费", "买家应付邮费（单位：元）"]
)
def test_units_and_marks_belong_to_no_name(name: str) -> None:
    row = listed()
    row[name] = row.pop("买家应付邮费")
    assert read([row]).shipping_fen == 0


def test_a_broken_character_where_it_is_read_is_refused() -> None:
    assert "「买家会员名」里有乱码" in refusal([listed(买家会员名="小鱼\ufffd")])
    assert read([listed(收货人姓名="张\ufffd")]).buyer_id == "小鱼儿"


@pytest.mark.parametrize(
    ("columns", "platform"),
    [
        ({"主订单编号": "1", "选购商品": "凝珠", "商品数量": "1", "订单状态": "已发货"}, "抖店"),
        ({"商品": "凝珠", "订单号": "1", "订单状态": "已发货", "用户实付金额(元)": "9"}, "拼多多"),
    ],
)
def test_a_sheet_of_another_platform_is_said(columns: SheetRow, platform: str) -> None:
    with pytest.raises(SheetError, match=rf"a\.csv：这是{platform}导出的表"):
        collect([table([columns])])


@pytest.mark.parametrize("header", [{"甲": "1"}, {"订单编号": "1"}, {"订单状态": "交易成功"}])
def test_a_table_without_orders_is_said(header: SheetRow) -> None:
    with pytest.raises(SheetError, match=r"a\.csv：没找到订单表头"):
        collect([table([header])])


# --- any order, there and back ---


@st.composite
def sheet_orders(draw: Any) -> Order:
    """Any order that a pair of sheets can carry."""
    count = draw(st.integers(1, 5))
    words = st.text(st.sampled_from("面霜T恤毛巾50g白黑LM"), min_size=1, max_size=12)
    lines = []
    for number in range(count):
        paid = draw(st.integers(1, 10**6))
        refunded = draw(st.sampled_from([0, paid, paid // 2]))
        status = LineStatus.REFUNDED if refunded == paid else LineStatus.NORMAL
        lines.append(
            OrderLine(f"K{number}", draw(words), draw(st.integers(1, 999)), paid, refunded_fen=refunded, status=status)
        )
    numbers = draw(st.lists(st.from_regex(r"[A-Z]{2}[0-9]{8,13}", fullmatch=True), min_size=1, max_size=3, unique=True))
    times = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)).map(lambda t: t.replace(microsecond=0))
    postage = draw(st.integers(0, 3000))
    return Order(
        order_id=draw(st.from_regex(r"[1-9][0-9]{15,18}", fullmatch=True)),
        buyer_id=draw(words),
        platform=Platform.TMALL,
        paid_total_fen=sum(line.paid_fen for line in lines) + postage,
        shipping_fen=postage,
        lines=tuple(lines),
        parcels=tuple(Parcel(number, "圆通", ParcelState.SHIPPED, {}) for number in numbers),
        placed_at=draw(times).replace(tzinfo=timezone.utc),
        confirmed_at=draw(st.none() | times.map(lambda t: t.replace(tzinfo=timezone.utc))),
    )


def shanghai(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if moment else ""


@settings(deadline=None)
@given(sheet_orders())
def test_any_order_comes_back_from_its_sheets_as_it_was(order: Order) -> None:
    head = listed(
        订单编号=order.order_id,
        买家会员名=order.buyer_id,
        买家应付邮费=yuan(order.shipping_fen),
        买家实际支付金额=yuan(order.paid_total_fen),
        订单创建时间=shanghai(order.placed_at),
        确认收货时间=shanghai(order.confirmed_at),
        物流单号=",".join(parcel.tracking_number for parcel in order.parcels),
        物流公司="圆通",
    )
    rows = [
        item(
            number,
            主订单编号=order.order_id,
            商品标题=line.title,
            商品属性="",
            商家编码=line.sku,
            购买数量=str(line.quantity),
            买家实付金额=yuan(line.paid_fen),
            退款状态="退款成功" if line.refunded_fen else "没有申请退款",
            退款金额=yuan(line.refunded_fen) if line.refunded_fen else "无退款申请",
        )
        for number, line in enumerate(order.lines)
    ]
    assert read([head], rows) == order
