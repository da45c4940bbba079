"""How long the counter's lists take over many conversations: ``python -m bench.counter [--conversations 100000]``.

Seeds a store of its own, once for each kind of database that is here, and asks for every list, its pages far down, and
searches; the page is made each time, as a browser gets it. Writes ``bench/results/counter.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from bot.claims.codec import to_json
from bot.claims.model import Claim, ClaimLine, ClaimState, Fault, Offer, Platform, Remedy
from bot.store.claims import searched
from bot.store.tables import claims, conversations, entries, handoffs

RESULTS = Path(__file__).with_name("results") / "counter.json"
NOW = datetime.now(timezone.utc)
TIMES = 40
BATCH = 2000
KINDS = (
    "纯棉T恤",
    "中筒袜",
    "保温杯",
    "充电宝",
    "抽纸",
    "牛奶",
    "书架",
    "台灯",
    "雨伞",
    "毛巾",
    "猫粮",
    "泳镜",
    "笔记本",
    "口罩",
    "茶叶",
    "饼干",
)
LOOKS = ("白色", "黑色", "大号", "小号", "加厚", "便携", "儿童", "2026款", "家用", "礼盒装")
REASONS = ("user_requested", "policy_limit", "evidence_unclear", "angry", "danger", "low_confidence")


def seed(engine: Any, count: int) -> None:
    """Conversations of two years, six lines each, most with a claim; 300 wait for a person, 200 are with one."""
    chance = random.Random(7)
    with engine.begin() as connection:
        for first in range(0, count, BATCH):
            batch = [_conversation(number, count, chance) for number in range(first, min(first + BATCH, count))]
            for table, rows in (
                (conversations, [row for one in batch for row in one["conversations"]]),
                (entries, [row for one in batch for row in one["entries"]]),
                (claims, [row for one in batch for row in one["claims"]]),
                (handoffs, [row for one in batch for row in one["handoffs"]]),
            ):
                if rows:
                    connection.execute(sa.insert(table), rows)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")


def _conversation(number: int, count: int, chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    name, buyer = f"web-{number:032x}", f"tb{chance.randrange(10**8):08d}"
    began = NOW - timedelta(days=730) * (1 - number / count)
    lines = ["在吗", "您好，我是小发", "少了一件", "您说的是哪一件？", "就是那个", "好的，给您补发，可以吗？"]
    said = [
        {
            "conversation_id": name,
            "seq": seq,
            "entry_id": f"{number}-{seq}",
            "author": "buyer" if seq % 2 else "bot",
            "body": {"text": text},
            "answer": {"replies": []} if seq % 2 else None,
            "at": began + timedelta(seconds=20 * seq),
        }
        for seq, text in enumerate(lines, 1)
    ]
    made = {"conversations": [{"conversation_id": name, "last_seq": len(lines), "buyer_id": buyer}], "entries": said}
    claim = _claim(number, name, buyer, began, chance)
    row = {
        "claim_id": claim.claim_id,
        "conversation_id": name,
        "buyer_id": buyer,
        "order_id": claim.order_id,
        "state": claim.state.value,
        "body": to_json(claim),
        "opened_at": began,
        "updated_at": began,
        "words": searched(claim),
    }
    was_handed = number % 8 == 0 or number >= count - 500
    is_open = number >= count - 500
    handed = {
        "conversation_id": name,
        "claim_id": claim.claim_id,
        "reason": chance.choice(REASONS),
        "summary": "纯棉T恤 拍3到1缺2",
        "at": began,
        "urgency": chance.choice((0, 1, 2, 2, 2)),
        "case_no": claim.claim_id,
        "taken_by": "小王" if not is_open or number % 5 < 2 else None,
        "returned_at": None if is_open else began + timedelta(hours=1),
    }
    return {**made, "claims": [row] if number % 10 else [], "handoffs": [handed] if was_handed else []}


def _claim(number: int, name: str, buyer: str, at: datetime, chance: random.Random) -> Claim:
    title = f"{chance.choice(KINDS)} {chance.choice(LOOKS)} {chance.choice(LOOKS)}"
    ordered = chance.randint(2, 5)
    return Claim(
        claim_id=f"SF-{at:%Y%m%d}-{number:06X}",
        conversation_id=name,
        buyer_id=buyer,
        opened_at=at,
        state=chance.choices(list(ClaimState), (1, 2, 1, 3, 8, 60, 4, 1, 10, 10))[0],
        platform=Platform.TMALL,
        order_id=f"{2_000_000_000_000_000_000 + number * 7919:019d}",
        lines=(ClaimLine(title, f"sku{number % 997}", ordered, ordered - 1, 1),),
        fault=Fault.SELLER,
        reasons=("weight_short",),
        offers=(Offer(Remedy.REFUND, 2990, at + timedelta(hours=24), at),),
    )


def measure(url: str, count: int) -> dict[str, Any]:
    """Milliseconds of each page at p50, p95, and the slowest."""
    os.environ["SHAOFA_DATABASE_URL"] = url
    from bot import office
    from bot.db import make_engine
    from bot.settings import settings

    for cached in (settings, office.desk):
        cached.cache_clear()
    began = time.monotonic()
    seed(make_engine(url), count)
    found = {"seeded_s": round(time.monotonic() - began, 1)}
    client = _client()
    for name, path in _pages(client).items():
        found[name] = _timed(lambda path=path: client.get(path))
        print(f"  {name:24} {found[name]}", flush=True)
    return found


def _client() -> TestClient:
    from bot import office
    from bot.inbox.inbox import Inbox
    from bot.server import make_app

    inbox = Inbox(None, office.desk(), office.file_store())  # type: ignore[arg-type]  # nothing is answered here
    return TestClient(make_app(inbox), base_url="http://127.0.0.1", client=("127.0.0.1", 50000))


def _pages(client: TestClient) -> dict[str, str]:
    number = 54_321
    return {
        "waiting": "/counter",
        "with a person": "/counter?tab=person",
        "with the bot": "/counter?tab=bot",
        "done": "/counter?tab=done",
        "done, page 20": _far(client, "/counter?tab=done", 20),
        "claims agreed": "/counter?state=agreed",
        "claims escalated": "/counter?state=escalated",
        "search: order": f"/counter?q={2_000_000_000_000_000_000 + number * 7919:019d}",
        "search: its last digits": "/counter?q=5804",
        "search: item": "/counter?q=保温杯",
        "search: item and look": "/counter?q=保温杯 礼盒装",
        "search: nobody's": "/counter?q=没有这样东西",
    }


def _far(client: TestClient, path: str, pages: int) -> str:
    """The address of a page so many further on."""
    for _ in range(pages):
        page = client.get(path).text
        path = page.rpartition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    return path


def _timed(ask: Callable[[], Any]) -> dict[str, float]:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = ask()
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text[:300]
    took.sort()
    return {
        "p50_ms": round(took[len(took) // 2], 1),
        "p95_ms": round(took[int(0.95 * len(took))], 1),
        "max_ms": round(took[-1], 1),
    }


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """SQLite, and PostgreSQL where its server is installed."""
    from tests.databases import postgresql

    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = {"sqlite": f"sqlite:///{folder}/shaofa.db"}
        try:
            urls["postgresql"] = stack.enter_context(postgresql())()
        except BaseException as missing:
            if type(missing).__name__ != "Skipped":
                raise
            print("PostgreSQL's server is not installed")
        yield urls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    count = parser.parse_args().conversations
    results: dict[str, Any] = {"conversations": count}
    with databases() as urls:
        for kind, url in urls.items():
            print(kind)
            results[kind] = measure(url, count)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
