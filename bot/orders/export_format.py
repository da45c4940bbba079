"""What 千牛 exports of orders: the order list, the item list (宝贝明细), or one sheet that is both, row by row.

The columns and what they were called over the years are as these programs read them, each independently of the others:

- until about 2020, GBK with ids as ``="…"``: an order list with 订单编号, 买家会员名, 买家应付邮费, 买家实际支付金额,
  宝贝总数量, 物流单号, an item list with 订单编号, 标题, 价格, 购买数量, 外部系统编号, 商品属性, 商家编码:
  ``util.sales.TitleUtils`` and ``com.walk_nie.taobao.print.PrintUtil``, two shops' tools in Java;
- since about 2022 an order list with 买家实付金额, 商品标题, 商品属性SKU, and no buyer unless that was ticked:
  DawnAce/FirstTry, backend/app/services/taobao_order_import_parser.py;
- now an item list with 子订单编号, 主订单编号, 商品ID, 退款状态 (没有申请退款, 退款成功), 退款金额 (无退款申请), and an
  order list with 确认收货时间: wocaatm/kucun, server/src/taobao.ts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from bot.orders.sheets import SheetError, Table

# What each column means; the receiver's name, telephone and address are not among them, and so are never read.
COLUMNS = {
    "order_id": ("主订单编号", "订单编号", "主订单号", "父订单编号", "订单号"),
    "buyer": ("买家会员名", "买家昵称", "买家旺旺", "旺旺昵称", "买家会员名称"),
    "paid": ("买家实付金额", "买家实际支付金额", "实付金额"),
    "goods": ("买家应付货款",),
    "shipping": ("买家应付邮费", "邮费", "运费"),
    "status": ("订单状态", "交易状态"),
    "created": ("订单创建时间", "买家下单时间", "下单时间", "创建时间"),
    "paid_at": ("订单付款时间", "买家付款时间", "付款时间"),
    "confirmed_at": ("确认收货时间",),
    "tracking": ("物流单号", "运单号", "快递单号"),
    "courier": ("物流公司", "快递公司"),
    "refund_status": ("退款状态",),
    "refund": ("退款金额",),
    "kinds": ("宝贝种类",),
    "count": ("宝贝总数量",),
    "line_id": ("子订单编号", "子订单号"),
    "title": ("标题", "商品标题", "宝贝标题", "宝贝名称", "商品名称"),
    "variant": ("商品属性", "商品属性SKU", "宝贝规格", "商品规格", "规格名称"),
    "code": ("商家编码", "外部系统编号"),
    "item_id": ("商品ID", "宝贝ID"),
    "price": ("价格", "商品价格", "商品单价", "宝贝价格"),
    "quantity": ("购买数量", "商品数量", "宝贝数量", "数量"),
}
_MEANING = {name.upper(): meaning for meaning, names in COLUMNS.items() for name in names}
_HEADER_ROWS = 20  # a title or a note may stand above the header
# In a sheet with a row for each item these speak of the item. So does the money, unless postage stands beside it: then
# what was paid and given back is the whole order's.
_OF_ITEM = frozenset(
    {"line_id", "title", "variant", "code", "item_id", "price", "quantity"}
    | {"status", "refund_status", "tracking", "courier"}
)
_MONEY = frozenset({"paid", "goods", "refund"})

_ORDER_ID = re.compile(r"[0-9]{10,32}")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    file: str
    row: int


@dataclass(frozen=True)
class Skipped:
    """What was not imported. ``order_id``: as the sheet has it; None when it is not one at all."""

    place: Place
    order_id: str | None
    reason: str


@dataclass
class Draft:
    """All that the sheets say of one order, still as text: of itself (``head``) and of each item."""

    order_id: str
    place: Place
    head: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[str, str]] = field(default_factory=dict)
    contradicted: str | None = None  # the column in which two rows of one sheet differ


# --- rows to drafts -------------------------------------------------------------------------------


def collect(tables: Iterable[Table]) -> tuple[list[Draft], list[Skipped]]:
    """The orders of all tables, in the order in which they first appear, and the rows that belong to none.

    Raises:
        SheetError: when a file has no table of orders.
    """
    drafts: dict[str, Draft] = {}
    skipped: list[Skipped] = []
    found: dict[str, bool] = {}
    for table in tables:
        found[table.file] = _collect(table, drafts, skipped) or found.get(table.file, False)
    for file, has_orders in found.items():
        if not has_orders:
            raise SheetError(f"{file}：没找到订单表头（至少要有「订单编号」，以及「订单状态」或「购买数量」这样的列）")
    return list(drafts.values()), skipped


def _collect(table: Table, drafts: dict[str, Draft], skipped: list[Skipped]) -> bool:
    header = _header(table)
    if header is None:
        return False
    has_items = {"quantity", "title"} <= header.keys()
    of_item = (_OF_ITEM | (set() if "shipping" in header else _MONEY)) if has_items else frozenset()
    seen: set[str] = set()
    counted: Counter[tuple[str, ...]] = Counter()
    current: Draft | None = None
    for number, cells in table.rows:
        values = {name: cells[at] if at < len(cells) else "" for name, at in header.items()}
        place = Place(table.name, number)
        order_id = values.pop("order_id")
        # An order's own cells may be merged over its rows; then they stand in the first of them only.
        goes_on = not order_id and has_items and bool(values["title"])
        if not goes_on:
            problem = _id_problem(order_id)
            if problem:
                skipped.append(Skipped(place, order_id if _SCIENTIFIC.fullmatch(order_id) else None, problem))
            current = None if problem else drafts.setdefault(order_id, Draft(order_id, place))
        if current is None:
            continue
        head = {name: value for name, value in values.items() if name not in of_item}
        if current.order_id in seen:
            _add_to_head(current, head)
        else:
            seen.add(current.order_id)
            current.head.update({name: value or current.head.get(name, "") for name, value in head.items()})
            current.contradicted = None
        if has_items:
            item = {name: value for name, value in values.items() if name in of_item}
            current.items[_key(current, item, counted)] = item
    return True


def _header(table: Table) -> dict[str, int] | None:
    """Meaning -> column of the header row, which need not be the first; None when the table is none of orders."""
    for _, cells in islice(table.rows, _HEADER_ROWS):
        header: dict[str, int] = {}
        for at, cell in enumerate(cells):
            meaning = _MEANING.get(re.sub(r"\s", "", cell).upper())
            if meaning and (meaning not in header or _rank(meaning, cell) < _rank(meaning, cells[header[meaning]])):
                header[meaning] = at
        if "order_id" in header and {"status", "quantity"} & header.keys():
            return header
    return None


def _rank(meaning: str, name: str) -> int:
    """Of two columns of one meaning, such as 商家编码 and 外部系统编号, the one that ``COLUMNS`` names first counts."""
    names = [known.upper() for known in COLUMNS[meaning]]
    return names.index(re.sub(r"\s", "", name).upper())


def _id_problem(order_id: str) -> str | None:
    if not order_id:
        return "这一行没有订单编号"
    if _SCIENTIFIC.fullmatch(order_id):
        return "订单编号被表格软件当成了数，后几位已经丢了；请直接用千牛导出的原文件，别用表格软件另存"
    if not _ORDER_ID.fullmatch(order_id):
        return "订单编号不是一串数字"
    return None


def _add_to_head(draft: Draft, head: dict[str, str]) -> None:
    for name, value in head.items():
        before = draft.head.get(name, "")
        if before and value and before != value:
            draft.contradicted = COLUMNS[name][0]
        draft.head[name] = before or value


def _key(draft: Draft, item: dict[str, str], counted: Counter[tuple[str, ...]]) -> str:
    """The same for the same item when another sheet has it too."""
    if item.get("line_id"):
        return item["line_id"]
    looks = (draft.order_id, *(item.get(name, "") for name in ("code", "item_id", "title", "variant")))
    counted[looks] += 1
    return "|".join((*looks, str(counted[looks])))
