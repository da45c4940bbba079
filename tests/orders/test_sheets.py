"""Files as tables: encodings, what spreadsheet programs do to cells, and files that are no tables."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.orders.sheets import SheetError, _cell, _member_name, _text, read_tables
from tests.orders.exports import as_csv, as_xlsx

ROWS = [{"订单编号": "1", "标题": "面霜，50g", "件数": "2"}, {"订单编号": "2", "标题": "分\n行", "件数": ""}]
READ = [(1, ["订单编号", "标题", "件数"]), (2, ["1", "面霜，50g", "2"]), (3, ["2", "分\n行", ""])]


def rows(path: Path) -> list[tuple[int, list[str]]]:
    (table,) = read_tables(path)
    return list(table.rows)


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8", "utf-8-sig", "utf-16"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    assert rows(as_csv(tmp_path / "a.csv", ROWS, encoding)) == READ


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_every_usual_delimiter_is_read(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'订单编号{delimiter}标题\n1{delimiter}"a{delimiter}b"\n', encoding="utf-8")
    assert rows(path)[1] == (2, ["1", f"a{delimiter}b"])


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('甲,乙\n"1\n1",2\n\n,,\n3,4\n', encoding="utf-8")
    assert [number for number, _ in rows(path)] == [1, 2, 5]


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('="3712345678901234501"', "3712345678901234501"),
        ('="3712345678901230000"', "3712345678901230000"),  # kept as text: its zeros are its own
        ("'3712345678901234501", "3712345678901234501"),
        ("`3712345678901234501", "3712345678901234501"),
        ("\t3712345678901234501\t", "3712345678901234501"),
        ("３７１２345678901234501", "3712345678901234501"),
        ("\ufeff小鱼儿", "小鱼儿"),
        ("'80后'毛衣", "'80后'毛衣"[1:]),
        ("面霜（50g）", "面霜（50g）"),
        ("3712345678901230000", "3.71E+18"),
        ("371234567890123000", "3.71E+17"),
        ("1234567890123450", "1234567890123450"),  # 16 digits may end in one zero
        ("3712345678901234501", "3712345678901234501"),
    ],
)
def test_what_spreadsheets_do_to_a_cell_is_undone_or_made_visible(cell: str, read: str) -> None:
    assert _text(cell, typed=False) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, ""),
        (3, "3"),
        (3.0, "3"),
        (109.69, "109.69"),
        (0.1 + 0.2, "0.3"),
        (999_999_999_999_999, "999999999999999"),
        (3712345678901234501, "3.71E+18"),
        (3.7123456789012345e18, "3.71E+18"),
        ("3712345678901230000", "3712345678901230000"),
        (datetime(2026, 11, 18, 10, 2, 10, 999_999), "2026-11-18 10:02:11"),
    ],
)
def test_a_cell_of_a_workbook(value: object, read: str) -> None:
    assert _cell(value) == read


@given(st.integers(0, 10**15 - 1))
def test_numbers_that_a_spreadsheet_can_hold_keep_every_digit(number: int) -> None:
    assert _cell(number) == _cell(float(number)) == str(number)


def test_each_worksheet_is_a_table(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["甲"])
    book.create_sheet("明细").append(["乙"])
    book.save(tmp_path / "a.xlsx")
    tables = [(table.file, table.name, list(table.rows)) for table in read_tables(tmp_path / "a.xlsx")]
    assert tables == [
        ("a.xlsx", "a.xlsx「Sheet」", [(1, ["甲"])]),
        ("a.xlsx", "a.xlsx「明细」", [(1, ["乙"])]),
    ]


def test_a_workbook_that_lies_about_its_size_is_read_whole(tmp_path: Path) -> None:
    right = as_xlsx(tmp_path / "right.xlsx", [["甲", "乙"], ["1", "2"]])
    wrong = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(right) as old, zipfile.ZipFile(wrong, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1"'))
    assert rows(wrong) == [(1, ["甲", "乙"]), (2, ["1", "2"])]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "另存为"),
        (b"PK\x03\x04 and no more", "不是完整的 XLSX"),
        (b"Rar!\x1a\x07\x00", "请先解压"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "不是能读的"),
        (b"a,b\n\xff\xff\xff", "不是能读的"),
    ],
)
def test_a_file_that_is_no_table_is_one_clear_line(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "order.csv"
    path.write_bytes(data)
    with pytest.raises(SheetError, match=says) as error:
        rows(path)
    assert "order.csv" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_character_cut_in_two_costs_no_file(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    text = "订单编号,标题,留言\n" + '1,面霜,"请尽快发货谢谢"\n' * 20
    path.write_bytes(text.encode(encoding).replace("谢谢".encode(encoding), "谢谢".encode(encoding)[:-1], 1))
    read = rows(path)
    assert read[1][1][:2] == ["1", "面霜"]
    assert "\ufffd" in read[1][1][2]
    assert read[2] == (3, ["1", "面霜", "请尽快发货谢谢"])


def test_a_web_page_called_xls_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_text(
        "<html><head><meta charset='utf-8'><style>td {color: red}</style></head><body><table>"
        "<tr><th>订单编号</th><th>标题</th></tr>"
        "<tr><td style=\"mso-number-format:'\\@'\">3712345678901234501</td><td>面霜<br>50g &amp; 小样</td></tr>"
        "</table></body></html>",
        encoding="utf-8",
    )
    assert rows(path) == [(1, ["订单编号", "标题"]), (2, ["3712345678901234501", "面霜\n50g & 小样"])]


def test_a_workbook_in_xml_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_text(
        '<?xml version="1.0"?><Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>'
        "<Row><Cell><Data>订单编号</Data></Cell><Cell><Data>留言</Data></Cell><Cell><Data>标题</Data></Cell></Row>"
        '<Row><Cell><Data>1</Data></Cell><Cell ss:Index="3"><Data>面霜</Data></Cell></Row>'
        "</Table></Worksheet></Workbook>",
        encoding="utf-8",
    )
    assert rows(path) == [(1, ["订单编号", "留言", "标题"]), (2, ["1", "", "面霜"])]


def test_the_sheets_in_a_zip_are_read(tmp_path: Path) -> None:
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(as_csv(tmp_path / "a.csv", ROWS), "订单.csv")
        archive.write(as_xlsx(tmp_path / "b.xlsx", [["甲"]]), "b.xlsx")
        archive.writestr("说明.pdf", "%PDF")
    tables = [(table.file, list(table.rows)) for table in read_tables(packed)]
    assert tables == [("export.zip/订单.csv", READ), ("export.zip/b.xlsx", [(1, ["甲"])])]


def test_names_in_a_zip_of_windows_are_read() -> None:
    named = zipfile.ZipInfo("订单.csv".encode("gb18030").decode("cp437"))
    assert _member_name(named) == "订单.csv"
    named.flag_bits |= 0x800
    assert _member_name(named) != "订单.csv"


def test_a_zip_without_sheets_is_said(tmp_path: Path) -> None:
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.pdf", "x")
    with pytest.raises(SheetError, match="压缩包里没有"):
        list(read_tables(packed))


def test_a_zip_with_a_password_is_said(tmp_path: Path) -> None:
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "甲\n")
    data = bytearray(packed.read_bytes())
    data[6] |= 1  # the flag of the member, and the same in the directory at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    packed.write_bytes(data)
    with pytest.raises(SheetError, match="压缩包有密码，请先解压"):
        list(read_tables(packed))


def test_a_zip_that_swells_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.orders.sheets._MOST_UNPACKED", 1000)
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "甲\n" * 1000)
    with pytest.raises(SheetError, match="太大"):
        list(read_tables(packed))


def test_a_damaged_workbook_is_one_clear_line(tmp_path: Path) -> None:
    whole = as_xlsx(tmp_path / "whole.xlsx", [[str(number * 7919) for number in range(50)]] * 50).read_bytes()
    damaged = tmp_path / "damaged.xlsx"
    for at in range(50, len(whole), 97):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF, whole[at + 1] ^ 0xFF]) + whole[at + 2 :])
        try:
            rows(damaged)
        except SheetError as error:
            assert "damaged.xlsx" in str(error)


def test_a_cell_without_end_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "order.csv"
    path.write_text('a,b\n1,"' + "x" * (1 << 21), encoding="utf-8")
    with pytest.raises(SheetError, match="第2行"):
        rows(path)


@pytest.mark.parametrize(("name", "says"), [("nowhere.csv", "没有这个文件"), (".", "这是个文件夹")])
def test_a_file_that_cannot_be_opened_is_said(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(SheetError, match=says):
        rows(tmp_path / name)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    for start in (b"", b"PK\x03\x04"):
        path.write_bytes(start + data)
        try:
            for table in read_tables(path):
                list(table.rows)
        except SheetError as error:
            assert "any.bin" in str(error)
