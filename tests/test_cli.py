"""The `shaofa` command as other people's tools call it: JSON Lines, exit codes, one clear line on bad input."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import office
from bot.cli import main
from bot.settings import settings
from tests.office import fresh
from tests.orders.exports import as_csv, item, listed

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


# --- rules ---


@pytest.fixture
def rulebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Call it with YAML: that is then the only file of the rulebook."""
    monkeypatch.setenv("SHAOFA_RULEBOOK_DIR", str(tmp_path))
    settings.cache_clear()

    def write(text: str) -> None:
        (tmp_path / "shop.yml").write_text(text, encoding="utf-8")

    yield write
    monkeypatch.undo()
    settings.cache_clear()


def rule_yaml(key: str, unit: str, value: str, since: str = "2020-01-01", confidence: str = "assumed") -> str:
    dated = f"{{value: {value}, source: 某页, confidence: {confidence}}}"
    return f"{key}: {{description: d, unit: {unit}, text: 说明{key}, values: {{{since}: {dated}}}}}\n"


def test_rules_shows_unit_confidence_and_source_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_here(capsys, "rules", "--on", "2026-11-23")
    rows = {tuple(line.split()[:4]) for line in out.splitlines()}
    assert code == 0 and err == ""
    assert {
        ("short_shipment.penalty_rate", "30%", "2014-01-01", "转载"),
        ("short_shipment.penalty_cap", "500元", "2014-01-01", "转载"),
        ("short_shipment.points_per_yuan", "100点", "2014-01-01", "转载"),
        ("after_sale.window", "15天", "2014-01-01", "转载"),
        ("short_shipment.claim_window", "48小时", "2026-11-23", "转载"),
        ("civil.over_delivery", "见说明", "2021-01-01", "已核对"),
    } <= rows
    assert "中华人民共和国民法典 art. 629" in out and "《民法典》第六百二十九条" in out
    files = [line for line in out.splitlines() if line.endswith(".yml")]
    assert files == sorted(file.name for file in (ROOT / "rulebook").glob("*.yml"))


def test_rules_go_by_the_day(capsys: pytest.CaptureFixture[str]) -> None:
    key = "taobao.after_sale.refund_shipped"
    for day, value in (("2022-08-09", 5), ("2022-08-10", 2)):
        rules = {rule["id"]: rule for rule in json.loads(run_here(capsys, "rules", "--json", "--on", day)[1])}
        assert rules[key]["value"] == value
        assert "pdd.out_of_stock.penalty_rate" not in rules  # nothing is known of it before 2025


def test_rules_as_json_give_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run_here(capsys, "rules", "--json", "--on", "2026-11-23")
    rules = json.loads(out)
    assert code == 0 and len(rules) > 40
    assert all([*rule] == ["id", "value", "unit", "since", "source", "confidence", "text"] for rule in rules)
    (rate,) = [rule for rule in rules if rule["id"] == "tmall.short_shipment.penalty_rate"]
    assert (rate["value"], rate["unit"], rate["since"], rate["confidence"]) == (30, "percent", "2014-01-01", "reported")


def test_a_day_before_every_rule_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here(capsys, "rules", "--json", "--on", "1999-12-31")[:2] == (0, "[]\n")
    code, out, _ = run_here(capsys, "rules", "--on", "1999-12-31")
    assert code == 0 and "共0条" in out and ".yml" not in out


def test_rules_of_today_are_those_of_today_in_shanghai(
    rulebook: Callable[[str], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rulebook(rule_yaml("rate", "percent", "5", since="2026-05-02"))
    for hour, ids in ((15, []), (16, ["shop.rate"])):  # 16:00 UTC is midnight there
        monkeypatch.setattr(office, "now", lambda hour=hour: datetime(2026, 5, 1, hour, tzinfo=timezone.utc))
        assert [rule["id"] for rule in json.loads(run_here(capsys, "rules", "--json")[1])] == ids


def test_rules_stand_in_columns_whatever_their_units(
    rulebook: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    units = {"percent": "5%", "fen": "0.05元", "points": "5点", "hours": "5小时", "days": "5天", "grams": "5克"}
    rulebook(
        "".join(rule_yaml(f"{unit}.key", unit, "5") for unit in units) + rule_yaml("长的规则名字.key", "text", "x")
    )
    _, out, _ = run_here(capsys, "rules", "--on", "2026-01-01")
    head, *rows = [line for line in out.splitlines() if line.startswith("  ") and not line.startswith("    ")]
    assert [row.split()[1] for row in rows] == [*units.values(), "见说明"]
    assert {row.split()[3] for row in rows} == {"本项目约定"}

    def columns_before(line: str, word: str) -> int:
        return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line[: line.index(word)])

    assert {columns_before(row, "某页") for row in rows} == {columns_before(head, "出处")}


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2",
        rule_yaml("rate", "parsec", "5"),
        rule_yaml("late.penalty_min", "fen", "500") + rule_yaml("late.penalty_cap", "fen", "400"),
    ],
)
def test_a_malformed_rulebook_is_one_clear_line(
    rulebook: Callable[[str], None], capsys: pytest.CaptureFixture[str], text: str
) -> None:
    rulebook(text)
    code, out, err = run_here(capsys, "rules")
    assert (code, out) == (1, "")
    assert err.startswith("shaofa: ") and "shop.yml" in err and err.count("\n") == 1


# --- orders import ---


def test_orders_are_imported_and_what_was_skipped_is_said(tmp_path: Path) -> None:
    rows = [
        listed(),
        listed(订单编号="1.23E+18"),
        listed(订单编号="3712345678901234502", 订单状态="等待买家付款"),
        listed(订单编号="3712345678901234503", 买家实际支付金额="13812345678号"),
    ]
    sheets = str(as_csv(tmp_path / "list.csv", rows)), str(as_csv(tmp_path / "items.csv", [item()], "utf-8-sig"))
    firsts = []
    for more in (["--dry-run"], [], []):
        done = shaofa("orders", "import", *sheets, "--platform", "tmall", *more, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")  # no progress bar where nobody sees it
        said = done.stdout.decode()
        firsts.append(said.splitlines()[0])
    assert firsts == [
        "试运行，什么都没存。正式导入会：新增1单，更新0单，没变0单，跳过3条。",
        "导入完成：新增1单，更新0单，没变0单，跳过3条。",
        "导入完成：新增0单，更新0单，没变1单，跳过3条。",
    ]
    for line in (
        "  list.csv 第3行，订单1.23E+18",
        "跳过1条：还没付款，不用导入",
        "  list.csv 第4行，订单3712345678901234502",
        "“138****5678号”不是金额",
    ):
        assert line in said
    assert not any(private in said for private in ("小鱼儿", "张三丰", "13812345678", "文一西路"))


@pytest.mark.parametrize(("name", "says"), [("nowhere.csv", "没有这个文件"), ("notes.csv", "没找到订单表头")])
def test_a_sheet_that_cannot_be_used_is_one_line(
    tmp_path: Path, name: str, says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    monkeypatch.setenv("SHAOFA_DATABASE_URL", f"sqlite:///{tmp_path / 'shaofa.db'}")
    settings.cache_clear()
    code, out, err = run_here(capsys, "orders", "import", str(tmp_path / name))
    settings.cache_clear()
    assert (code, out) == (1, "")
    assert err.startswith("shaofa: ") and says in err and err.count("\n") == 1


def test_an_import_that_nobody_would_read_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAOFA_ORDERS_URL", "http://shop")
    settings.cache_clear()
    code, out, err = run_here(capsys, "orders", "import", "list.csv")
    settings.cache_clear()
    assert (code, out) == (1, "") and "SHAOFA_ORDERS_URL" in err and err.count("\n") == 1


# --- the rest ---


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["compensate"],
        ["run", "--port", "x"],
        ["run", "--port", "0"],
        ["chat", "--xml"],
        ["fulfil"],
        ["rules", "--on"],
        ["rules", "--on", "2026-02-30"],
        ["rules", "--on", "明天"],
        ["rules", "2026-01-01"],
        ["orders"],
        ["orders", "import"],
        ["orders", "export", "list.csv"],
        ["orders", "import", "list.csv", "--platform", "amazon"],
    ],
)
def test_bad_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        "",
        "run",
        "train",
        "chat",
        "parse",
        "compensate",
        "rules",
        "promises",
        "due",
        "fulfil",
        "give-back",
        "orders",
        "orders import",
    ],
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
