"""Real conversations about missing items, through ``shaofa chat --jsonl``: is every message answered, a claim opened?

Reads ``../shared/heldout/dev/dialogues.jsonl`` (evaluation only; not part of the project). Prints one line a
conversation and the totals; ``--show N`` prints the N conversations with the fewest signs of understanding in full.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "heldout" / "dev" / "dialogues.jsonl"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0)
    args = parser.parse_args()
    if not DATA.exists():
        print(f"{DATA} is absent: nothing to measure")
        return 0
    conversations = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    turns = [
        {"sender": f"heldout-{talk['id']}", "text": turn["text"]}
        for talk in conversations
        for turn in buyer_turns(talk)
    ]
    answers = chat(turns)
    by_sender: dict[str, list[dict[str, Any]]] = {}
    for turn, answer in zip(turns, answers, strict=True):
        by_sender.setdefault(turn["sender"], []).append({"buyer": turn["text"], **answer})
    report(by_sender, args.show)
    return 0


def buyer_turns(talk: dict[str, Any]) -> list[dict[str, Any]]:
    """Turns without a speaker alternate, the buyer first."""
    turns = talk["turns"]
    if any(turn["speaker"] == "user" for turn in turns):
        return [turn for turn in turns if turn["speaker"] == "user"]
    return list(turns[::2])


def chat(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One process, one conversation a sender, a store that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "chat", "--jsonl"],
            input="".join(json.dumps(turn, ensure_ascii=False) + "\n" for turn in turns),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={
                **os.environ,
                "SHAOFA_DATABASE_URL": f"sqlite:///{folder}/shaofa.db",
                "SHAOFA_TRACKER_URL": f"sqlite:///{folder}/tracker.db",
                "SHAOFA_EVIDENCE_DIR": f"{folder}/evidence",
            },
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def report(by_sender: dict[str, list[dict[str, Any]]], show: int) -> None:
    empty = crowded = opened = 0
    scored = []
    for sender, talk in by_sender.items():
        empty += sum(1 for turn in talk if not turn["replies"] and not turn["handoff"])
        crowded += sum(1 for turn in talk if len(turn["replies"]) > 3)
        claim = any(turn["claim"] for turn in talk)
        opened += claim
        understood = sum(1 for turn in talk if turn["intent"] not in (None, "nlu_fallback")) / len(talk)
        scored.append((claim, understood, sender, talk))
        handed = next((turn["handoff"]["reason"] for turn in talk if turn["handoff"]), "-")
        print(f"{sender}\tclaim={'yes' if claim else 'NO'}\thandoff={handed}\tunderstood={understood:.2f}")
    print(f"conversations {len(by_sender)}, claim opened in {opened}, empty answers {empty}, over three {crowded}")
    for _, _, sender, talk in sorted(scored, key=lambda item: item[:2])[:show]:
        print(f"\n## {sender}")
        for turn in talk:
            print(f"  buyer: {turn['buyer']}\n         ({turn['intent']} {turn['confidence']})")
            for reply in turn["replies"]:
                print(f"    bot: {reply['text']}")


if __name__ == "__main__":
    raise SystemExit(main())
