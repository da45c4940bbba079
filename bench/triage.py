"""How many rows of a sheet are read through in a second, and in how much memory: ``python -m bench.triage``.

The rows are the project's own training examples, each different, so that nothing is remembered from the row before.
Runs ``shaofa triage`` itself, with one process and with one a core. Writes ``bench/results/triage.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rasa.shared.nlu.training_data.loading import load_data

from bot.triage.work import cores

RESULTS = Path(__file__).with_name("results") / "triage.json"


def write_sheet(path: Path, rows: int) -> None:
    data = Path(__file__).parents[1] / "data"
    read = [load_data(str(place)) for place in (data / "nlu.yml", data / "nlu")]
    texts = sorted({message.get("text") for part in read for message in part.intent_examples})
    random.Random(7).shuffle(texts)
    with path.open("w", encoding="utf-8") as file:
        file.write("内容\n")
        file.writelines(f'"{texts[number % len(texts)]} {number}"\n' for number in range(rows))


def run(sheet: Path, folder: Path, jobs: int) -> dict[str, Any]:
    """Wall seconds, and the most memory of one of the processes, in MiB."""
    out = folder / f"{sheet.stem}-{jobs}.csv"
    command = [sys.executable, "-m", "bot", "triage", str(sheet), "-o", str(out), "--jobs", str(jobs)]
    environment = {**os.environ, "SHAOFA_DATABASE_URL": f"sqlite:///{folder / 'shaofa.db'}"}
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: wait status {status}")
    return {"seconds": round(time.perf_counter() - began, 1), "most_mib": used.ru_maxrss // 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--jobs", type=int, nargs="+", default=sorted({1, cores()}))
    args = parser.parse_args()
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        for rows in args.rows:
            sheet = Path(name) / f"{rows}.csv"
            write_sheet(sheet, rows)
            for jobs in args.jobs:
                measured = {"rows": rows, "jobs": jobs, **run(sheet, Path(name), jobs)}
                found.append({**measured, "rows_per_s": round(rows / measured["seconds"], 1)})
                print(found[-1], flush=True)
    RESULTS.write_text(json.dumps({"cores": cores(), "runs": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
