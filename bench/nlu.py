"""How well messages are understood, and at what cost: ``make bench-nlu``.

Prints tables and writes ``bench/results/nlu.json``. Each row trains a pipeline from nothing in a process of its own,
as ``rasa train nlu`` does, and reads in another, so that times and memory are its own; all rows of one run see the same
machine. What is measured on:

- ``../shared/heldout/dev`` (evaluation only, not part of the project): complaints against everything else a shop hears,
  as it is labelled, and once more where ``bench/nlu_labels.yml`` says that a label goes against ``docs/intents.md``.
- ``bench/nlu_voices.yml``: eighteen kinds of buyers' voices in three rounds, each written blind.
- ``tests/nlu/messages.yml`` and ``tests/language/quantities.yml``: our own, written blind to the training data.
- SMP2017-ECDT (31 Chinese intents, in ``../shared/heldout/dev``): the same pipeline, unchanged.

Rasa's stock recipe takes hours over all examples: the side by side (``--stock``) teaches both ``data/nlu.yml`` alone,
the complaint and the turns of its settlement: ten intents. Its rows stay in the results until it is run again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.metrics import f1_score

ROOT = Path(__file__).resolve().parent.parent
HELDOUT = ROOT.parent / "shared" / "heldout" / "dev"
LABELS = ROOT / "bench" / "nlu_labels.yml"
VOICES = ROOT / "bench" / "nlu_voices.yml"
RESULTS = ROOT / "bench" / "results" / "nlu.json"
COMPLAINT = "report_short_shipment"
_CLASSIFIER = "SparseIntentClassifier"
_CONFIG, _MODEL, _GIVEN, _MEASURED = "config.yml", "bench", "given.json", "measured.json"
_NOT_A_WORD = re.compile(r"[\W_]+")
_CHANNELS = {
    "chat": "chat",
    "review": "review",
    "takeaway_review": "takeaway",
    "sms": "no shop",
    "assistant": "no shop",
}

Pipeline = list[dict[str, Any]]


# --- the pipelines that are compared --------------------------------------------------------------


def shipped() -> Pipeline:
    pipeline: Pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    return pipeline


STOCK: Pipeline = [
    {"name": "JiebaTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "DIETClassifier", "epochs": 100},
]


SIDE_BY_SIDE = ("ours, nlu.yml alone", "Rasa's stock, nlu.yml alone")


def _changed(ending: str, **options: Any) -> Pipeline:
    pipeline = shipped()
    for item in pipeline:
        if item["name"].endswith(ending):
            item.update(options)
    return pipeline


def _without(kind: str) -> Pipeline:
    """The classifier with one kind of features fewer."""
    pipeline = shipped()
    for item in pipeline:
        if item["name"].endswith(_CLASSIFIER):
            item["feature_weights"] = {**item.get("feature_weights", {}), kind: 0}
    return pipeline


ABLATIONS: dict[str, Callable[[], Pipeline]] = {
    "as shipped": shipped,
    "without words": lambda: _without("words"),
    "without characters": lambda: _without("characters"),
    "characters up to 2": lambda: _changed(_CLASSIFIER, max_ngram=2),
    "without cues": lambda: _without("cues"),
    "without our dictionary": lambda: _changed("ShopJiebaTokenizer", dictionary_path=None),
}


# --- one row: a process that trains, and one that reads -------------------------------------------


def measure(pipeline: Pipeline, training: str, texts: list[str]) -> dict[str, Any]:
    """Train on a file or folder, then load and parse every text, in a process each. Seconds, and MiB of memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = {"recipe": "default.v1", "language": "zh", "assistant_id": "b", "pipeline": pipeline}
        (folder / _CONFIG).write_text(yaml.safe_dump(config), encoding="utf-8")
        return {**_in_a_process("train", folder, training), **_in_a_process("read", folder, texts)}


def _in_a_process(job: str, folder: Path, given: Any) -> dict[str, Any]:
    (folder / _GIVEN).write_text(json.dumps(given), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "bench.nlu", "--job", job, "--folder", str(folder)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    measured: dict[str, Any] = json.loads((folder / _MEASURED).read_text(encoding="utf-8"))
    return measured


def _do(job: str, folder: Path) -> None:
    from bot import logs
    from bot.engine import no_tensorflow

    logs.configure()
    no_tensorflow.spare(folder / _CONFIG)  # not of DIET, which needs it
    given = json.loads((folder / _GIVEN).read_text(encoding="utf-8"))
    measured = {"train": _train, "read": _read}[job](folder, given)
    (folder / _MEASURED).write_text(json.dumps(measured), encoding="utf-8")


def _train(folder: Path, training: str) -> dict[str, Any]:
    from rasa.model_training import train_nlu

    # Rasa's cache would make the second run of a row look like magic.
    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    start = time.monotonic()
    train_nlu(str(folder / _CONFIG), training, str(folder), fixed_model_name=_MODEL)
    return {
        "train_s": round(time.monotonic() - start, 1),
        "train_cpu_s": round(time.process_time(), 1),  # of all threads; says something on a busy machine too
        "train_peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _read(folder: Path, texts: list[str]) -> dict[str, Any]:
    from rasa.core.agent import Agent

    start = time.monotonic()
    agent = Agent.load(str(folder / f"{_MODEL}.tar.gz"))
    loaded = time.monotonic()
    measured = asyncio.run(_parse_all(agent, texts))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"load_s": round(loaded - start, 1), "read_peak_mib": peak, **measured}


async def _parse_all(agent: Any, texts: list[str]) -> dict[str, Any]:
    from bot.engine.rasa_engine import now

    parsed, times = [], []
    for text in texts:
        start = time.perf_counter()
        intent = now(agent.parse_message(text))["intent"]
        times.append(time.perf_counter() - start)
        parsed.append([intent.get("name"), round(float(intent.get("confidence") or 0.0), 4)])
    p50, p99 = np.percentile(times, [50, 99])
    return {"parsed": parsed, "p50_ms": round(p50 * 1000, 2), "p99_ms": round(p99 * 1000, 2)}


# --- what is measured on --------------------------------------------------------------------------


def _rows(name: str) -> list[dict[str, Any]]:
    path = HELDOUT / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def own_messages() -> list[tuple[str, str]]:
    """(message, intent); messages that stand in the training data by chance are left out."""
    known = {essence(text) for text in taught()}
    sets = yaml.safe_load((ROOT / "tests" / "nlu" / "messages.yml").read_text(encoding="utf-8"))
    return [(str(t), intent) for intent, texts in sets.items() for t in texts if essence(str(t)) not in known]


def taught() -> list[str]:
    """Every training example, without annotations."""
    texts = []
    for path in (ROOT / "data" / "nlu.yml", *(ROOT / "data" / "nlu").rglob("*.yml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = (line.strip() for line in item.get("examples", "").splitlines())
            texts += [re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line[2:]) for line in lines]
    return texts


def essence(text: str) -> str:
    """Letters and digits: two texts that differ in marks and spaces are the same."""
    return _NOT_A_WORD.sub("", text.lower()) or text


def voices() -> list[tuple[str, str, str]]:
    """(message, intent, round and voice); without those that stand in the training data by chance."""
    known = {essence(text) for text in taught()}
    return [
        (text, intent, f"{written}, {voice}")
        for written, voices_of_it in yaml.safe_load(VOICES.read_text(encoding="utf-8")).items()
        for voice, intents in voices_of_it.items()
        for intent, texts in intents.items()
        for text in texts
        if essence(text) not in known
    ]


def _smp_training(folder: Path) -> str:
    intents: dict[str, list[str]] = {}
    for row in _rows("smp2017_train.jsonl"):
        intents.setdefault(row["intent"], []).append(row["text"].replace("\n", " "))
    path = folder / "smp.yml"
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in intents.items()
    ]
    path.write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), encoding="utf-8")
    return str(path)


# --- scores ---------------------------------------------------------------------------------------


def score(measured: dict[str, Any], own: list[tuple[str, str]], spoken: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Split the parses, which come in the order of ``_texts``, and score each part."""
    answers = measured.pop("parsed")
    said, answers = answers[-len(spoken) :], answers[: -len(spoken)]
    parsed = [name for name, _ in answers]
    short, contrast = _rows("short_shipment.jsonl"), _rows("contrast.jsonl")
    heard, rest = parsed[: len(short)], parsed[len(short) :]
    others, ours = rest[: len(contrast)], rest[len(contrast) :]
    scores = {**measured, **_score_own(ours, own), "right_at_confidence": _calibration(answers[-len(own) :], own)}
    scores["voices"] = _shares(
        (voice, name == intent) for (_, intent, voice), (name, _) in zip(spoken, said, strict=True)
    )
    if short:
        rows = [*((row, row["core"]) for row in short if row["core"]), *((row, False) for row in contrast)]
        names = [*(name for row, name in zip(short, heard, strict=True) if row["core"]), *others]
        scores["as_labelled"] = _by_channel(rows, names)
        against = _corrections()
        scores["by_the_guide"] = _by_channel([(row, against.get(row["id"], is_one)) for row, is_one in rows], names)
        near = [name for row, name in zip(contrast, others, strict=True) if row["hard"]]
        scores["near_misses"] = _shares(("hard", name == COMPLAINT) for name in near)
        scores["recall_by_subtype"] = _shares(
            (f"{row['channel']} {row['subtype']}", name == COMPLAINT)
            for row, name in zip(short, heard, strict=True)
            if row["core"]
        )
    return scores


def _by_channel(rows: list[tuple[dict[str, Any], bool]], names: list[str | None]) -> dict[str, dict[str, list[int]]]:
    """Of complaints and of all else, by channel, how many were taken for a complaint."""
    heard = [(_CHANNELS[row["channel"]], is_one, name) for (row, is_one), name in zip(rows, names, strict=True)]
    return {
        "recall": _shares((channel, name == COMPLAINT) for channel, is_one, name in heard if is_one),
        "false_alarms": _shares((channel, name == COMPLAINT) for channel, is_one, name in heard if not is_one),
    }


def _corrections() -> dict[str, bool]:
    """Held-out id -> whether it is a complaint by the guide; of those alone that are labelled otherwise."""
    corrections: dict[str, bool] = yaml.safe_load(LABELS.read_text(encoding="utf-8"))
    return corrections


def _score_own(names: list[str | None], own: list[tuple[str, str]]) -> dict[str, Any]:
    intents = sorted({intent for _, intent in own})
    right = [intent for _, intent in own]
    said = [name or "" for name in names]
    return {
        "own_messages": len(own),
        "own_accuracy": round(float(np.mean([a == b for a, b in zip(right, said, strict=True)])), 4),
        "own_macro_f1": round(float(f1_score(right, said, labels=intents, average="macro")), 4),
    }


def _calibration(answers: list[Any], own: list[tuple[str, str]]) -> dict[str, list[int]]:
    """Confidence -> [right, all] of the own messages that were read with at least that confidence."""
    table = {}
    for sure in (0.5, 0.7, 0.85, 0.95):
        right = [
            name == intent for (name, confidence), (_, intent) in zip(answers, own, strict=True) if confidence >= sure
        ]
        table[str(sure)] = [sum(right), len(right)]
    return table


def _shares(pairs: Iterable[tuple[str, bool]]) -> dict[str, list[int]]:
    """key -> [how many are, all]"""
    counts: dict[str, list[int]] = {}
    for key, is_one in pairs:
        row = counts.setdefault(key, [0, 0])
        row[0] += is_one
        row[1] += 1
    return dict(sorted(counts.items()))


def _texts(own: list[tuple[str, str]], spoken: list[tuple[str, str, str]]) -> list[str]:
    held = [row["text"] for row in (*_rows("short_shipment.jsonl"), *_rows("contrast.jsonl"))]
    return [*held, *(text for text, _ in own), *(text for text, _, _ in spoken)]


def quantities() -> dict[str, int]:
    from bot.language.quantities import read

    sentences = yaml.safe_load((ROOT / "tests" / "language" / "quantities.yml").read_text(encoding="utf-8"))
    exact = sum(list(read(row["text"]).as_dict().values()) == row["is"] for row in sentences)
    return {"exact": exact, "sentences": len(sentences)}


def smp2017() -> dict[str, Any]:
    rows = _rows("smp2017_dev.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(shipped(), _smp_training(Path(folder)), [row["text"] for row in rows])
    said = [name or "" for name, _ in measured.pop("parsed")]
    right = [row["intent"] for row in rows]
    # FallbackClassifier answers for us; the shared task has no such answer, so it counts as wrong.
    accuracy = float(np.mean([a == b for a, b in zip(right, said, strict=True)]))
    macro = float(f1_score(right, said, labels=sorted(set(right)), average="macro"))
    return {**measured, "accuracy": round(accuracy, 4), "macro_f1": round(macro, 4)}


# --- printing -------------------------------------------------------------------------------------


def _table(rows: dict[str, dict[str, Any]], labels: str) -> str:
    columns = {
        **{f"recall {channel}": ("recall", channel) for channel in ("chat", "review", "takeaway")},
        **{f"false {channel}": ("false_alarms", channel) for channel in ("chat", "review", "takeaway", "no shop")},
    }
    costs = {"train CPU s": "train_cpu_s", "MiB": "train_peak_mib", "p50 ms": "p50_ms", "p99": "p99_ms"}
    head = [labels, *columns, "near misses", "own F1", *costs]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in rows.items():
        shares = row.get(labels, {})
        cells = [
            name,
            *(_percent(shares.get(kind, {}).get(channel)) for kind, channel in columns.values()),
            _percent(row.get("near_misses", {}).get("hard")),
            f"{row['own_macro_f1']:.3f}",
            *(str(row[key]) for key in costs.values()),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _percent(share: list[int] | None) -> str:
    """With the interval that holds the true share in 95 of 100 such sets, by Wilson."""
    if not share:
        return "-"
    hits, count = share
    low, high = wilson(hits, count)
    return f"{100 * hits / count:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    share, spread = hits / count, z * z / count
    middle = share + spread / 2
    half = z * math.sqrt((share * (1 - share) + spread / 4) / count)
    return max((middle - half) / (1 + spread), 0.0), min((middle + half) / (1 + spread), 1.0)


def _stock_rows() -> dict[str, Any]:
    """Of the last run with ``--stock``."""
    before = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"] if RESULTS.exists() else {}
    return {name: before[name] for name in SIDE_BY_SIDE if name in before}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stock", action="store_true", help="also beside Rasa's stock recipe (DIET): many minutes")
    parser.add_argument("--quick", action="store_true", help="only the pipeline as shipped")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        _do(args.job, args.folder)
        return 0
    own, spoken = own_messages(), voices()
    variants = {"as shipped": shipped} if args.quick else dict(ABLATIONS)
    rows = {}
    for name, pipeline in variants.items():
        rows[name] = score(measure(pipeline(), str(ROOT / "data"), _texts(own, spoken)), own, spoken)
        print(f"{name}: {json.dumps(rows[name], ensure_ascii=False)}", file=sys.stderr, flush=True)
    if args.stock:
        with tempfile.TemporaryDirectory() as folder:
            for name in ("nlu.yml", "cues.yml", "topics.yml"):
                shutil.copy(ROOT / "data" / name, folder)
            for name, compared in zip(SIDE_BY_SIDE, (shipped(), STOCK), strict=True):
                rows[name] = score(measure(compared, folder, _texts(own, spoken)), own, spoken)
                print(f"{name}: {json.dumps(rows[name], ensure_ascii=False)}", file=sys.stderr, flush=True)
    results: dict[str, Any] = {"examples": len(taught()), "rows": rows, "quantities": quantities()}
    if _rows("smp2017_dev.jsonl") and not args.quick:
        results["smp2017"] = smp2017()
    for labels in ("as_labelled", "by_the_guide"):
        print(_table(rows, labels), end="\n\n")
    print({key: value for key, value in results.items() if key != "rows"})
    if not args.quick:
        results["rows"] = {**_stock_rows(), **rows}
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
