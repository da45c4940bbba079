"""``shaofa parse``: lines of text in, a JSON line each out, in order."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from bot.cli.terminal import only_ours_on_stdout, stdin

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("parse", help="lines of text in, a JSON line each out")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    lines = stdin()
    with only_ours_on_stdout() as out:
        from bot.engine.training import trained_model
        from bot.inbox.opening import load_engine
        from bot.inbox.text import printable

        engine = load_engine(trained_model())
        for line in lines:
            text = line.rstrip("\r\n")
            seen = engine.parse(printable(text).lstrip("/"))
            out.write(json.dumps(_parsed(text, seen), ensure_ascii=False) + "\n")
            out.flush()


def _parsed(text: str, seen: dict[str, Any]) -> dict[str, Any]:
    from bot.language.dates import find_dates
    from bot.language.quantities import read
    from bot.language.sums import find_sums
    from bot.understanding.acts import acts_of

    haggling = seen["intent"].get("name") == "counter_offer"
    return {
        "text": text.encode("utf-8", "replace").decode(),
        "intent": {
            "name": seen["intent"].get("name"),
            "confidence": round(float(seen["intent"].get("confidence") or 0.0), 4),
        },
        "entities": seen["entities"],
        "quantities": read(text).as_dict(),
        "sums_fen": find_sums(text, haggling=haggling),
        "dates": [day.isoformat() for day in find_dates(text, datetime.now(timezone.utc))],
        "acts": [act.as_json() for act in acts_of(seen)],
    }
