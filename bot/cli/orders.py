"""``shaofa orders``: what the importer did, as a shop owner reads it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import InputError
from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers
    from bot.orders.export_format import Skipped
    from bot.orders.importer import Report


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
    importing.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot.claims.model import Platform
    from bot.db import make_engine
    from bot.orders.importer import import_sheets
    from bot.orders.sql import SqlOrders
    from bot.settings import settings

    if settings().orders_url:
        raise InputError("订单来自 SHAOFA_ORDERS_URL，导入的表用不上；要改用导入的订单，请先去掉这个设置")
    orders = SqlOrders(make_engine(settings().database_url))
    report = import_sheets(args.files, orders, Platform(args.platform or "unknown"), dry_run=args.dry_run)
    say("\n".join(_told(report, dry_run=args.dry_run)))


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
