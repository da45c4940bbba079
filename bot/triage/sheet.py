"""The sheet that is read through, row by row, and the same sheet with more columns.

A CSV is never held in memory, however long; of an XLSX openpyxl holds the texts.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.worksheet.worksheet import Worksheet

from bot.orders.sheets import BROKEN, SheetError, read_tables
from bot.triage.words import WORDS

_PIECE = 1 << 20
_LONGEST_CELL = 1 << 20
# A spreadsheet program takes these for the beginning of a formula, and a formula may do harm.
_FORMULA = re.compile(r"[=+\-@\t\r]")
# XML has no way to write them, and openpyxl refuses the whole row.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_XLSX_CELL = 32_767  # characters, Excel's own limit


@dataclass(frozen=True)
class Row:
    """``problem``: a key of ``notes`` in ``words.yml``, of a row that is not as the others are."""

    cells: list[str]
    problem: str | None = None


@dataclass(frozen=True)
class Sheet:
    """``places``: where in a row what is looked for stands, by the names under ``headers`` in ``words.yml``."""

    path: Path
    columns: list[str]
    places: dict[str, int]

    def rows(self) -> Iterator[Row]:
        """Below the header, from the first."""
        width = len(self.columns)
        for cells in islice(_raw_rows(self.path), 1, None):
            extra = any(cells[width:])
            problem = "cells" if len(cells) < width or extra else "broken" if BROKEN in self._text(cells) else None
            yield Row([*cells[:width], *[""] * (width - len(cells))], problem)

    def _text(self, cells: Sequence[str]) -> str:
        return "".join(cells[self.places["text"] :][:1])


def open_sheet(path: Path, text_column: str | None = None) -> Sheet:
    """
    Raises:
        SheetError: it cannot be read, or it is not clear where what the buyers wrote stands.
    """
    columns = next(_raw_rows(path), None)
    if columns is None:
        raise SheetError(f"{path}：是空的")
    places = {name: place for name, known in WORDS["headers"].items() if (place := _place(columns, known)) is not None}
    if text_column is not None:
        named = _place(columns, [text_column])
        if named is None:
            raise SheetError(f"{path}：没有「{text_column}」这一列，表里有：{'、'.join(columns)}")
        places["text"] = named
    elif "text" not in places:
        if len(columns) != 1:
            raise SheetError(f"{path}：看不出哪一列是买家说的话，请用 --column 指明；表里有：{'、'.join(columns)}")
        places["text"] = 0
    return Sheet(path, columns, places)


def _place(columns: Sequence[str], names: Iterable[str]) -> int | None:
    plain = [column.strip().lower() for column in columns]
    return next((plain.index(name.lower()) for name in names if name.lower() in plain), None)


# --- reading --------------------------------------------------------------------------------------


def _raw_rows(path: Path) -> Iterator[list[str]]:
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        yield from _csv_rows(path)
    else:
        yield from (cells for _, cells in next(iter(read_tables(path))).rows)


def _csv_rows(path: Path) -> Iterator[list[str]]:
    """A row that cannot be taken apart comes as one cell that says nothing: those behind it keep their place."""
    try:
        file = path.open(encoding=_encoding(path), errors="replace", newline="")
    except OSError as error:
        raise SheetError(f"{path}：打不开，{error.strerror}") from error
    with file:
        head = file.readline()
        file.seek(0)
        csv.field_size_limit(_LONGEST_CELL)
        rows = csv.reader((line.replace("\0", "") for line in file), delimiter=max(",\t;", key=head.count))
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:
                cells = [BROKEN]
            if cells:
                yield cells


def _encoding(path: Path) -> str:
    """Chinese programs write UTF-8, UTF-16 or GBK, and do not say which; GB18030 holds GBK."""
    try:
        with path.open("rb") as file:
            start = file.read(3)
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            file.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # One cut character in a long file of UTF-8 does not make it GBK.
        return "utf-8-sig" if _is_mostly_utf8(path, error) else "gb18030"
    except OSError as error:
        raise SheetError(f"{path}：打不开，{error.strerror}") from error
    return "utf-8-sig"


def _is_mostly_utf8(path: Path, error: UnicodeDecodeError) -> bool:
    with path.open("rb") as file:
        piece = file.read(_PIECE)
    wrong = piece.decode("utf-8", "replace").count(BROKEN)
    return wrong < piece.decode("gb18030", "replace").count(BROKEN)


# --- writing --------------------------------------------------------------------------------------


class Writer(Protocol):
    def __call__(self, cells: Sequence[str]) -> None: ...


@contextmanager
def written(path: Path) -> Iterator[Writer]:
    """A new sheet, XLSX or CSV by its name; CSV in UTF-8 with the mark by which Excel knows it."""
    if path.suffix.lower() == ".xlsx":
        book = Workbook(write_only=True)
        sheet = book.create_sheet("分拣")

        def append(cells: Sequence[str]) -> None:
            sheet.append([_as_text(sheet, _UNWRITABLE.sub("", cell)[:_XLSX_CELL]) for cell in cells])

        yield append
        book.save(path)
        return
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.writer(file)
        yield lambda cells: rows.writerow([_harmless(_UNWRITABLE.sub("", cell)) for cell in cells])


def _as_text(sheet: Worksheet, text: str) -> Cell:
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # whatever it begins with
    return cell


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
