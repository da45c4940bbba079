"""Sheets as 千牛 exports them, written by the tests: an order's text by column, and files of many."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

SheetRow = dict[str, str]

ORDER_ID = "3712345678901234501"
LISTED: SheetRow = {
    "订单编号": ORDER_ID,
    "买家会员名": "小鱼儿",
    "买家应付邮费": "0.00",
    "买家实际支付金额": "109.69",
    "订单状态": "卖家已发货，等待买家确认",
    "收货人姓名": "张三丰",
    "收货地址": "浙江省 杭州市 余杭区 文一西路969号",
    "联系手机": "'13812345678",
    "订单创建时间": "2026-11-18 10:02:11",
    "订单付款时间": "2026-11-18 10:03:00",
    "宝贝标题": "纯棉T恤",
    "宝贝种类": "1",
    "物流单号": "YT8812345678901",
    "物流公司": "圆通速递",
    "宝贝总数量": "3",
}
ITEM: SheetRow = {
    "子订单编号": "3712345678901234601",
    "主订单编号": ORDER_ID,
    "商品标题": "纯棉T恤",
    "商品价格": "39.90",
    "购买数量": "3",
    "商品属性": "颜色分类：白色;尺码：L码",
    "订单状态": "卖家已发货，等待买家确认",
    "商家编码": "TS-W-L",
    "买家实付金额": "109.69",
    "退款状态": "没有申请退款",
    "退款金额": "无退款申请",
}


def listed(**more: str) -> SheetRow:
    return {**LISTED, **more}


def item(number: int = 1, **more: str) -> SheetRow:
    return {**ITEM, "子订单编号": f"37123456789012346{number:02d}", "商家编码": f"SKU-{number}", **more}


def text_of(rows: Sequence[SheetRow], delimiter: str = ",") -> str:
    out = io.StringIO()
    sheet = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    sheet.writeheader()
    sheet.writerows(rows)
    return out.getvalue()


def as_csv(path: Path, rows: Sequence[SheetRow], encoding: str = "gb18030") -> Path:
    path.write_bytes(text_of(rows).encode(encoding))
    return path


def as_xlsx(path: Path, rows: Sequence[Sequence[object]], merged: Sequence[str] = ()) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path
