"""Importing: what is stored, what a second import changes, and what a sheet may never wipe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.claims.model import LineStatus, OrderLine, Parcel, ParcelState, Platform
from bot.db import make_engine
from bot.orders.importer import Report, import_sheets, updated
from bot.orders.sheets import SheetError
from bot.orders.sql import SqlOrders
from tests.claims.builders import NOW
from tests.orders.exports import ORDER_ID, as_csv, as_xlsx, item, listed


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[SqlOrders]:
    engine = make_engine(f"sqlite:///{tmp_path}/orders.db")
    yield SqlOrders(engine)
    engine.dispose()


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.skipped)


def run(orders: SqlOrders, *files: Path, platform: Platform = Platform.TMALL, dry_run: bool = False) -> Report:
    return import_sheets(files, orders, platform, dry_run=dry_run)


def test_importing_twice_changes_nothing(orders: SqlOrders, tmp_path: Path) -> None:
    files = [as_csv(tmp_path / "list.csv", [listed()]), as_csv(tmp_path / "items.csv", [item()], "utf-8-sig")]
    assert counts(run(orders, *files)) == (1, 0, 0, 0)
    stored = orders.get(ORDER_ID)
    assert counts(run(orders, *files)) == (0, 0, 1, 0)
    assert orders.get(ORDER_ID) == stored


def test_a_dry_run_says_the_same_and_stores_nothing(orders: SqlOrders, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "list.csv", [listed(), listed(订单编号="1.23E+18")])
    dry = run(orders, path, dry_run=True)
    assert orders.get(ORDER_ID) is None
    assert run(orders, path) == dry


def test_a_newer_sheet_brings_the_order_up_to_date(orders: SqlOrders, tmp_path: Path) -> None:
    run(orders, as_csv(tmp_path / "a.csv", [listed(订单状态="买家已付款，等待卖家发货", 物流单号="")]))
    newer = as_csv(tmp_path / "b.csv", [listed(订单状态="交易成功", 确认收货时间="2026-11-25 09:00:00")])
    assert counts(run(orders, newer)) == (0, 1, 0, 0)
    order = orders.get(ORDER_ID)
    assert order and order.confirmed_at
    assert [parcel.state for parcel in order.parcels] == [ParcelState.SHIPPED]


def test_one_bad_order_does_not_stop_the_others(orders: SqlOrders, tmp_path: Path) -> None:
    rows = [listed(订单编号=f"371234567890123450{n}") for n in range(1, 10)]
    rows[4] |= {"买家实际支付金额": "三十"}
    report = run(orders, as_csv(tmp_path / "list.csv", rows))
    assert counts(report) == (8, 0, 0, 1)
    assert (report.skipped[0].place.row, report.skipped[0].order_id) == (6, "3712345678901234505")


def test_a_name_wider_than_its_column_is_said_as_such(orders: SqlOrders, tmp_path: Path) -> None:
    report = run(orders, as_csv(tmp_path / "list.csv", [listed(买家会员名="鱼" * 129)]))
    assert [skipped.reason for skipped in report.skipped] == ["订单号、买家或商品编码太长，存不下"]


def test_more_orders_than_are_stored_at_a_time(orders: SqlOrders, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "list.csv", [listed(订单编号=str(37 * 10**17 + n)) for n in range(1, 1204)])
    assert counts(run(orders, path)) == (1203, 0, 0, 0)
    assert counts(run(orders, path)) == (0, 0, 1203, 0)
    assert len(orders.recent("小鱼儿", 2000)) == 1203


def test_a_file_that_cannot_be_read_stores_nothing_of_the_others(orders: SqlOrders, tmp_path: Path) -> None:
    with pytest.raises(SheetError):
        run(orders, as_csv(tmp_path / "list.csv", [listed()]), tmp_path / "nowhere.csv")
    assert orders.get(ORDER_ID) is None


def test_a_workbook_with_cells_merged_over_an_order(orders: SqlOrders, tmp_path: Path) -> None:
    header = ["订单编号", "买家会员名", "买家应付邮费", "买家实付金额", "订单状态", "订单创建时间"]
    header += ["商品标题", "购买数量", "商品价格", "商家编码"]
    mine = [ORDER_ID, "小鱼儿", 5, 65.0, "交易成功", NOW.replace(tzinfo=None)]
    none = [None] * 6
    path = as_xlsx(
        tmp_path / "both.xlsx",
        [
            header,
            [*mine, "面霜", 1, 40, "A"],
            [*none, "小样", 2, 10.0, "B"],
            [3712345678901234999, *mine[1:], "不准的编号", 1, 65, "C"],
        ],
        merged=[f"{column}2:{column}3" for column in "ABCDEF"],
    )
    report = run(orders, path)
    assert counts(report) == (1, 0, 0, 1)
    assert (report.skipped[0].place.row, report.skipped[0].order_id) == (4, "3.71E+18")
    order = orders.get(ORDER_ID)
    assert order and [(line.sku, line.quantity, line.paid_fen) for line in order.lines] == [
        ("A", 1, 4000),
        ("B", 2, 2000),
    ]


def test_a_progress_bar_shows_on_a_terminal_only(
    orders: SqlOrders, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(orders, as_csv(tmp_path / "list.csv", [listed()]))
    assert capsys.readouterr() == ("", "")


# --- what a sheet never says ---


@pytest.fixture
def known(orders: SqlOrders, tmp_path: Path) -> Path:
    """A sheet that is imported already, and to whose order the shop has added what it knows."""
    path = as_csv(tmp_path / "list.csv", [listed()])
    run(orders, path)
    order = orders.get(ORDER_ID)
    assert order
    signed = replace(
        order.parcels[0],
        state=ParcelState.SIGNED,
        contents={"纯棉T恤": 3},
        weight_g=470,
        signed_at=NOW,
        signed_by="本人",
    )
    gift = OrderLine("GIFT", "小样", 1, 0, is_gift=True, gift_value_fen=1900)
    lines = (replace(order.lines[0], unit_weight_g=180), gift)
    orders.put([replace(order, parcels=(signed,), lines=lines, packing_video=True)])
    return path


def test_what_the_shop_has_added_stays(orders: SqlOrders, known: Path) -> None:
    before = orders.get(ORDER_ID)
    assert counts(run(orders, known, platform=Platform.UNKNOWN)) == (0, 0, 1, 0)
    assert orders.get(ORDER_ID) == before


def test_what_the_shop_has_added_stays_while_the_sheet_changes(orders: SqlOrders, known: Path, tmp_path: Path) -> None:
    newer = as_csv(tmp_path / "newer.csv", [listed(退款金额="10", 订单状态="交易成功")])
    assert counts(run(orders, newer)) == (0, 1, 0, 0)
    order = orders.get(ORDER_ID)
    assert order
    shirt, gift = order.lines
    assert (shirt.refunded_fen, shirt.unit_weight_g, gift.gift_value_fen) == (1000, 180, 1900)
    assert order.parcels[0].signed_by == "本人" and order.packing_video


def test_a_list_without_codes_does_not_rename_the_line(orders: SqlOrders, tmp_path: Path) -> None:
    sheets = [as_csv(tmp_path / "list.csv", [listed()]), as_csv(tmp_path / "items.csv", [item()])]
    run(orders, *sheets)
    assert counts(run(orders, sheets[0])) == (0, 0, 1, 0)
    order = orders.get(ORDER_ID)
    assert order and (order.lines[0].sku, order.lines[0].title) == ("SKU-1", "纯棉T恤 白色 L码")


def test_a_code_that_comes_later_does_not_rename_the_lines(orders: SqlOrders, tmp_path: Path) -> None:
    """Else what is settled of one could be claimed once more of the other."""
    titles = ("纯棉T恤", "船袜")
    files = [as_csv(tmp_path / "list.csv", [listed(宝贝种类="2")])]
    run(orders, *files, as_csv(tmp_path / "a.csv", [item(n, 商品标题=t, 商家编码="") for n, t in enumerate(titles)]))
    before = orders.get(ORDER_ID)
    assert before
    packed = Parcel("YT8812345678901", "圆通速递", ParcelState.SHIPPED, {line.sku: 3 for line in before.lines})
    orders.put([replace(before, parcels=(packed,))])
    again = run(orders, *files, as_csv(tmp_path / "b.csv", [item(n, 商品标题=t) for n, t in enumerate(titles)]))
    assert counts(again) == (0, 0, 1, 0)


def test_an_order_that_no_longer_fits_what_is_stored_is_skipped(orders: SqlOrders, tmp_path: Path) -> None:
    run(orders, as_csv(tmp_path / "a.csv", [listed()]), as_csv(tmp_path / "b.csv", [item()]))
    before = orders.get(ORDER_ID)
    assert before
    packed = replace(before, parcels=tuple(replace(p, contents={before.lines[0].sku: 3}) for p in before.parcels))
    orders.put([packed])
    others = [item(n, 商品标题=title, 购买数量="1") for n, title in ((7, "帽子"), (8, "船袜"))]
    report = run(orders, as_csv(tmp_path / "c.csv", [listed(宝贝种类="2")]), as_csv(tmp_path / "d.csv", others))
    assert [skip.reason for skip in report.skipped] == ["和已经存着的这一单对不上，没有改动它"]
    assert orders.get(ORDER_ID) == packed


def test_out_of_stock_stays_until_it_is_paid_back(orders: SqlOrders, known: Path) -> None:
    order = orders.get(ORDER_ID)
    assert order
    sheet = replace(order, lines=order.lines[:1])
    stored = replace(order, lines=(replace(order.lines[0], status=LineStatus.OUT_OF_STOCK),))
    assert updated(stored, sheet).lines[0].status is LineStatus.OUT_OF_STOCK
    paid_back = replace(sheet.lines[0], status=LineStatus.REFUNDED, refunded_fen=10969)
    assert updated(stored, replace(sheet, lines=(paid_back,))).lines[0].status is LineStatus.REFUNDED


@pytest.mark.parametrize(
    ("numbers", "left"),
    [
        (["SF1234567"], ["SF1234567"]),
        (["SF1234567", "ZT1234567"], ["SF1234567", "ZT1234567"]),
        ([""], ["YT8812345678901"]),
    ],
)
def test_the_sheets_waybills_count_where_it_has_some(
    orders: SqlOrders, known: Path, numbers: list[str], left: list[str]
) -> None:
    order = orders.get(ORDER_ID)
    assert order
    sheet = replace(order, parcels=tuple(Parcel(number, "", ParcelState.SHIPPED, {}) for number in numbers))
    assert [parcel.tracking_number for parcel in updated(order, sheet).parcels] == left
