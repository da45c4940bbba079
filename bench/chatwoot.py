"""How quick the door of Chatwoot is, with one server and with two over one database: ``python -m bench.chatwoot``.

The Chatwoot is the made-up one of the tests. An acknowledgement is what Chatwoot waits five seconds for; a reply is
counted from the post to its arrival over there, and so has the pause in it that the bot waits for more
(``messages.wait_seconds`` of ``shop.yml``).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests

from bench.load import milliseconds, percentile
from tests.doors.chatwoot.fake import SECRET, TOKEN, Chatwoot, signed
from tests.server import Server

RESULTS = Path(__file__).resolve().parent / "results" / "chatwoot.json"
_CALLERS = 8
_PATIENCE_S = 300
_TEXT = "T恤少发了"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.chatwoot", description=__doc__)
    parser.add_argument("--conversations", type=int, default=200)
    args = parser.parse_args()
    found = {f"{servers} servers": measure(servers, args.conversations) for servers in (1, 2)}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


def measure(servers: int, conversations: int) -> dict[str, Any]:
    """A message each, as fast as they can be posted; until the last answer has come."""
    with ExitStack() as stack, Chatwoot() as there:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        known = {"URL": there.url, "TOKEN": TOKEN, "SECRET": SECRET}
        variables = {f"SHAOFA_CHATWOOT_{name}": value for name, value in known.items()}
        ours = []
        for _ in range(servers):
            ours.append(Server(folder, SHAOFA_API_KEY="bench-key", **variables))
            stack.callback(ours[-1].stop)
        arrived: dict[int, float] = {}
        there.echoes = lambda event: arrived.setdefault(event["conversation"]["id"], time.monotonic()) and None
        events = [there.said(number, _TEXT) for number in range(1, conversations + 1)]
        posted: dict[int, float] = {}
        acknowledged: list[float] = []

        def post(number: int) -> int:
            url = f"{ours[number % servers].url}/v1/chatwoot/webhook"
            content = signed(events[number])
            posted[number + 1] = time.monotonic()
            answer = requests.post(url, content["content"], headers=content["headers"], timeout=30)
            acknowledged.append(time.monotonic() - posted[number + 1])
            return answer.status_code

        began = time.monotonic()
        with ThreadPoolExecutor(_CALLERS) as callers:
            statuses = list(callers.map(post, range(conversations)))
        while len(arrived) < conversations and time.monotonic() - began < _PATIENCE_S:
            time.sleep(0.05)
        time.sleep(1)  # whatever would come twice
        replies = [arrived[number] - posted[number] for number in arrived]
        doubled = sum(len(it.public()) != len(set(it.public())) for it in there.conversations.values())
        return {
            "conversations": conversations,
            "refused": sum(status != 200 for status in statuses),
            "unanswered": conversations - len(arrived),
            "doubled": doubled,
            "acknowledged_p50_ms": milliseconds(percentile(acknowledged, 50)),
            "acknowledged_p99_ms": milliseconds(percentile(acknowledged, 99)),
            "replied_p50_ms": milliseconds(percentile(replies, 50)),
            "replied_p99_ms": milliseconds(percentile(replies, 99)),
            "messages_per_second": round(len(arrived) / (max(arrived.values()) - began), 1) if arrived else 0,
        }


if __name__ == "__main__":
    main()
