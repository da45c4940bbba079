"""`shaofa rules`: what holds on a day, in columns or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from wcwidth import wcswidth

from bot import office
from bot.settings import settings
from tests.cli.calling import ROOT, run_here


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
    code, out, err = run_here(capsys, "rules", "--on", "2026-11-27")
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
        return wcswidth(line[: line.index(word)])

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
