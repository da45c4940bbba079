"""``make bench-faults``: every kind of fault; prints a table, writes ``bench/results/faults.json``.

``ARGS=--quick`` is what the tests run: small numbers, servers forked from this process, leases of a second.
``ARGS="--only kills"`` measures one kind and keeps the figures of the others.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.faults import crash_points, frozen, fuzz, kills, two_workers
from bench.faults.plan import FULL, QUICK, Plan
from tests import databases
from tests.office import fresh

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "bench" / "results" / "faults.json"
KINDS = ("crash points", "kills", "two workers", "frozen", "fuzz")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-faults ARGS=…", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers: a minute")
    parser.add_argument("--only", action="append", choices=KINDS, help="may be given several times")
    args = parser.parse_args()
    results: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shaofa-faults-")))
        os.environ.update(fresh(folder))
        plan = QUICK if args.quick else FULL
        stores = {"SQLite": databases.sqlite(folder)}
        if not args.quick:
            stores["PostgreSQL"] = stack.enter_context(databases.postgresql())
        for kind in args.only or KINDS:
            for name, new in stores.items():
                if measured := _measure(kind, name, new, plan):
                    results[f"{kind}, {name}"] = measured
                    print(f"{kind}, {name}: {measured}", file=sys.stderr, flush=True)
                    if not args.quick:
                        _keep(results)
    print(table(results))
    sys.exit(any(wrongs(row) for row in results.values()))


def _measure(kind: str, store: str, new: databases.NewDatabase, plan: Plan) -> dict[str, Any] | None:
    """None: not of this kind on this store."""
    measure: dict[str, Callable[[], dict[str, Any]]] = {
        "kills": lambda: kills.run(plan.new_mortal, new(), plan.kills, plan.clients),
        "two workers": lambda: two_workers.run(plan.new_server, new(), plan.rounds),
        "frozen": lambda: frozen.run(plan.new_server, new(), plan.frozen_s, plan.freezes),
    }
    if store == "SQLite":
        measure["crash points"] = lambda: crash_points.run(plan.engine, plan.every)
        measure["fuzz"] = lambda: fuzz.run(plan.new_server, new(), plan.requests)
    if kind not in measure:
        return None
    start = time.monotonic()
    return {
        **measure[kind](),
        "took_s": round(time.monotonic() - start),
        "commit": _commit(),
        "at": datetime.now(timezone.utc).isoformat(timespec="minutes"),
    }


def _keep(results: dict[str, Any]) -> None:
    """Beside what was measured before."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**kept, **results}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def wrongs(row: dict[str, Any]) -> int:
    return sum(row.get(name, 0) for name in _WRONG)


def table(results: dict[str, Any]) -> str:
    lines = ["| | tried | lost, doubled or wrong | |", "|---|---|---|---|"]
    for name, row in results.items():
        tried = next(count for count in _COUNTS if count in row)
        rest = {key: value for key, value in row.items() if key not in (tried, *_WRONG, "commit", "at")}
        shown = "; ".join(f"{key}: {value}" for key, value in rest.items() if not isinstance(value, list | dict))
        lines.append(f"| {name} | {row[tried]:,} {tried} | {wrongs(row)} | {shown} |")
    return "\n".join(lines)


_COUNTS = ("points", "kills", "rounds", "times", "requests")
_WRONG = ("wrong", "lost", "doubled", "wrong ends")


def _commit() -> str:
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    main()
