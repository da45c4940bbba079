"""What stands in the sheet, on one page: kinds over time, by product, by courier; what is at stake."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bot.claims.money import yuan
from bot.triage.judge import Verdict
from bot.triage.words import WORDS

_DAY = re.compile(r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})")
_LISTED = 12  # bars; the rest is one
_DAYS = 62  # bars of a day; more, and months are shown


@dataclass
class Report:
    """Filled row by row; holds counts only."""

    name: str
    rows: int = 0
    broken: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)  # of complaints about something missing, as the rest
    items: Counter[str] = field(default_factory=Counter)
    couriers: Counter[str] = field(default_factory=Counter)
    dangers: Counter[str] = field(default_factory=Counter)
    to_person: int = 0
    offered: int = 0
    at_stake_fen: int = 0

    def add(self, verdict: Verdict, when: str, item: str, courier: str) -> None:
        """``when``, ``item``, ``courier``: what the sheet's own columns say, empty where they do not."""
        self.rows += 1
        if not verdict.intent:
            self.broken += 1
            return
        self.kinds[WORDS["intents"].get(verdict.intent, verdict.intent)] += 1
        self.to_person += verdict.to_person
        if verdict.danger:
            self.dangers[verdict.danger] += 1
        if not verdict.is_complaint:
            return
        if day := _day(when):
            self.days[day] += 1
        if name := item or verdict.item:
            self.items[name] += 1
        if name := courier or verdict.courier:
            self.couriers[name] += 1
        if verdict.amount_fen:
            self.offered += 1
            self.at_stake_fen += verdict.amount_fen

    @property
    def complaints(self) -> int:
        return self.kinds[WORDS["intents"]["report_short_shipment"]]

    def as_html(self) -> str:
        charts = [
            ("消息都是什么事", most(self.kinds)),
            ("少发、漏发：按时间", over_time(self.days)),
            ("少发、漏发：按商品", most(self.items)),
            ("少发、漏发：按快递", most(self.couriers)),
            ("先看这些：有危险的", most(self.dangers)),
        ]
        return _template().render(report=self, charts=[chart for chart in charts if chart[1]])


def most(counted: Counter[str]) -> list[tuple[str, int]]:
    """The largest first; what is left over together at the end."""
    first = counted.most_common(_LISTED)
    rest = sum(counted.values()) - sum(number for _, number in first)
    return [*first, ("其余", rest)] if rest else first


def over_time(days: Counter[str]) -> list[tuple[str, int]]:
    """By day, or by month where that would be too many."""
    if len(days) <= _DAYS:
        return sorted(days.items())
    months: Counter[str] = Counter()
    for day, number in days.items():
        months[day[:7]] += number
    return sorted(months.items())


def _day(when: str) -> str | None:
    found = _DAY.search(when)
    return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}" if found else None


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["yuan"] = yuan
    return environment.get_template("report.html")
