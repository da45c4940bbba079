"""``shaofa orders import``: what the importer did, as a shop owner reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.claims.model import Platform
from bot.db import make_engine
from bot.orders.export_format import Skipped
from bot.orders.importer import Report, import_sheets
from bot.orders.sql import SqlOrders
from bot.privacy import mask
from bot.settings import settings


def import_orders(files: list[Path], platform: Platform, *, dry_run: bool) -> str:
    """Import the files into the embedded store.

    Returns:
        The report: counts, then each skipped order with file, row and reason.
    """
    orders = SqlOrders(make_engine(settings().database_url))
    report = import_sheets(files, orders, platform, dry_run=dry_run)
    return "\n".join(_report(report, dry_run=dry_run))


def _report(report: Report, *, dry_run: bool) -> Iterator[str]:
    yield (
        f"{'试运行，什么都没存。正式导入会：' if dry_run else '导入完成：'}"
        f"新增{report.new}单，更新{report.changed}单，没变{report.unchanged}单，跳过{len(report.skipped)}条。"
    )
    by_reason: dict[str, list[Skipped]] = {}
    for skip in report.skipped:
        by_reason.setdefault(skip.reason, []).append(skip)
    for reason, skips in by_reason.items():
        # A reason quotes what the sheet says, and columns may have been mixed up.
        yield f"\n跳过{len(skips)}条：{mask(reason)}"
        yield from (f"  {_where(skip)}" for skip in skips)


def _where(skip: Skipped) -> str:
    order = f"，订单{skip.order_id}" if skip.order_id else ""
    return f"{skip.place.file} 第{skip.place.row}行{order}"
