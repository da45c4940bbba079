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

from bot.orders.sheets import BROKEN, SheetError, Table

# What each column means; the receiver's name, telephone and address are not among them, and so are never read.
COLUMNS = {
    "order_id": ("订单编号", "订单号"),
    "main_id": ("主订单编号", "主订单号", "父订单编号"),
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
# Of a sheet with one of these columns it can be said where it comes from: not from 千牛.
_FOREIGN = {
    "选购商品": "抖店",
    "用户实付金额": "拼多多",
    "商家实收金额": "拼多多",
    "京东价": "京东",
    "下单帐号": "京东",
}
_HEADER_ROWS = 20  # a title or a note may stand above the header
# In a sheet with a row for each item these speak of the item. So does the money, unless postage stands beside it: then
# what was paid and given back is the whole order's.
_OF_ITEM = frozenset(
    {"line_id", "title", "variant", "code", "item_id", "price", "quantity"}
    | {"status", "refund_status", "tracking", "courier"}
)
_MONEY = frozenset({"paid", "goods", "refund"})
_LONG_NUMBERS = (
    "tracking",
    "code",
    "item_id",
    "line_id",
)  # a spreadsheet program rounds them when it takes them for numbers

_ORDER_ID = re.compile(r"[0-9]{10,32}")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)  # 7E12 may well be a shop's own code
_UNIT = re.compile(r"[(（](?:单位[:：]?)?[元件个克%￥kgKG]+[)）]$")
_MARKS = re.compile(r"[\s*]")
_TOTAL = re.compile(r"(?:本页|全部|订单)?(?:合计|总计|小计|共计|汇总|总和)[:：]?|total[:：]?", re.IGNORECASE)


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
    problem: str | None = None  # why the sheets cannot be believed
    lost: set[str] = field(default_factory=set)  # columns whose long numbers were rounded, and so are left out


# --- rows to drafts -------------------------------------------------------------------------------


def collect(tables: Iterable[Table]) -> tuple[list[Draft], list[Skipped]]:
    """The orders of all tables, in the order in which they first appear, and the rows that belong to none.

    Raises:
        SheetError: when a file has no table of orders, or one of another platform.
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
        order_id = _order_id(values, has_items=has_items)
        if not _ORDER_ID.fullmatch(order_id) and any(map(_TOTAL.fullmatch, cells)):
            skipped.append(Skipped(place, None, "合计行，不是订单"))
            continue
        # An order's own cells may be merged over its rows; then they stand in the first of them only.
        goes_on = not order_id and has_items and bool(values["title"])
        if not goes_on:
            problem = _id_problem(order_id)
            if problem:
                skipped.append(Skipped(place, order_id if _SCIENTIFIC.fullmatch(order_id) else None, problem))
            current = None if problem else drafts.setdefault(order_id, Draft(order_id, place))
        if current is None:
            continue
        rounded = [name for name in _LONG_NUMBERS if _ROUNDED.fullmatch(values.get(name, ""))]
        values.update(dict.fromkeys(rounded, ""))
        head = {name: value for name, value in values.items() if name not in of_item}
        if current.order_id in seen:
            _add_to_head(current, head)
        else:
            seen.add(current.order_id)
            current.head.update({name: value or current.head.get(name, "") for name, value in head.items()})
            current.problem, current.lost = None, set()
        current.lost |= {COLUMNS[name][0] for name in rounded}
        broken = next((COLUMNS[name][0] for name, value in values.items() if BROKEN in value), None)
        if broken:
            current.problem = f"「{broken}」里有乱码，文件在这一处坏了，请重新导出"
        if has_items:
            item = {name: value for name, value in values.items() if name in of_item}
            current.items[_key(current, item, counted)] = item
    return True


def _order_id(values: dict[str, str], *, has_items: bool) -> str:
    """Taken out of the row. Beside items 订单编号 may be the item's own and 主订单编号 is the order's; in an order list
    主订单编号 is something else, and mostly empty."""
    own, main = values.pop("order_id", ""), values.pop("main_id", "")
    return main or own if has_items else own or main


def _header(table: Table) -> dict[str, int] | None:
    """Meaning -> column of the header row, which need not be the first; None when the table is none of orders.

    Raises:
        SheetError: when it is the export of another platform.
    """
    for _, cells in islice(table.rows, _HEADER_ROWS):
        names = [_name(cell) for cell in cells]
        header: dict[str, int] = {}
        for at, name in enumerate(names):
            meaning = _MEANING.get(name)
            if meaning and (meaning not in header or _rank(meaning, name) < _rank(meaning, names[header[meaning]])):
                header[meaning] = at
        if {"order_id", "main_id"} & header.keys() and {"status", "quantity"} & header.keys():
            other = next((platform for name, platform in _FOREIGN.items() if name in names), None)
            if other:
                raise SheetError(f"{table.file}：这是{other}导出的表，现在只认千牛（淘宝、天猫）导出的订单")
            return header
    return None


def _name(cell: str) -> str:
    """A column's name as it is compared: 买家应付邮费(元) and *买家应付邮费 are 买家应付邮费."""
    return _UNIT.sub("", _MARKS.sub("", cell)).upper()


def _rank(meaning: str, name: str) -> int:
    """Of two columns of one meaning, such as 商家编码 and 外部系统编号, the one that ``COLUMNS`` names first counts."""
    return [known.upper() for known in COLUMNS[meaning]].index(name)


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
            draft.problem = f"同一单的几行里，「{COLUMNS[name][0]}」写得不一样"
        draft.head[name] = before or value


def _key(draft: Draft, item: dict[str, str], counted: Counter[tuple[str, ...]]) -> str:
    """The same for the same item when another sheet has it too."""
    if item.get("line_id"):
        return item["line_id"]
    looks = (draft.order_id, *(item.get(name, "") for name in ("code", "item_id", "title", "variant")))
    counted[looks] += 1
    return "|".join((*looks, str(counted[looks])))
