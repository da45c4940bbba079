"""Sheets of orders into the embedded store. The same sheets twice change nothing, newer ones update."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from bot.claims.model import LineStatus, Order, OrderLine, Parcel, ParcelState, Platform
from bot.orders.export_format import Draft, Skipped, collect
from bot.orders.export_order import Refused, to_order
from bot.orders.sheets import Rows, Table, read_tables
from bot.orders.sql import SqlOrders
from bot.orders.validity import check

_AT_A_TIME = 500


@dataclass
class Report:
    """What an import did, or on a dry run would do."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    lacking: list[Skipped] = field(default_factory=list)  # imported all the same; the reason says without what


def import_sheets(files: Iterable[Path], orders: SqlOrders, platform: Platform, *, dry_run: bool) -> Report:
    """Read all files together, since an order's items may stand in another file than the order, and store the orders.

    What cannot be used is skipped and reported; a progress bar shows on a terminal's standard error.

    Raises:
        SheetError: when a file cannot be read or is no table of orders; nothing is stored then.
    """
    drafts, skipped = collect(_with_progress(table) for file in files for table in read_tables(file))
    report = Report(skipped=skipped)
    waiting = iter(tqdm(drafts, desc="导入", unit="单", disable=None, leave=False))
    while chunk := list(islice(waiting, _AT_A_TIME)):
        changed = _changed(chunk, orders, platform, report)
        if not dry_run:
            orders.put(changed)
    return report


def _with_progress(table: Table) -> Table:
    rows: Rows = iter(tqdm(table.rows, desc=table.name, unit="行", disable=None, leave=False))
    return replace(table, rows=rows)


def _changed(drafts: Sequence[Draft], orders: SqlOrders, platform: Platform, report: Report) -> list[Order]:
    """What is to be stored of the drafts; the report counts all of them."""
    known = orders.known([draft.order_id for draft in drafts])
    changed = []
    for draft in drafts:
        before = known.get(draft.order_id)
        try:
            sheet = to_order(draft, platform)
            after = updated(before, sheet) if before else sheet
        except Refused as refused:
            report.skipped.append(Skipped(draft.place, draft.order_id, str(refused)))
            continue
        try:
            check(after)
        except ValueError:
            reason = "和已经存着的这一单对不上，没有改动它" if before else "订单号、买家或商品编码太长，存不下"
            report.skipped.append(Skipped(draft.place, draft.order_id, reason))
            continue
        if draft.lost:
            columns = "、".join(sorted(draft.lost))
            reason = f"「{columns}」被表格软件当成了数，后几位已经丢了，没有用它；要用请导入原文件"
            report.lacking.append(Skipped(draft.place, draft.order_id, reason))
        if after == before:
            report.unchanged += 1
            continue
        changed.append(after)
        if before:
            report.changed += 1
        else:
            report.new += 1
    return changed


# --- an order that is known already ---------------------------------------------------------------


def updated(stored: Order, sheet: Order) -> Order:
    """The order as the sheet has it, with all that a sheet never says kept: weights, gifts, packing lists, 签收."""
    lines = tuple(_line(stored, sheet, line) for line in sheet.lines)
    skus = {line.sku for line in lines}
    gifts = [line for line in stored.lines if line.is_gift and not line.paid_fen and line.sku not in skus]
    return replace(
        sheet,
        platform=stored.platform if sheet.platform is Platform.UNKNOWN else sheet.platform,
        lines=(*lines, *gifts),
        parcels=_parcels(stored.parcels, sheet.parcels),
        confirmed_at=sheet.confirmed_at or stored.confirmed_at,
        packing_video=stored.packing_video,
    )


def _line(stored: Order, sheet: Order, line: OrderLine) -> OrderLine:
    before = stored.line(line.sku)
    bought = [item for item in stored.lines if not item.is_gift]
    if before is None:  # with another code, or none: claims and packing lists go by the one that is known
        same = [item for item in bought if item.title == line.title]
        alone = [item.title for item in sheet.lines].count(line.title) == 1
        before = same[0] if len(same) == 1 and alone else None
    if before is None and len(sheet.lines) == len(bought) == 1:
        before = bought[0]
    if before is None:
        return line
    out_of_stock = before.status is LineStatus.OUT_OF_STOCK and line.status is LineStatus.NORMAL
    return replace(
        before,
        title=before.title if before.title.startswith(line.title) else line.title,
        quantity=line.quantity,
        paid_fen=line.paid_fen,
        refunded_fen=line.refunded_fen,
        status=before.status if out_of_stock else line.status,
    )


def _parcels(stored: tuple[Parcel, ...], sheet: tuple[Parcel, ...]) -> tuple[Parcel, ...]:
    known = {parcel.tracking_number: parcel for parcel in stored if parcel.state is not ParcelState.NOT_SHIPPED}
    sent = [parcel for parcel in sheet if parcel.state is not ParcelState.NOT_SHIPPED]
    if known and not any(parcel.tracking_number for parcel in sent):
        sent = list(known.values())  # this sheet has no waybills
    waiting = [parcel for parcel in sheet if parcel.state is ParcelState.NOT_SHIPPED]
    return (*(known.get(parcel.tracking_number, parcel) for parcel in sent), *waiting)
