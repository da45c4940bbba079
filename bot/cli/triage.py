"""``shaofa triage``: a sheet of what buyers wrote in, the same with what it is about and what could be answered out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import InputError
from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers
    from bot.triage.sheet import Row, Sheet
    from bot.triage.work import Part


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("triage", help="a sheet of buyers' messages in, the same with proposed replies out")
    parser.add_argument("sheet", metavar="IN", type=Path, help="CSV or XLSX: chats or reviews, a message a row")
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help="CSV or XLSX; OUT.html beside it")
    parser.add_argument("--column", help="where the messages stand; found by its name otherwise")
    parser.add_argument("--jobs", type=int, help="processes; one a core by default")
    parser.add_argument("--force", action="store_true", help="write over OUT")
    parser.add_argument("--resume", action="store_true", help="go on where a run was interrupted")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """
    Raises:
        InputError, SheetError, CannotGoOn: the message says what to do.
    """
    from bot.triage.sheet import open_sheet
    from bot.triage.work import Part, cores, count, judge

    out: Path = args.out
    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise InputError(f"{out}：只能写成 .csv 或 .xlsx")
    if out.exists() and not args.force:
        raise InputError(f"{out}：已经有了，要覆盖请加 --force")
    if not out.parent.is_dir():
        raise InputError(f"{out.parent}：没有这个文件夹")
    sheet = open_sheet(args.sheet, args.column)
    if out.exists() and out.samefile(sheet.path):
        raise InputError(f"{out}：不能写回原表，换个名字")
    part = Part.of(sheet, out)
    rows = count(sheet)
    try:
        judge(sheet, part, rows, args.jobs or cores(), resume=args.resume)
    except KeyboardInterrupt:
        say(f"停下了，做完的都留着：加 --resume 接着做（{part.path}）")
        raise
    _write(sheet, part, out)
    part.path.unlink()


def _write(sheet: Sheet, part: Part, out: Path) -> None:
    from bot.triage.report import Report
    from bot.triage.sheet import written
    from bot.triage.words import COLUMNS
    from bot.triage.work import problem

    report = Report(sheet.path.name)
    strange = 0
    draft = out.with_name(f".{out.name}.new{out.suffix}")
    with written(draft) as write:
        write([*sheet.columns, *COLUMNS.values()])
        for row, verdict in zip(sheet.rows(), part.verdicts(), strict=True):
            strange += bool(row.problem) or not verdict.intent
            verdict.notes = [*problem(row), *verdict.notes]
            write([*row.cells, *verdict.as_cells()])
            report.add(verdict, *(_cell(sheet, row, name) for name in ("time", "item", "courier")))
    draft.replace(out)  # never half a sheet under its name
    page = out.with_suffix(".html")
    page.write_text(report.as_html(), encoding="utf-8", errors="replace")
    say(f"共{report.rows}行，少发、漏发{report.complaints}条，写进了 {out}，汇总在 {page}；有问题的行：{strange}")


def _cell(sheet: Sheet, row: Row, name: str) -> str:
    place = sheet.places.get(name)
    return row.cells[place].strip() if place is not None else ""
