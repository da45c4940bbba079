"""A file that a seller exported, as tables of text: CSV in any of the usual encodings, XLSX, a web page or XML that
calls itself .xls, or a zip of these.

What spreadsheet programs do to cells is undone here: ``="123"``, ``'123``, a tab in front, full-width digits. What they
have destroyed is made visible: a number of more than 15 digits comes out as 1.23E+18, for nobody to take for an id.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from bot.orders.markup import is_markup, rows_of

Rows = Iterator[tuple[int, list[str]]]

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OTHER_ARCHIVES = (b"Rar!", b"7z\xbc\xaf\x27\x1c")
_WORKBOOK_PART = "[Content_Types].xml"  # an XLSX is a zip that has it
_SHEETS = (".csv", ".txt", ".xlsx", ".xls")
_MOST_UNPACKED = 1 << 29  # bytes; a zip may say anything of what is in it
_ENCRYPTED, _NAMED_IN_UTF8 = 0x1, 0x800  # flags of a zip's member
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CANNOT_OPEN = {
    FileNotFoundError: "没有这个文件",
    IsADirectoryError: "这是个文件夹",
    PermissionError: "没有读取权限",
}
# What openpyxl and zipfile let through of a damaged file.
_DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, SyntaxError, NotImplementedError)
_WRAPPED = re.compile(r'="(.*)"|[\'`‘’](\d.*)', re.DOTALL)
_EXACT_DIGITS = 15  # a spreadsheet's numbers are IEEE 754 doubles: what follows is lost
# Three lost digits at least: an id of 16 digits may well end in one zero.
_ROUNDED = re.compile(r"[1-9]\d{14}0{3,}")


BROKEN = "\ufffd"
_MOST_BROKEN = 0.01  # of the characters; more, and it was written in another encoding


class SheetError(ValueError):
    """The file cannot be read at all; the message is the one line that its owner gets to see."""


@dataclass(frozen=True)
class Table:
    """``rows``: number as the spreadsheet program counts, from 1, and cells; empty rows are left out."""

    file: str
    name: str  # with the worksheet, where a file has several
    rows: Rows


def read_tables(path: Path) -> Iterator[Table]:
    """The tables of a file: one of a CSV, each worksheet of an XLSX, those of all sheets in a zip.

    Raises:
        SheetError: when it is none of these.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SheetError(f"{path}：打不开，{_CANNOT_OPEN.get(type(error), error.strerror)}") from error
    yield from _tables(path.name, data)


def _tables(name: str, data: bytes) -> Iterator[Table]:
    if data.startswith(_OLE):
        raise SheetError(f"{name}：是旧版 .xls 或加了密码的表格，请另存为不带密码的 .xlsx 或 CSV 再导入")
    if data.startswith(_OTHER_ARCHIVES):
        raise SheetError(f"{name}：是压缩包，请先解压，再导入里面的表格")
    if data.startswith(_ZIP):
        yield from _unpacked(name, data)
    elif is_markup(data):
        for number, rows in enumerate(rows_of(_decoded(name, data)), 1):
            yield Table(name, name if number == 1 else f"{name}（第{number}张表）", _as_text(rows))
    else:
        yield Table(name, name, _csv_rows(name, _decoded(name, data)))


def _unpacked(name: str, data: bytes) -> Iterator[Table]:
    """A workbook, or the sheets of an archive."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGED as error:
        raise SheetError(f"{name}：不是完整的 XLSX 或 ZIP 文件，请重新导出或另存一次") from error
    if _WORKBOOK_PART in archive.namelist():
        yield from _worksheets(name, data)
        return
    sheets = [member for member in archive.infolist() if member.filename.lower().endswith(_SHEETS)]
    if not sheets:
        raise SheetError(f"{name}：压缩包里没有 CSV 或 XLSX 表格")
    if any(member.flag_bits & _ENCRYPTED for member in sheets):
        raise SheetError(f"{name}：压缩包有密码，请先解压，再导入里面的表格")
    left = _MOST_UNPACKED
    for member in sheets:
        try:
            with archive.open(member) as file:
                unpacked = file.read(left + 1)
        except _DAMAGED as error:
            raise SheetError(f"{name}：压缩包不完整，请重新下载") from error
        left -= len(unpacked)
        if left < 0:
            raise SheetError(f"{name}：压缩包里的表格太大，请解压后分开导入")
        yield from _tables(f"{name}/{_member_name(member)}", unpacked)


def _member_name(member: zipfile.ZipInfo) -> str:
    """Windows writes the names of a zip in its own code page, and ``zipfile`` takes that for another."""
    if member.flag_bits & _NAMED_IN_UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


# --- CSV ------------------------------------------------------------------------------------------


def _decoded(name: str, data: bytes) -> str:
    """GB18030 holds GBK and GB2312. UTF-8 goes first: hardly any Chinese GB18030 text happens to be valid UTF-8.

    A character that was cut in two, in a remark that is never read, costs nobody their orders: it comes out as U+FFFD.
    """
    encodings = next(([codec] for bom, codec in _BOMS.items() if data.startswith(bom)), ["utf-8", "gb18030"])
    for errors in ("strict", "replace"):
        for encoding in encodings:
            try:
                text = data.decode(encoding, errors)
            except UnicodeDecodeError:
                continue
            broken = text.count(BROKEN) > len(text) * _MOST_BROKEN or BROKEN in _first_line(text)
            if "\0" not in text and not broken:
                return text
    raise SheetError(f"{name}：不是能读的 CSV 或 XLSX 文件，请用导出的原文件")


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0]


def _csv_rows(name: str, text: str) -> Rows:
    delimiter = max(",\t;", key=_first_line(text).count)
    csv.field_size_limit(1 << 20)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            cells = [_text(cell, typed=False) for cell in row]
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise SheetError(f"{name}：第{number + 1}行读不下去，文件可能不完整，请重新导出") from error


# --- XLSX -----------------------------------------------------------------------------------------


def _worksheets(name: str, data: bytes) -> Iterator[Table]:
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = book.worksheets
    except _DAMAGED as error:
        raise SheetError(f"{name}：不是完整的 XLSX 文件，请重新导出或另存一次") from error
    for sheet in sheets:
        # The size that an exporter writes down is often wrong; the rows themselves are not.
        sheet.reset_dimensions()
        yield Table(name, name if len(sheets) == 1 else f"{name}「{sheet.title}」", _xlsx_rows(name, sheet))


def _xlsx_rows(name: str, sheet: Any) -> Rows:
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [_cell(value) for value in row]
            if any(cells):
                yield number, cells
    except _DAMAGED as error:
        raise SheetError(f"{name}：不是完整的 XLSX 文件，请重新导出或另存一次") from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value + timedelta(microseconds=500_000):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:.2E}" if abs(value) >= 10**_EXACT_DIGITS else f"{value:.{_EXACT_DIGITS}g}"
    return _text(str(value), typed=True)


# --- all -----------------------------------------------------------------------------------------


def _as_text(rows: list[list[str]]) -> Rows:
    for number, row in enumerate(rows, 1):
        cells = [_text(cell, typed=False) for cell in row]
        if any(cells):
            yield number, cells


def _text(cell: str, *, typed: bool) -> str:
    """``typed``: the file itself says that this is text, so long digits are as they were."""
    cell = cell.strip().strip("﻿​\0").strip()
    wrapped = _WRAPPED.fullmatch(cell)
    if wrapped:
        return _halfwidth((wrapped[1] if wrapped[1] is not None else wrapped[2]).strip())
    cell = _halfwidth(cell)
    return f"{float(cell):.2E}" if not typed and _ROUNDED.fullmatch(cell) else cell


def _halfwidth(cell: str) -> str:
    """Full-width digits and letters as plain ones; a title keeps its own punctuation."""
    return "".join(
        unicodedata.normalize("NFKC", char) if "！" <= char <= "～" and char.isalnum() else char for char in cell
    )
