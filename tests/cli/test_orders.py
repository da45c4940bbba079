"""`shaofa orders import`: what was imported, and what was skipped for which reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.settings import settings
from tests.cli.calling import run_here, shaofa
from tests.orders.exports import ORDER_ID, as_csv, item, listed


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


def test_what_is_in_the_store_is_listed_and_shown(tmp_path: Path) -> None:
    assert "还没有订单" in shaofa("orders", "list", folder=tmp_path).stdout.decode()
    sheets = str(as_csv(tmp_path / "list.csv", [listed()])), str(as_csv(tmp_path / "items.csv", [item()]))
    shaofa("orders", "import", *sheets, folder=tmp_path)

    said = shaofa("orders", "list", folder=tmp_path).stdout.decode()
    assert said.splitlines() == ["最新的1单", f"{ORDER_ID}  2026-11-18 10:02  小**  109.69元  纯棉T恤 白色 L码×3"]
    (order,) = json.loads(shaofa("orders", "list", "--json", folder=tmp_path).stdout)
    assert json.loads(shaofa("orders", "show", ORDER_ID, "--json", folder=tmp_path).stdout) == order
    line = {"sku": "SKU-1", "title": "纯棉T恤 白色 L码", "quantity": 3, "paid_fen": 10969}
    assert {name: order[name] for name in ("order_id", "platform", "buyer", "paid_fen", "lines")} == {
        "order_id": ORDER_ID,
        "platform": "unknown",
        "buyer": "小**",
        "paid_fen": 10969,
        "lines": [line],
    }
    assert [parcel["tracking_number"] for parcel in order["parcels"]] == ["YT8812345678901"]
    shown = shaofa("orders", "show", ORDER_ID, folder=tmp_path).stdout.decode()
    assert "  纯棉T恤 白色 L码 ×3，实付109.69元，编码 SKU-1" in shown
    assert "  包裹 圆通速递 YT8812345678901，已发出" in shown
    missing = shaofa("orders", "show", "37", folder=tmp_path)
    assert (missing.returncode, missing.stderr.decode()) == (1, "shaofa: 没有订单 37\n")
