"""``shaofa compensate``: a JSON list of cases in, the list with a ``result`` each out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli import InputError
from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("compensate", help="a JSON list of cases in, the list with results out")
    parser.add_argument("file", metavar="FILE", help="a JSON file, - for standard input")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.claims.compensation import compensate
    from bot.claims.deadlines import SHANGHAI
    from bot.claims.rulebook import Rulebook
    from bot.claims.shop import ShopPolicy
    from bot.settings import settings
    from bot.talk.phrases import explained

    cases = _cases(args.file)
    rulebook = Rulebook.load(settings().rulebook_dir)
    high_value_fen = ShopPolicy.load(settings().shop_file).evidence.high_value_fen
    today = office.now().astimezone(SHANGHAI).date()
    results = [
        {
            **(case if isinstance(case, dict) else {"case": case}),
            "result": explained(compensate(case, rulebook, high_value_fen=high_value_fen, on=today), rulebook),
        }
        for case in cases
    ]
    say(json.dumps(results, ensure_ascii=False, indent=2))


def _cases(file: str) -> list[Any]:
    try:
        cases = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: 读不了 ({error})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: 不是合法的 JSON ({error})") from error
    if not isinstance(cases, list):
        raise InputError(f"{file}: 应当是一个 JSON 列表，里面是一个个案例 (expected a JSON list of cases)")
    return cases
