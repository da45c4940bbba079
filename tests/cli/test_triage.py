"""`shaofa triage`: a sheet in, the same with advice out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.calling import run_here, shaofa

SHEET = "时间,内容,备注\n2026-11-20,少发了两袋猫粮,=1+1\n2026-11-20,,\n2026-11-21,质量很好谢谢,好\n"


def test_rows_stay_as_they_are_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(SHEET, encoding="gbk")
    done = shaofa("triage", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), folder=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().endswith("有问题的行：1\n") and b"Traceback" not in done.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert head[3:] == [
        "意图",
        "意图代码",
        "商品",
        "缺件数",
        "危险",
        "涉及金额",
        "订单号",
        "建议回复",
        "建议金额",
        "说明",
    ]
    assert [row[:3] for row in rows] == [
        ["2026-11-20", "少发了两袋猫粮", "'=1+1"],
        ["2026-11-20", "", ""],
        ["2026-11-21", "质量很好谢谢", "好"],
    ]
    assert rows[0][3:7] == ["少发、漏发", "report_short_shipment", "猫粮", "2"] and rows[0][10]
    assert rows[1][3:] == [""] * 9 + ["这一行没有文字"]
    assert "2026-11-20" in (tmp_path / "out.html").read_text(encoding="utf-8")
    assert not list(tmp_path.glob("*.part")) and not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize(
    ("out", "says"),
    [("there.csv", "已经有了，要覆盖请加 --force"), ("out.pdf", "只能写成"), ("no/out.csv", "没有这个文件夹")],
)
def test_an_out_that_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, says: str) -> None:
    (tmp_path / "in.csv").write_text(SHEET, encoding="utf-8")
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")
    code, _, err = run_here(capsys, "triage", str(tmp_path / "in.csv"), "-o", str(tmp_path / out))
    assert code == 1 and says in err and (tmp_path / "there.csv").read_text() == "mine"


def test_not_over_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text(SHEET, encoding="utf-8")
    code, _, err = run_here(capsys, "triage", str(path), "-o", str(path), "--force")
    assert code == 1 and "不能写回原表" in err and path.read_text(encoding="utf-8") == SHEET
