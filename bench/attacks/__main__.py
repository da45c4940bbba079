"""``make bench-attacks``: 1,000 scripted attempts to get money, through every door; prints what got through.

Writes ``bench/results/attacks.json``, and fails when anything did. ``ARGS="--attempts 70"`` is a quick look.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from bench.attacks.attack import HOOK_SECRET, run
from bot import logs

RESULTS = Path(__file__).resolve().parent.parent / "results" / "attacks.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-attacks ARGS=…", description=__doc__)
    parser.add_argument("--attempts", type=int, default=1_000)
    count = parser.parse_args().attempts
    logs.configure()
    from tests.office import TestOffice, fresh

    with tempfile.TemporaryDirectory(prefix="shaofa-attacks-") as folder:
        os.environ.update(fresh(Path(folder)), SHAOFA_HOOK_SECRET=HOOK_SECRET)
        os.environ.pop("SHAOFA_API_KEY", None)
        from starlette.testclient import TestClient

        from bot.server import make_app

        office = TestOffice()
        http = TestClient(make_app(office.inbox), base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
        began = time.monotonic()
        report = run(http, office.desk, count, lambda done: _show(done, count, began))
    result = {**report.as_json(), "seconds": round(time.monotonic() - began)}
    print(json.dumps({name: value for name, value in result.items() if name != "by_door_and_kind"}, indent=1))
    for fault in [*report.beyond, *report.unfounded, *report.held_back]:
        print(fault)
    RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if report.beyond or report.unfounded or report.held_back else 0)


def _show(done: int, count: int, began: float) -> None:
    if done % 20 == 0:
        print(f"{done}/{count} {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
