"""The page beside the sheet counts what the sheet says."""

from __future__ import annotations

from collections import Counter

from bot.triage.judge import Verdict
from bot.triage.report import Report, most, over_time

SHORT = "report_short_shipment"


def filled() -> Report:
    report = Report("评价<b>.csv")
    report.add(Verdict(SHORT, item="猫粮", amount_fen=4550, courier="圆通"), "2026/11/3 10:00", "", "")
    report.add(Verdict(SHORT, item="袜子", danger="威胁", to_person=True), "2026-11-03", "纯棉袜", "中通")
    report.add(Verdict("praise"), "2026-11-04", "纯棉袜", "")
    report.add(Verdict(notes=["这一行没有文字"]), "2026-11-04", "", "")
    return report


def test_what_is_counted() -> None:
    report = filled()
    assert (report.rows, report.broken, report.complaints, report.to_person) == (4, 1, 2, 1)
    assert (report.offered, report.at_stake_fen) == (1, 4550)
    assert report.days == {"2026-11-03": 2} and report.items == {"猫粮": 1, "纯棉袜": 1}
    assert report.couriers == {"圆通": 1, "中通": 1} and report.dangers == {"威胁": 1}


def test_the_page() -> None:
    page = filled().as_html()
    assert "评价&lt;b&gt;.csv" in page and "<b>" not in page
    assert "45.50元" in page and "2026-11-03" in page and "先看这些" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_page_of_nothing() -> None:
    assert "消息" in Report("空.csv").as_html()


def test_many_are_put_together() -> None:
    assert most(Counter({str(number): number for number in range(1, 16)}))[-1] == ("其余", 1 + 2 + 3)
    days = Counter({f"2026-{month:02d}-{day:02d}": 1 for month in (9, 10, 11) for day in range(1, 29)})
    assert over_time(days) == [("2026-09", 28), ("2026-10", 28), ("2026-11", 28)]
