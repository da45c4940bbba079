"""The recipe of CONTRIBUTING.md, "A new platform's penalty": its file and a copy of the rulebook, nothing else."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.casefile.gather import gather
from bot.casefile.render import as_html, as_json
from bot.claims.model import Claim, Platform
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.db import make_engine
from bot.desk import Desk, Speaker, facts, offers, promises
from bot.inbox.claim_view import claim_as_json
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.settings import settings
from bot.store import Store
from bot.store.files import FileStore
from bot.talk import phrases
from bot.understanding.intake import Heard
from tests.cli.calling import ROOT, run_here
from tests.orders.exports import as_csv, item, listed

NOW = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
ANNA = Speaker("talk-a", "anna")


@pytest.fixture
def rulebook(tmp_path: Path) -> Path:
    recipe = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## A new platform's penalty")[2]
    content = re.search(r"```yaml\n(.*?)```", recipe, re.DOTALL)
    assert content and "rulebook/haitun.yml" in recipe
    folder = tmp_path / "rulebook"
    shutil.copytree(ROOT / "rulebook", folder)
    (folder / "haitun.yml").write_text(content[1], encoding="utf-8")
    return folder


@pytest.fixture
def command(rulebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """``shaofa`` works with that rulebook, over a database of its own."""
    monkeypatch.setenv("SHAOFA_RULEBOOK_DIR", str(rulebook))
    monkeypatch.setenv("SHAOFA_DATABASE_URL", f"sqlite:///{tmp_path / 'shaofa.db'}")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def desk(rulebook: Path, tmp_path: Path) -> Desk:
    engine = make_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    orders = SqlOrders(engine)
    seed(orders, ANNA.buyer_id, NOW)
    orders.put([replace(order, platform=Platform("haitun")) for order in orders.recent(ANNA.buyer_id, 100)])
    return Desk(orders, Store(engine), Rulebook.load(rulebook), ShopPolicy.load(ROOT / "shop.yml"), Clock())


@pytest.fixture
def broken(desk: Desk) -> Claim:
    """A claim on one of three shirts, whose promise nobody has kept."""
    with desk.case(ANNA) as case:
        shirts = next(order for order in case.recent_orders() if any("T恤" in line.title for line in order.lines))
        claim = facts.hear(case, Heard("少了", missing=1), None, shirts)[0]
        offers.accept(case, offers.assess(case, claim).claim)
    assert isinstance(desk.clock, Clock)
    desk.clock.now += timedelta(days=9)
    with desk.case(ANNA) as case:
        assert case.active
        return promises.open_penalty(case, case.active)


def test_what_the_buyer_reads(desk: Desk, broken: Claim) -> None:
    with desk.case(ANNA) as case:
        said = phrases.broken(broken, case)
        in_general = phrases.penalty_rules(case)
    # 109.69 x 20 % = 21.938, capped at 10 yuan, ten coins each
    assert "×20%=21.94元，每单最高10元，按10元。" in said
    assert "以海豚币发到账户，合100枚，以平台页面为准。" in said and said.count("海豚购少发规则") == 1
    assert "规则据公开转载，违约金能不能拿到、拿多少，以平台判定为准。" in said
    assert in_general == "海豚购：实付（不含邮费）的20%，每单最高10元，以海豚币发放"
    assert "天猫" not in said


def test_what_is_on_record_and_what_the_doors_show(desk: Desk, broken: Claim) -> None:
    stored = desk.store.claims.get(broken.claim_id)
    assert stored == broken and stored is not None
    shown = claim_as_json(stored)
    assert shown["platform"] == "haitun"
    assert shown["settlement"] == {
        "refund_fen": 0,
        "penalty_fen": 1000,
        "penalty_points": 100,
        "penalty_currency": "海豚币",
        "freight_by": "seller",
    }


def test_its_case_file(desk: Desk, broken: Claim, tmp_path: Path) -> None:
    gathered = gather(desk, FileStore(tmp_path / "evidence", 10**7, 10**7), broken)
    page = as_html(gathered).decode()
    assert "10元，合100海豚币；以平台判定为准" in page
    assert "<td>海豚购</td>" in page and "海豚购规则中心, art. 7 (invented)" in page and "天猫" not in page
    written = json.loads(as_json(gathered))
    assert (written["platform"], written["platform_name"]) == ("haitun", "海豚购")
    assert written["settlement"]["penalty_currency"] == "海豚币"
    sources = {source["id"]: source for source in written["sum"]["sources"]}
    assert sources["haitun.short_shipment.rate"]["confidence"] == "reported"


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("platform", ["haitun", "海豚购"])
def test_shaofa_compensate(tmp_path: Path, capsys: pytest.CaptureFixture[str], platform: str) -> None:
    case = {
        "platform": platform,
        "paid_total_fen": 4500,
        "shipping_fen": 500,
        "items": [{"name": "杯子", "qty_ordered": 2, "qty_received": 1, "line_paid_fen": 4000}],
        "fault": "seller",
        "promise_broken": True,
    }
    (tmp_path / "cases.json").write_text(json.dumps([case]), encoding="utf-8")
    code, out, _ = run_here(capsys, "compensate", str(tmp_path / "cases.json"))
    (result,) = (case["result"] for case in json.loads(out))
    assert code == 0
    # (4500 - 500) x 20 % = 800, ten coins a yuan
    assert [result[key] for key in ("penalty_fen", "penalty_points", "penalty_currency")] == [800, 80, "海豚币"]
    assert {"haitun.short_shipment.rate", "haitun.short_shipment.coins"} <= set(result["sources"])


@pytest.mark.usefixtures("command")
def test_shaofa_rules(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run_here(capsys, "rules", "--on", "2026-11-27")
    assert code == 0 and "haitun.yml" in out and "海豚购规则中心, art. 7 (invented)" in out


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("platform", ["haitun", "海豚购"])
def test_shaofa_orders_import(tmp_path: Path, capsys: pytest.CaptureFixture[str], platform: str) -> None:
    sheets = str(as_csv(tmp_path / "list.csv", [listed()])), str(as_csv(tmp_path / "items.csv", [item()]))
    code, out, _ = run_here(capsys, "orders", "import", *sheets, "--platform", platform)
    assert code == 0 and "新增1单" in out
    orders = SqlOrders(make_engine(settings().database_url))
    (order,) = orders.recent(listed()["买家会员名"])
    assert order.platform is Platform("haitun")


def test_without_the_file_it_is_no_platform(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        run_here(capsys, "orders", "import", "list.csv", "--platform", "haitun")
    err = capsys.readouterr().err
    assert exit_.value.code == 2 and "no platform haitun in the rulebook, which has" in err and "tmall 天猫" in err


@pytest.mark.usefixtures("command")
def test_a_malformed_file_is_one_clear_line(rulebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = rulebook / "haitun.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("most: short_shipment.cap", "most: cap"), encoding="utf-8")
    code, out, err = run_here(capsys, "rules")
    assert (code, out) == (1, "")
    assert err == f"shaofa: {file}: scheme: penalty.most: the rulebook has no cap\n"
    with pytest.raises(SystemExit) as exit_:
        run_here(capsys, "orders", "import", "list.csv", "--platform", "haitun")
    assert exit_.value.code == 2 and "haitun.yml: scheme: penalty.most" in capsys.readouterr().err
