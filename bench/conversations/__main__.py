"""A scripted buyer holds whole conversations with the bot: ``make bench-conversations``.

No language model. A goal is hidden in the buyer, the phrasings are hand-written and unknown to the bot, and the end is
compared with what the shop's policy and the order record say. Each goal is tried in several phrasings; pass^k is the
chance that k of them are all right. Prints the figures and the breaches of promises by kind; ``--show N`` prints N of
the talks that failed, ``--out`` keeps all.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.conversations.chat import bot
from bench.conversations.judge import pass_k
from bench.conversations.run import Talk, plan, run

SEED = 20261127


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-conversations ARGS=…", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--goals", type=int, help="so many of them, drawn by the seed; all by default")
    parser.add_argument("--phrasings", type=int, default=8, help="so many conversations a goal")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N of the conversations that failed")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep every conversation, a JSON line each")
    args = parser.parse_args()
    with bot() as say:
        talks = list(run(say, args.seed, plan(args.seed, args.goals, args.phrasings)))
    if args.out:
        args.out.write_text(
            "".join(json.dumps(talk.row(), ensure_ascii=False) + "\n" for talk in talks), encoding="utf-8"
        )
    print(report(talks))
    failed = [talk for talk in talks if not talk.clean]
    for talk in random.Random(args.seed).sample(failed, min(args.show, len(failed))):
        print(f"\n{shown(talk)}")


def report(talks: Sequence[Talk]) -> str:
    """The figures as lines of text."""
    goals: dict[str, list[Talk]] = {}
    for talk in talks:
        goals.setdefault(talk.goal, []).append(talk)
    lines = [f"{len(goals)} goals, {len(talks)} conversations"]
    for name, good in (("right end", lambda talk: talk.right), ("right end, no breach", lambda talk: talk.clean)):
        tries = [[good(talk) for talk in of_goal] for of_goal in goals.values()]
        depth = max(map(len, tries))
        figures = "  ".join(f"pass^{k} {pass_k(tries, k):.1%}" for k in (1, 4, 8) if k <= depth)
        lines.append(f"{name}: {figures}")
    offers = [talk.offer_at for talk in talks if talk.offer_at]
    if offers:
        lines.append(
            f"messages to the first offer: median {statistics.median(offers)}, mean {statistics.mean(offers):.1f}"
        )
    needless = Counter(talk.needless for talk in talks if talk.needless)
    lines.append(f"hand-offs not called for: {needless.total()} {dict(needless.most_common())}")
    kinds = Counter(kind for talk in talks for kind, _ in talk.breaches)
    lines.append("breaches:" if kinds else "breaches: none")
    lines += [f"  {count:5} {kind}" for kind, count in kinds.most_common()]
    ends = Counter(talk.why for talk in talks if not talk.right)
    lines += ["wrong ends:", *(f"  {count:5} {why}" for why, count in ends.most_common(25))] if ends else []
    by_kind = {
        kind: [talk.right for talk in talks if talk.temperament == kind]
        for kind in sorted({talk.temperament for talk in talks})
    }
    lines += [
        "right by temperament:",
        *(f"  {sum(good) / len(good):6.1%} {kind} of {len(good)}" for kind, good in by_kind.items()),
    ]
    return "\n".join(lines)


def shown(talk: Talk) -> str:
    lines = [f"## {talk.goal}, {talk.temperament}: {talk.why or talk.end}; {[kind for kind, _ in talk.breaches]}"]
    for turn in talk.turns:
        lines.append(f"  买家：{turn['buyer']}    ({'+'.join(turn['acts'])} → {turn['intent']})")
        lines += [f"    小发：{text}" for text in turn["bot"]]
        lines.append(f"      {turn['state']} {turn['lines']} {turn['handoff'] or ''} {turn['broken'] or ''}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
