"""How fast the heart works things out: ``make bench-claims``.

Times ``compensate`` on a million cases, its lines in words, and ``find_fault`` on records of every kind: one process,
one core, CPU time.
The cases are made up front from a fixed seed: one to five lines, discounts that do not divide evenly, gifts, refunds
made before, every platform and fault, one in twenty with something missing or wrong in it. Prints a table and writes
``bench/results/claims.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from bot.claims.compensation import compensate
from bot.claims.fault import find_fault
from bot.claims.model import Claim, ClaimLine, ClaimState, Order, TrackingEvent, TrackingKind
from bot.claims.money import split
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.orders.demo import demo_orders
from bot.settings import ROOT
from bot.talk.phrases import explained

RESULTS = Path(__file__).parent / "results" / "claims.json"
SEED = 20261123
DISTINCT = 50_000  # a million different ones would measure the memory, not the sum
ON = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 4, tzinfo=timezone.utc)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-claims ARGS=…", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    count = parser.parse_args().cases
    rng = random.Random(SEED)
    rulebook, policy = Rulebook.load(ROOT / "rulebook"), ShopPolicy.load(ROOT / "shop.yml").evidence
    cases = [_case(rng) for _ in range(min(count, DISTINCT))]
    disputes = [_dispute(rng, order) for order in demo_orders("bench", NOW) for _ in range(100)]

    measured = {
        "compensate": _timed(
            lambda case: explained(compensate(case, rulebook, high_value_fen=policy.high_value_fen, on=ON), rulebook),
            cases,
            count,
        ),
        "find_fault": _timed(lambda dispute: find_fault(*dispute, policy), disputes, count // 10),
    }
    for name, row in measured.items():
        print(f"{name:12} {row['per_second']:>8,} a second   p50 {row['p50_us']} µs   p99 {row['p99_us']} µs")
    RESULTS.write_text(json.dumps({"seed": SEED, **measured}, indent=1) + "\n", encoding="utf-8")


def _timed(work: Callable[[Any], Any], inputs: Sequence[Any], count: int) -> dict[str, float]:
    clock = time.thread_time_ns  # CPU time: what else the machine does is not measured
    taken = np.empty(count, dtype=np.int64)
    for place, given in enumerate(islice(cycle(inputs), count)):
        start = clock()
        work(given)
        taken[place] = clock() - start
    p50, p99 = np.percentile(taken, (50, 99)) / 1000
    return {
        "count": count,
        "per_second": round(count / (taken.sum() / 1e9)),
        "p50_us": round(p50, 1),
        "p99_us": round(p99, 1),
    }


def _case(rng: random.Random) -> dict[str, Any]:
    prices = [rng.randint(100, 40_000) for _ in range(rng.randint(1, 5))]
    paid = split(sum(prices) - rng.randint(0, min(prices)), prices)
    items = [_item(rng, fen) for fen in paid]
    shipping = rng.choice((0, 0, 800))
    case = {
        "platform": rng.choice(("tmall", "tmall", "taobao", "unknown")),
        "paid_total_fen": sum(paid) + shipping,
        "shipping_fen": shipping,
        "items": items,
        "fault": rng.choice(("seller", "seller", "seller", "courier", "buyer", "unclear")),
        "promise_broken": rng.choice((True, True, False)),
        "remedy": rng.choice(("refund", "refund", "reship")),
    }
    if rng.random() < 0.2:
        del case["promise_broken"]
        case["promise_deadline"] = "2026-11-22T18:00:00+08:00"
        case["reshipped_at"] = f"2026-11-22T{rng.randint(9, 11):02d}:00:00Z"
    if rng.random() < 0.05:
        case[rng.choice(("paid_total_fen", "shipping_fen", "fault"))] = rng.choice((None, -1, 0.5))
    return case


def _item(rng: random.Random, paid_fen: int) -> dict[str, Any]:
    ordered = rng.randint(1, 9)
    is_gift = rng.random() < 0.1
    return {
        "name": rng.choice(("纯棉T恤", "马克杯 双只装", "北欧书架")),
        "qty_ordered": ordered,
        "qty_received": rng.randint(0, ordered),
        "line_paid_fen": paid_fen,
        "refunded_fen": rng.choice((None, 0, paid_fen // 3)),
        "is_gift": is_gift,
        "gift_value_fen": 1900 if is_gift else None,
    }


def _dispute(rng: random.Random, order: Order) -> tuple[Order, Claim]:
    """A line of the order is short, and its parcels were weighed on their way."""
    line = rng.choice(order.lines)
    missing = rng.randint(1, line.quantity)
    parcels = tuple(
        replace(
            parcel,
            weight_g=rng.choice((None, 500, 1500)),
            events=tuple(
                TrackingEvent(
                    NOW + timedelta(hours=hour), rng.choice(list(TrackingKind)), rng.choice((None, 400, 1500))
                )
                for hour in range(rng.randint(0, 4))
            ),
        )
        for parcel in order.parcels
    )
    claim = Claim(
        claim_id="bench",
        conversation_id="bench",
        buyer_id=order.buyer_id,
        opened_at=NOW,
        state=ClaimState.ASSESSING,
        order_id=order.order_id,
        lines=(ClaimLine(line.title, line.sku, line.quantity, line.quantity - missing, missing),),
    )
    return replace(order, parcels=parcels), claim


if __name__ == "__main__":
    main()
