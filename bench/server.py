"""What a message costs over HTTP, beside an empty request to the same framework: ``make bench-server``.

``ARGS="--before PATH"`` measures another checkout first, as "before", in the same run on the same machine. Prints a
table and writes ``bench/results/server.json``; a side that was not measured keeps its figures there. Rasa's stock
recipe is for ``make bench-nlu ARGS=--stock`` alone: it would take hours to train on what this model is trained on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench import load, serving

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results" / "server.json"
CLIENTS = {1: 0.15, 8: 0.35, 32: 0.5}  # how many at once, and their share of the messages
EMPTY = '{"text": "少发了一件"}'.encode()
_WARM_UP = 5  # conversations
_COUNTED = 5
_EMPTY_S = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-server ARGS=…", description=__doc__)
    parser.add_argument("--before", type=Path, metavar="PATH", help="a checkout to measure first, with its .venv")
    parser.add_argument(
        "--tree", type=Path, metavar="PATH", default=ROOT, help='the checkout that is "after"; this one'
    )
    parser.add_argument("--only-before", action="store_true", help="measure that one alone")
    parser.add_argument("--messages", type=int, default=2000, help="in conversations of six (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=504, help="of the one long conversation, 0: none (%(default)s)")
    parser.add_argument("--first-run", action="store_true", help="also train from nothing, for the memory afterwards")
    args = parser.parse_args()
    if args.only_before and not args.before:
        parser.error("--only-before needs --before PATH")
    trees = {"before": args.before, "after": None if args.only_before else args.tree}
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name, path in trees.items():
        if path:
            results[name] = measure(serving.Tree(path), args.messages, args.turns, first_run=args.first_run)
            RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(table(results))


def measure(tree: serving.Tree, messages: int, turns: int, *, first_run: bool = False) -> dict[str, Any]:
    """Every figure of one checkout."""
    row: dict[str, Any] = {
        **tree.describe(),
        "at": datetime.now(timezone.utc).isoformat(timespec="minutes"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average_before": round(os.getloadavg()[0], 2),  # of other work: well under 1 is a quiet machine
        "client": "http.client, a thread each",
    }
    row |= _serve(tree, messages, turns)
    row |= _count(tree)
    if first_run:
        row["memory_mib_after_training"] = _first_run(tree)
    return row


def _serve(tree: serving.Tree, messages: int, turns: int) -> dict[str, Any]:
    buyers = _buyers(messages)
    everybody = [*(buyer for some in buyers.values() for buyer in some), "long"]
    with _folder() as folder, _folder() as beside:
        serving.seed(tree, folder, everybody)
        with serving.empty(tree, beside) as empty, serving.bot(tree, folder) as bot:
            row: dict[str, Any] = {"ready_s": bot.ready_s, "memory_mib_start": bot.resident_mib()}
            load.converse(bot.client, buyers[0], 1)
            row["clients"] = {}
            for clients in CLIENTS:
                # On both sides of the messages: what else the machine does then weighs on both alike.
                first, start = _empty(empty, clients), bot.cpu_s()
                measured = load.converse(bot.client, buyers[clients], clients)
                cpu_s = (bot.cpu_s() - start) / measured.messages
                row["clients"][str(clients)] = _beside(measured, cpu_s, [first, _empty(empty, clients)])
                _say(tree, f"{clients} clients: {row['clients'][str(clients)]}")
            row["memory_mib_after"] = {"messages": len(everybody[:-1]) * len(load.MIX), "mib": bot.resident_mib()}
            if turns:
                row["long"] = load.talk_on(bot.client(), "long", turns)
                _say(tree, f"long: {row['long']}")
    return row


def _empty(empty: serving.Process, clients: int) -> dict[str, float]:
    """Empty requests a second, by our client and by wrk where it is installed; processor time of one."""
    start = empty.cpu_s()
    requests, seconds = load.flood(empty.client, EMPTY, clients, _EMPTY_S)
    measured = {"cpu_s": (empty.cpu_s() - start) / requests, "per_second": requests / seconds}
    by_wrk = _wrk(empty.port, clients)
    return measured if by_wrk is None else {**measured, "per_second_wrk": by_wrk}


def _beside(measured: load.Measured, cpu_s: float, empty: list[dict[str, float]]) -> dict[str, Any]:
    """A row; ``ratio`` is how many empty requests the server answers in the time of a message.

    On a busy machine the times of the one and the other say little, and ``ratio_cpu`` says more.
    """
    mean = {name: statistics.mean(one[name] for one in empty) for name in empty[0]}
    row = {
        **measured.summary(),
        "conversations": measured.messages // len(load.MIX),
        "cpu_ms": load.milliseconds(cpu_s),
        "empty_cpu_ms": round(mean["cpu_s"] * 1000, 3),
        "ratio_cpu": round(cpu_s / mean["cpu_s"]),
    }
    for by in ("", "_wrk"):
        if rate := mean.get(f"per_second{by}"):
            row[f"empty_per_second{by}"] = round(rate)
            row[f"ratio{by}"] = round(rate * measured.wall_s / measured.messages)
    return row


def _count(tree: serving.Tree) -> dict[str, Any]:
    """SQL statements and commits a message, of each kind and on average; one client."""
    names = [f"counted-{number}" for number in range(_COUNTED)]
    kinds: dict[str, list[tuple[int, int]]] = {kind: [] for kind, _ in load.MIX}
    with _folder() as folder:
        serving.seed(tree, folder, names)
        process, counts = serving.counted_bot(tree, folder)
        with process as bot:
            client = bot.client()
            for name in names:
                for kind, request in load.conversation(name):
                    statements, commits = counts.read()
                    client.post(request)
                    now = counts.read()
                    kinds[kind].append((now[0] - statements, now[1] - commits))
    every = [pair for pairs in kinds.values() for pair in pairs]
    return {"sql": _mean(every) | {"of": {kind: _mean(pairs) for kind, pairs in kinds.items()}}}


def _mean(pairs: list[tuple[int, int]]) -> dict[str, Any]:
    statements, commits = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    return {"statements": round(statements, 1), "commits": round(commits, 1)}


def _first_run(tree: serving.Tree) -> int:
    """Memory of a server that had to train before it could serve: a fresh clone's first start."""
    with _folder() as folder:
        empty_cache = {"SHAOFA_MODELS_DIR": str(folder / "models"), "RASA_CACHE_DIRECTORY": str(folder / "cache")}
        with serving.bot(tree, folder, **empty_cache) as bot:
            return bot.resident_mib()


def _wrk(port: int, connections: int) -> float | None:
    """Empty requests a second by wrk, None where it is not installed."""
    if not shutil.which("wrk"):
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as script:
        headers = f'["Authorization"] = "Bearer {serving.KEY}", ["Content-Type"] = "application/json"'
        script.write(f"wrk.method = 'POST'\nwrk.body = '{EMPTY.decode()}'\nwrk.headers = {{{headers}}}\n")
        script.flush()
        url = f"http://127.0.0.1:{port}/v1/messages"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{_EMPTY_S:.0f}s", "-s", script.name, url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(f"the empty handler refused wrk: {said}")
    return next(float(line.split()[1]) for line in said.splitlines() if line.startswith("Requests/sec"))


def _buyers(messages: int) -> dict[int, list[str]]:
    """Names for each number of clients, and under 0 those that warm the server up; a conversation each."""
    numbers = {0: _WARM_UP} | {
        clients: max(clients, round(messages * share / len(load.MIX))) for clients, share in CLIENTS.items()
    }
    return {clients: [f"bench-{clients}-{number}" for number in range(count)] for clients, count in numbers.items()}


def table(results: dict[str, Any]) -> str:
    """The figures that have an aim, and the aim."""
    columns = [name for name in ("before", "after") if name in results]
    lines = ["| | " + " | ".join(columns) + " | aim |", "|---" * (len(columns) + 2) + "|"]
    for title, path, aim in ROWS:
        lines.append(f"| {title} | " + " | ".join(_cell(results[name], path) for name in columns) + f" | {aim} |")
    return "\n".join(lines)


ROWS = (
    ("commit", "commit", ""),
    ("served by", "framework", ""),
    ("load of the machine before", "load_average_before", "< 0.5"),
    ("one client, p50 ms", "clients.1.p50_ms", "≤ 15"),
    ("one client, p99 ms", "clients.1.p99_ms", ""),
    ("messages a second, 1 client", "clients.1.per_second", ""),
    ("messages a second, 8 clients", "clients.8.per_second", ""),
    ("messages a second, 32 clients", "clients.32.per_second", ""),
    ("empty requests a second, 32 clients", "clients.32.empty_per_second", ""),
    ("empty requests a second, by wrk", "clients.32.empty_per_second_wrk", ""),
    ("a message in empty requests, 32 clients", "clients.32.ratio", "≤ 40"),
    ("a message in empty requests, by wrk", "clients.32.ratio_wrk", "≤ 80, at most 160"),
    ("by processor time of the server", "clients.32.ratio_cpu", ""),
    ("processor time of a message, ms", "clients.32.cpu_ms", ""),
    ("SQL statements a message", "sql.statements", ""),
    ("commits a message", "sql.commits", ""),
    ("memory at start, MiB", "memory_mib_start", "≤ 450"),
    ("memory after all messages, MiB", "memory_mib_after.mib", "≤ 450"),
    ("memory after a first training, MiB", "memory_mib_after_training", "≤ 450"),
    ("turns 4–8 of one conversation, ms", "long.early_ms", ""),
    ("turns 496–504, ms", "long.late_ms", ""),
    ("late : early", "long.late_to_early", "≤ 1.5"),
)


def _cell(row: dict[str, Any], path: str) -> str:
    value: Any = row
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return "–" if value is None else str(value)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="shaofa-bench-") as name:
        yield Path(name)


def _say(tree: serving.Tree, text: str) -> None:
    print(f"{tree.path.name}: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
