"""A sheet of messages: found in whatever encoding, and written so that no cell does anything."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.orders.sheets import SheetError
from bot.triage.sheet import open_sheet, written

HEAD = "时间,评价内容,订单号\n"


def saved(folder: Path, data: bytes, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le-bom"])
def test_whatever_it_was_written_in(tmp_path: Path, encoding: str) -> None:
    text = HEAD + "2026-11-20,少发了两袋猫粮,\n"
    data = b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)
    sheet = open_sheet(saved(tmp_path, data))
    assert sheet.columns == ["时间", "评价内容", "订单号"] and sheet.places["text"] == 1
    assert [row.cells[1] for row in sheet.rows()] == ["少发了两袋猫粮"]


def test_a_character_that_was_cut_costs_its_row_only(tmp_path: Path) -> None:
    lines = [HEAD.encode(), "a,少一件,\n".encode(), "b,少两".encode() + b"\xe4\xbb,\n", "c,少三件,\n".encode()]
    rows = list(open_sheet(saved(tmp_path, b"".join(lines))).rows())
    assert [row.problem for row in rows] == [None, "broken", None]
    assert [row.cells[0] for row in rows] == ["a", "b", "c"]


def test_rows_that_are_too_short_or_too_long_keep_their_place(tmp_path: Path) -> None:
    rows = list(open_sheet(saved(tmp_path, (HEAD + "1,少一件\n2,少一件,,多\n3,少一件,\n").encode())).rows())
    assert [(row.cells, row.problem) for row in rows] == [
        (["1", "少一件", ""], "cells"),
        (["2", "少一件", ""], "cells"),
        (["3", "少一件", ""], None),
    ]


def test_a_message_of_several_lines_is_one_row(tmp_path: Path) -> None:
    (row,) = open_sheet(saved(tmp_path, (HEAD + '1,"买了三件\n少一件",\n').encode())).rows()
    assert row.cells[1] == "买了三件\n少一件" and row.problem is None


def test_a_workbook(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["消息时间", "买家消息"])
    book.active.append(["2026-11-20", "少一件"])
    book.save(tmp_path / "in.xlsx")
    sheet = open_sheet(tmp_path / "in.xlsx")
    assert [row.cells for row in sheet.rows()] == [["2026-11-20", "少一件"]] and sheet.places == {"text": 1, "time": 0}


def test_the_column_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, "一,二\n少一件,很好\n".encode())
    with pytest.raises(SheetError, match=r"哪一列.*--column.*一、二"):
        open_sheet(path)
    assert open_sheet(path, "二").places["text"] == 1
    with pytest.raises(SheetError, match="没有「三」这一列"):
        open_sheet(path, "三")


@pytest.mark.parametrize(("data", "says"), [(b"", "是空的"), (b"PK\x03\x04no", "XLSX")])
def test_no_sheet(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(SheetError, match=says):
        open_sheet(saved(tmp_path, data, "in.xlsx" if data else "in.csv"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="打不开"):
        open_sheet(tmp_path / "no.csv")


CELLS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@given(cells=CELLS)
def test_no_cell_is_a_formula(tmp_path_factory: pytest.TempPathFactory, ending: str, cells: list[str]) -> None:
    path = tmp_path_factory.mktemp("out") / f"out{ending}"
    with written(path) as write:
        write(["一"])
        write([*cells, "=1+1", "@SUM(A1)", "-2+3", "+861380"])
    if ending == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            row = list(csv.reader(file))[1]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    else:
        of_book = list(load_workbook(path).active.rows)[1]
        assert {cell.data_type for cell in of_book if cell.value is not None} <= {"s", "inlineStr"}
