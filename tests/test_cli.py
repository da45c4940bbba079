"""The `shaofa` command as other people's tools call it: JSON Lines, exit codes, one clear line on bad input."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.cli import main
from tests.office import fresh

ROOT = Path(__file__).resolve().parent.parent


def shaofa(*arguments: str, stdin: str | bytes = "", folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, over a store under ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input=stdin if isinstance(stdin, bytes) else stdin.encode("utf-8"),
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **(fresh(folder) if folder else {})},
        check=False,
    )


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def talk(*messages: dict[str, Any]) -> str:
    return "".join(json.dumps(message, ensure_ascii=False) + "\n" for message in messages)


# --- chat --jsonl ---


def test_a_line_in_a_line_out(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (80, 60), (9, 99, 199)).save(photo)
    answers = lines(
        shaofa(
            "chat",
            "--jsonl",
            folder=tmp_path,
            stdin=talk(
                {"text": "我拍了三件T恤怎么就到一件", "sender": "甲"},
                {"text": "你好", "sender": "乙"},
                {"upload": str(photo), "sender": "甲"},
                {"upload": str(tmp_path / "nowhere.jpg"), "sender": "乙"},
                {"text": "接受", "sender": "甲"},
                {"text": "没有发送人"},
                {"text": "转人工", "sender": "乙"},
                {"text": "在吗", "sender": "乙"},
            ),
        )
    )
    assert [set(answer) for answer in answers] == [
        {"sender", "replies", "intent", "confidence", "claim", "handoff"}
    ] * 8
    first, hello, evidence, no_file, agreed, nobody, handed, silent = answers
    assert first["intent"] == "report_short_shipment" and first["claim"]["lines"][0]["missing"] == 2
    assert (
        hello["sender"] == "乙" and hello["claim"] is None and set(hello["replies"][0]) == {"text", "buttons", "custom"}
    )
    assert evidence["claim"]["evidence"] == [{"kind": "photo", "status": "received"}]
    assert "没收到文件" in no_file["replies"][0]["text"]
    assert agreed["claim"]["state"] == "agreed" and agreed["claim"]["settlement"]["freight_by"] == "seller"
    assert nobody["sender"] and nobody["replies"]
    assert handed["handoff"]["reason"] == "user_requested"
    assert silent["replies"] == [] and silent["handoff"]["reason"] == "user_requested"


def test_a_conversation_goes_on_after_a_restart(tmp_path: Path) -> None:
    order = {"text": "少了一件T恤", "sender": "s"}
    (offered,) = lines(shaofa("chat", "--jsonl", folder=tmp_path, stdin=talk(order)))
    (agreed,) = lines(shaofa("chat", "--jsonl", folder=tmp_path, stdin=talk({"text": "接受", "sender": "s"})))
    assert offered["claim"]["state"] == "offered" and agreed["claim"]["state"] == "agreed"
    assert agreed["claim"]["claim_id"] == offered["claim"]["claim_id"]

    due = shaofa("promises", folder=tmp_path)
    assert agreed["claim"]["claim_id"] in due.stdout.decode() and "未到期" in due.stdout.decode()
    assert shaofa("fulfil", agreed["claim"]["claim_id"], folder=tmp_path).returncode == 0
    (kept,) = lines(shaofa("chat", "--jsonl", folder=tmp_path, stdin=talk({"text": "我的补发呢", "sender": "s"})))
    assert "办好了" in kept["replies"][0]["text"] and kept["claim"]["state"] == "fulfilled"
    assert shaofa("promises", folder=tmp_path).stdout == b""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("少发了", "第 1 行不是合法的 JSON"),
        ("[1]", "第 1 行应当是一个 JSON 对象"),
        ('{"text": 3}', "第 1 行的 text 类型不对"),
        ('{"metadata": []}', "第 1 行的 metadata 类型不对"),
        ("[" * 100_000, "第 1 行不是合法的 JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    done = shaofa("chat", "--jsonl", folder=tmp_path, stdin=line + "\n")
    assert done.returncode == 1
    said = done.stderr.decode().strip().splitlines()[-1]
    assert says in said and "Traceback" not in done.stderr.decode()


# --- parse ---


def test_parse_answers_every_line_in_order() -> None:
    texts = ["我拍了三件T恤怎么就到两件", "", "少发了俩", "/greet", "赔我50块", "\u3000"]
    parsed = lines(shaofa("parse", stdin="\n".join(texts) + "\n"))
    assert [answer["text"] for answer in parsed] == texts
    assert set(parsed[0]) == {"text", "intent", "entities", "quantities"}
    assert parsed[0]["intent"]["name"] == "report_short_shipment"
    assert parsed[0]["quantities"] == {"ordered": 3, "received": 2, "missing": 1, "unit": "件"}
    assert parsed[2]["quantities"]["missing"] == 2
    assert parsed[3]["intent"]["name"] != "greet" or parsed[3]["intent"]["confidence"] < 1
    assert any(entity["entity"] == "money" for entity in parsed[4]["entities"])


def test_parse_survives_bytes_that_are_no_utf8() -> None:
    parsed = lines(shaofa("parse", stdin="少发了\n".encode() + b"\xff\xfe\xc0\n" + "漏发".encode()))
    assert [answer["intent"]["name"] for answer in parsed[::2]] == ["report_short_shipment"] * 2
    assert len(parsed) == 3


# --- compensate ---

CASE = {
    "id": "own-1",
    "platform": "tmall",
    "paid_total_fen": 30000,
    "shipping_fen": 0,
    "items": [{"name": "杯子\ud83d", "qty_ordered": 3, "qty_received": 2, "line_paid_fen": 30000}],
    "fault": "seller",
    "promise_broken": True,
}


def run_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


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


# --- the rest ---


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["compensate"], ["run", "--port", "x"], ["run", "--port", "0"], ["chat", "--xml"], ["fulfil"]],
)
def test_bad_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["", "run", "train", "chat", "parse", "compensate", "promises", "fulfil", "give-back"]
)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([*command.split(), "--help"])
    assert exit_.value.code == 0
    assert "usage: shaofa" in capsys.readouterr().out


def test_other_machines_are_not_served_without_a_key(tmp_path: Path) -> None:
    done = shaofa("run", "--host", "0.0.0.0", folder=tmp_path)
    assert done.returncode == 1
    assert "SHAOFA_API_KEY" in done.stderr.decode() and "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize("arguments", [("fulfil", "SF-0"), ("give-back", "nobody")])
def test_what_is_not_there_is_said(tmp_path: Path, arguments: tuple[str, str]) -> None:
    done = shaofa(*arguments, folder=tmp_path)
    assert done.returncode == 1 and arguments[1] in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
