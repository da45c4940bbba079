"""``shaofa orders``: what the importer did, and what is in the store, as a shop owner reads it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli import InputError
from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.claims.model import Order
    from bot.cli.terminal import Subparsers
    from bot.orders.export_format import Skipped
    from bot.orders.importer import Report
    from bot.orders.sql import SqlOrders

_LISTED = 50  # orders, unless more are asked for


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("orders", help="the orders that the bot knows")
    of_orders = parser.add_subparsers(metavar="command", required=True)
    importing = of_orders.add_parser("import", help="order sheets exported from 千牛 into the embedded order store")
    importing.add_argument(
        "files", metavar="FILE", nargs="+", type=Path, help="CSV or XLSX: 订单列表, 宝贝明细, or both"
    )
    importing.add_argument("--dry-run", action="store_true", help="only tell what would happen")
    importing.add_argument(
        "--platform",
        type=_platform,
        help="where the shop is, as the rulebook calls it (tmall, 天猫); the sheets do not say",
    )
    importing.set_defaults(run=take_in)
    listing = of_orders.add_parser("list", help="the newest orders in the store")
    listing.add_argument("--limit", type=int, default=_LISTED, help=f"how many, {_LISTED} by default")
    listing.add_argument("--json", action="store_true", help="a JSON list, for programs; the buyer is masked")
    listing.set_defaults(run=list_newest)
    showing = of_orders.add_parser("show", help="one order, line by line")
    showing.add_argument("order_id", metavar="ID")
    showing.add_argument("--json", action="store_true", help="as JSON, for programs; the buyer is masked")
    showing.set_defaults(run=show)


def take_in(args: argparse.Namespace) -> None:
    from bot.claims.model import Platform
    from bot.orders.importer import import_sheets

    report = import_sheets(args.files, _store(), Platform(args.platform or "unknown"), dry_run=args.dry_run)
    say("\n".join(_told(report, dry_run=args.dry_run)))


def list_newest(args: argparse.Namespace) -> None:
    orders = _store().newest(args.limit)
    if args.json:
        say(json.dumps([_as_json(order) for order in orders], ensure_ascii=False, indent=2))
        return
    say(f"最新的{len(orders)}单" if orders else "还没有订单：用 shaofa orders import 导入，或打开演示页")
    for order in orders:
        say(_in_a_line(order))


def show(args: argparse.Namespace) -> None:
    order = _store().get(args.order_id)
    if order is None:
        raise InputError(f"没有订单 {args.order_id}")
    if args.json:
        say(json.dumps(_as_json(order), ensure_ascii=False, indent=2))
        return
    from bot.claims.money import yuan

    say(_in_a_line(order))
    for line in order.lines:
        gift = "，赠品" if line.is_gift else ""
        say(f"  {line.title} ×{line.quantity}，实付{yuan(line.paid_fen)}{gift}，编码 {line.sku}")
    if order.shipping_fen:
        say(f"  邮费{yuan(order.shipping_fen)}")
    for parcel in order.parcels:
        say(f"  包裹 {parcel.courier} {parcel.tracking_number}，{_PARCELS[parcel.state.value]}")


_PARCELS = {"not_shipped": "还没发出", "shipped": "已发出", "in_transit": "在路上", "signed": "已签收"}


def _in_a_line(order: Order) -> str:
    from bot.claims.deadlines import SHANGHAI
    from bot.claims.money import yuan
    from bot.privacy import mask_name

    day = f"{order.placed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    titles = "、".join(f"{line.title}×{line.quantity}" for line in order.lines)
    return f"{order.order_id}  {day}  {mask_name(order.buyer_id)}  {yuan(order.paid_total_fen)}  {titles}"


def _as_json(order: Order) -> dict[str, Any]:
    from bot.claims.codec import to_json
    from bot.privacy import mask_name

    kept = ("sku", "title", "quantity", "paid_fen")
    whole = to_json(order)
    return {
        "order_id": order.order_id,
        "platform": order.platform.value,
        "buyer": mask_name(order.buyer_id),
        "paid_fen": order.paid_total_fen,
        "lines": [{name: line[name] for name in kept} for line in whole["lines"]],
        "parcels": whole["parcels"],
    }


def _store() -> SqlOrders:
    from bot.db import make_engine
    from bot.orders.sql import SqlOrders
    from bot.settings import settings

    if settings().orders_url:
        raise InputError("订单来自 SHAOFA_ORDERS_URL，导入的表用不上；要改用导入的订单，请先去掉这个设置")
    return SqlOrders(make_engine(settings().database_url))


def _platform(name: str) -> str:
    """The platform's id; whatever has a file in the rulebook is one."""
    from bot.claims.rulebook import Rulebook, RulebookError
    from bot.settings import settings

    try:
        rulebook = Rulebook.load(settings().rulebook_dir)
    except RulebookError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    scheme = rulebook.scheme(name)
    if scheme is None:
        known = ", ".join(f"{scheme.id} {scheme.platform}" for scheme in rulebook.schemes.values())
        raise argparse.ArgumentTypeError(f"no platform {name} in the rulebook, which has {known}")
    return scheme.id


def _told(report: Report, *, dry_run: bool) -> Iterator[str]:
    """Counts, then each skipped order with file, row and reason."""
    yield (
        f"{'试运行，什么都没存。正式导入会：' if dry_run else '导入完成：'}"
        f"新增{report.new}单，更新{report.changed}单，没变{report.unchanged}单，跳过{len(report.skipped)}条。"
    )
    yield from _listed("跳过", report.skipped)
    yield from _listed("导入了但缺一项的有", report.lacking)


def _listed(head: str, entries: list[Skipped]) -> Iterator[str]:
    from bot.privacy import mask

    by_reason: dict[str, list[Skipped]] = {}
    for entry in entries:
        by_reason.setdefault(entry.reason, []).append(entry)
    for reason, group in by_reason.items():
        # A reason quotes what the sheet says, and columns may have been mixed up.
        yield f"\n{head}{len(group)}条：{mask(reason)}"
        yield from (f"  {_where(entry)}" for entry in group)


def _where(skip: Skipped) -> str:
    order = f"，订单{skip.order_id}" if skip.order_id else ""
    return f"{skip.place.file} 第{skip.place.row}行{order}"
