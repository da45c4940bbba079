"""``shaofa rules``: the rules that hold on a day."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.claims.rulebook import Value
    from bot.cli.terminal import Subparsers

HEAD = ("规则", "数值", "生效日期", "核实情况", "出处")
CONFIDENCE = {"confirmed": "已核对", "reported": "转载", "assumed": "本项目约定"}
# 点, not 分, for points: 分 would read as money.
UNITS = {"percent": "%", "points": "点", "hours": "小时", "days": "天", "grams": "克"}


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("rules", help="the rules that hold on a day, with source and how sure they are")
    parser.add_argument("--on", type=_day, metavar="YYYY-MM-DD", help="default: today in Shanghai")
    parser.add_argument("--json", action="store_true", help="a JSON list, for programs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.claims.deadlines import SHANGHAI
    from bot.claims.rulebook import Rulebook
    from bot.settings import settings

    on = args.on or office.now().astimezone(SHANGHAI).date()
    rules = Rulebook.load(settings().rulebook_dir).holding(on)
    if args.json:
        say(json.dumps([{**asdict(rule), "since": str(rule.since)} for rule in rules], ensure_ascii=False, indent=2))
        return
    say(f"{on} 有效的规则，共{len(rules)}条")
    for file, group in groupby(rules, key=lambda rule: rule.id.partition(".")[0]):
        say(f"\n{file}.yml")
        say(_table(list(group)))


def _table(rules: Sequence[Value]) -> str:
    """The rules of one file: a row each, and below it what the rule says."""
    from tabulate import tabulate  # with wcwidth installed it knows that a Chinese character takes two columns

    rows = [
        (rule.id.partition(".")[2], _amount(rule), str(rule.since), CONFIDENCE[rule.confidence], _one_line(rule.source))
        for rule in rules
    ]
    head, *drawn = tabulate(rows, HEAD, tablefmt="plain", disable_numparse=True).splitlines()
    lines = [f"  {head}"]
    for row, rule in zip(drawn, rules, strict=True):
        lines += [f"  {row}", f"    {_one_line(rule.text)}"]
    return "\n".join(line.rstrip() for line in lines)


def _amount(rule: Value) -> str:
    from bot.claims.money import yuan

    if rule.unit == "text":
        return "见说明"  # the value is a word for programs; the line below says it in Chinese
    return yuan(int(rule.value)) if rule.unit == "fen" else f"{rule.value}{UNITS[rule.unit]}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{value} is no day such as 2026-11-23") from error
