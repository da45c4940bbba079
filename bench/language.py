"""Numbers, sums and days: ours beside cn2an, JioNLP and WeTextProcessing. ``make bench-language``.

Each tool is installed into an environment of its own that is thrown away afterwards. What is read:

- numbers: 1,000 spellings of numbers up to 99,999 (``tests/language/writers.py``), always the same;
- sums: ``tests/language/sums.yml``, every exact sum of a sentence; once all of it, once the sentences that name a unit;
- days: ``tests/language/dates.yml``, every exact day of a sentence.

A tool that does not do a thing has a dash. The sentences are our own, written before our grammar was, and it was mended
on them: read our figures as what is held, and those of the others as what they would bring to this trade as they are.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from tabulate import tabulate

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
UNIT = re.compile("[元块毛角分圆￥¥]|rmb|软妹币|人民币")
NOW = "2026-11-27T12:00:00+08:00"

# Run inside the other environment: JSON in (kind -> rows), JSON out (kind -> answers and seconds a call).
ADAPTERS = {
    "cn2an": """
import cn2an
def number(text, now): return int(cn2an.cn2an(text, "smart"))
READ = {"numbers": number}
""",
    "jionlp": """
import jionlp as jio
from decimal import Decimal
def number(text, now): return int(Decimal(jio.parse_money(text + "元")["num"]))
def sums(text, now):
    found = jio.ner.extract_money(text, with_parsing=True)
    exact = [m["detail"] for m in found if m["detail"]["definition"] == "accurate"]
    return [int(Decimal(sum["num"]) * 100) for sum in exact if isinstance(sum["num"], str) and sum["case"] == "元"]
def days(text, now):
    spans = [t["detail"]["time"] for t in jio.ner.extract_time(text, time_base=now, with_parsing=True)]
    return [start[:10] for start, end in spans if start[:10] == end[:10]]
READ = {"numbers": number, "sums": sums, "days": days}
""",
    "WeTextProcessing": """
import re
from decimal import Decimal
from itn.chinese.inverse_normalizer import InverseNormalizer
itn = InverseNormalizer()
def number(text, now): return int(itn.normalize(text))
def sums(text, now):
    said = itn.normalize(text)
    return [int(Decimal(a or b) * 100) for a, b in re.findall(r"[¥￥]([0-9.]*[0-9])|([0-9.]*[0-9])(?:元|块)", said)]
READ = {"numbers": number, "sums": sums}
""",
}
HARNESS = """
import json, sys, time, datetime
def attempt(read, text, now):
    try: return read(text, now)
    except Exception: return None
rows = json.load(sys.stdin)
out = {}
for kind, read in READ.items():
    for text, now in rows[kind][:5]: attempt(read, text, now)
    start = time.process_time()
    answers = [attempt(read, text, now) for text, now in rows[kind]]
    out[kind] = {"answers": answers, "seconds": (time.process_time() - start) / len(rows[kind])}
print("\\x1e" + json.dumps(out))
"""

Rows = dict[str, list[tuple[str, float]]]
Gold = dict[str, list[Any]]


def main() -> None:
    rows, gold = _read_sets()
    measured = {"ours": _ours(rows)}
    sizes = {"ours": "–"}
    for tool in ADAPTERS:
        measured[tool], sizes[tool] = _other(tool, rows)
    print(
        tabulate(
            [_row(tool, found, rows, gold, sizes[tool]) for tool, found in measured.items()],
            headers="keys",
            tablefmt="github",
        )
    )


def _read_sets() -> tuple[Rows, Gold]:
    from tests.language.writers import spelled_numbers

    chance = random.Random(0)
    numbers = [chance.randrange(10 ** chance.randint(1, 5)) for _ in range(1000)]
    written = [chance.choice(spelled_numbers(number)) for number in numbers]
    sums, days = (
        [case for case in yaml.safe_load((ROOT / "tests" / "language" / name).read_text(encoding="utf-8"))]
        for name in ("sums.yml", "dates.yml")
    )
    rows: Rows = {
        "numbers": [(text, 0) for text in written],
        "sums": [(case["text"], float(case.get("haggling", True))) for case in sums],
        "days": [(case["text"], datetime.fromisoformat(case.get("now", NOW)).timestamp()) for case in days],
    }
    gold: Gold = {
        "numbers": numbers,
        "sums": [case["sums"] for case in sums],
        "days": [[day.isoformat() for day in case["dates"]] for case in days],
    }
    return rows, gold


def _ours(rows: Rows) -> dict[str, Any]:
    from bot.language.dates import SHANGHAI, find_dates
    from bot.language.numbers import to_int
    from bot.language.sums import find_sums

    reads: dict[str, Callable[[str, float], Any]] = {
        "numbers": lambda text, _: to_int(text),
        "sums": lambda text, haggling: find_sums(text, haggling=bool(haggling)),
        "days": lambda text, now: [day.isoformat() for day in find_dates(text, datetime.fromtimestamp(now, SHANGHAI))],
    }
    found = {}
    for kind, read in reads.items():
        for text, context in rows[kind][:5]:
            read(text, context)
        start = time.process_time()
        answers = [read(text, context) for text, context in rows[kind]]
        found[kind] = {"answers": answers, "seconds": (time.process_time() - start) / len(rows[kind])}
    return found


def _other(tool: str, rows: Rows) -> tuple[dict[str, Any], str]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / "bin" / "python"
        before = _mebibytes(folder)
        subprocess.run([python, "-m", "pip", "install", "-qqq", "--no-compile", tool], check=True)
        size = f"{_mebibytes(folder) - before} MiB"
        script = ADAPTERS[tool] + HARNESS
        ran = subprocess.run([python, "-c", script], input=json.dumps(rows), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(ran.stdout.rpartition("\x1e")[2])
    return found, size


def _mebibytes(folder: str) -> int:
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) >> 20


def _row(tool: str, found: dict[str, Any], rows: Rows, gold: Gold, size: str) -> dict[str, str]:
    row = {"": tool}
    named = [bool(UNIT.search(text)) for text, _ in rows["sums"]]
    for kind in rows:
        answers = found[kind]["answers"] if kind in found else None
        row[kind] = _right(answers, gold[kind])
        if kind == "sums":
            row["sums with a unit"] = _right(answers, gold[kind], named)
        row[f"{kind}, µs"] = f"{found[kind]['seconds'] * 1e6:.0f}" if kind in found else "–"
    return {**row, "installs": size}


def _right(answers: list[Any] | None, gold: list[Any], which: list[bool] | None = None) -> str:
    if answers is None:
        return "–"
    chosen = [pair for index, pair in enumerate(zip(answers, gold, strict=True)) if which is None or which[index]]
    return f"{sum(answer == right for answer, right in chosen)}/{len(chosen)}"


if __name__ == "__main__":
    main()
