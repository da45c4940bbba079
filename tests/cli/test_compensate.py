"""`shaofa compensate`: a JSON list of cases in, the list with results out."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.calling import run_here

CASE = {
    "id": "own-1",
    "platform": "tmall",
    "paid_total_fen": 30000,
    "shipping_fen": 0,
    "items": [{"name": "杯子\ud83d", "qty_ordered": 3, "qty_received": 2, "line_paid_fen": 30000}],
    "fault": "seller",
    "promise_broken": True,
}


def test_compensate_gives_every_case_back_with_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps([CASE, {"id": "empty"}, 7]), encoding="utf-8")
    code, out, _ = run_here(capsys, "compensate", str(cases))
    results = json.loads(out)
    assert code == 0 and len(results) == 3
    assert results[0]["id"] == "own-1"
    assert (results[0]["result"]["refund_missing_fen"], results[0]["result"]["penalty_fen"]) == (10000, 9000)
    assert all(case["result"] for case in results)


def test_compensate_reads_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("[]"))
    assert run_here(capsys, "compensate", "-")[:2] == (0, "[]\n")


@pytest.mark.parametrize("content", ["{", '{"a": 1}', "3", "", "[" * 100_000])
def test_a_bad_file_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    cases = tmp_path / "cases.json"
    cases.write_text(content, encoding="utf-8")
    code, out, err = run_here(capsys, "compensate", str(cases))
    assert code == 1 and out == ""
    assert err.count("\n") == 1 and "cases.json" in err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_here(capsys, "compensate", "nowhere.json")
    assert code == 1 and out == "" and "nowhere.json" in err
