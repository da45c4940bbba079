"""What is posted, by how many at once, and what comes of it: the arithmetic of ``bench.server``.

The client is the standard library's ``http.client``, a thread and a kept connection each. It is slower than the empty
handler it measures, so "so many empty requests a second" is said of this client, and of wrk where there is one.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import queue
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

# One conversation from the complaint to the settlement, about the three T-shirts of the demo orders.
MIX = (
    ("complaint", "T恤少发了"),
    ("count", "少了两件"),
    ("photo", None),
    ("offer", "换个方案"),
    ("yes", "接受"),
    ("question", "运费谁出"),
)
# What a buyer goes on asking while an offer stands there: each has an answer, none changes the claim.
QUESTIONS = ("运费谁出", "多久能到", "违约金怎么算", "你是机器人吗")


@dataclass
class Measured:
    """Seconds a message, by what was said; ``wall_s`` from the first to the last."""

    times: dict[str, list[float]] = field(default_factory=dict)
    wall_s: float = 0.0
    settled: int = 0  # conversations whose claim was agreed in the end, as the mix means it
    errors: int = 0  # answers that were no 200

    @property
    def messages(self) -> int:
        return sum(map(len, self.times.values()))

    def summary(self) -> dict[str, Any]:
        every = [seconds for times in self.times.values() for seconds in times]
        return {
            "messages": self.messages,
            "per_second": round(self.messages / self.wall_s, 1),
            "p50_ms": milliseconds(percentile(every, 50)),
            "p99_ms": milliseconds(percentile(every, 99)),
            "p50_ms_of": {kind: milliseconds(percentile(times, 50)) for kind, times in self.times.items()},
            "settled": self.settled,
            "errors": self.errors,
        }


class Client:
    """One connection with the key, kept open."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(self, body: bytes) -> tuple[float, int, bytes]:
        """Seconds until the whole answer was there, its status, the answer."""
        start = time.perf_counter()
        self._connection.request("POST", "/v1/messages", body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        return time.perf_counter() - start, answer.status, content

    def close(self) -> None:
        self._connection.close()


def conversation(buyer_id: str) -> Iterator[tuple[str, bytes]]:
    """What is said, and the request's body; conversation and buyer have one name."""
    for kind, text in MIX:
        yield kind, body(buyer_id, text)


def long_conversation(buyer_id: str, turns: int) -> Iterator[tuple[str, bytes]]:
    """As many turns as wanted: a complaint up to its offer, then one question after the other."""
    for number in range(turns):
        kind, text = MIX[number] if number < 3 else ("question", QUESTIONS[number % len(QUESTIONS)])
        yield kind, body(buyer_id, text)


def body(buyer_id: str, text: str | None) -> bytes:
    """A request; without a text, with a photo that nobody else sends."""
    message: dict[str, Any] = {"conversation_id": buyer_id, "sender": {"id": buyer_id}}
    if text is None:
        message |= {"type": "image", "attachments": [{"type": "image", "data": photo(buyer_id)}]}
    else:
        message["text"] = text
    return json.dumps(message, ensure_ascii=False).encode()


def photo(seed: str) -> str:
    """A small JPEG in base64."""
    shade = random.Random(seed)
    picture = Image.new("RGB", (640, 480), tuple(shade.randrange(256) for _ in range(3)))
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return base64.b64encode(file.getvalue()).decode()


def converse(new_client: Callable[[], Client], buyers: Sequence[str], clients: int) -> Measured:
    """Every buyer's conversation, ``clients`` of them at a time."""
    waiting: queue.SimpleQueue[list[tuple[str, bytes]]] = queue.SimpleQueue()
    for buyer in buyers:
        waiting.put(list(conversation(buyer)))  # made beforehand: drawing a photo is not the server's time
    measured = Measured({kind: [] for kind, _ in MIX})
    lock = threading.Lock()

    def work() -> None:
        client = new_client()
        while True:
            try:
                said = waiting.get_nowait()
            except queue.Empty:
                return client.close()
            answers = [(kind, *client.post(request)) for kind, request in said]
            with lock:
                for kind, seconds, status, _ in answers:
                    measured.times[kind].append(seconds)
                    measured.errors += status != 200
                measured.settled += _state(answers[-1][-1]) == "agreed"

    measured.wall_s = _at_once(work, clients)
    return measured


def flood(new_client: Callable[[], Client], request: bytes, clients: int, seconds: float) -> tuple[int, float]:
    """The same request again and again for so long: how many, and in how many seconds."""
    until = time.perf_counter() + seconds
    counts: list[int] = []

    def work() -> None:
        client, count = new_client(), 0
        while time.perf_counter() < until:
            _, status, _ = client.post(request)
            if status != 200:
                raise RuntimeError(f"the empty handler answered {status}")
            count += 1
        counts.append(count)
        client.close()

    wall_s = _at_once(work, clients)
    return sum(counts), wall_s


def talk_on(client: Client, buyer: str, turns: int) -> dict[str, Any]:
    """One conversation of many turns: how long its last nine take beside turns 4 to 8."""
    times: list[float] = []
    state, decision = None, None
    for _, request in long_conversation(buyer, turns):
        seconds, status, answer = client.post(request)
        if status != 200:
            raise RuntimeError(f"turn {len(times) + 1} was answered {status}")
        times.append(seconds)
        state, decision = _state(answer), json.loads(answer)["decision"]
    early, late = early_and_late(times)
    return {
        "turns": turns,
        "early_ms": milliseconds(early),
        "late_ms": milliseconds(late),
        "late_to_early": round(late / early, 2),
        # Otherwise something else was measured: silence after a hand-off costs nothing.
        "still_answered": decision == "send" and state == "offered",
    }


def early_and_late(times: Sequence[float]) -> tuple[float, float]:
    """The medians of turns 4 to 8 and of the last nine (496 to 504 of 504)."""
    return statistics.median(times[3:8]), statistics.median(times[-9:])


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many percent do not exceed (nearest rank)."""
    ranked = sorted(values)
    rank = -(-len(ranked) * percent // 100)  # rounded up
    return ranked[max(int(rank) - 1, 0)]


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _state(answer: bytes) -> str | None:
    try:
        case = json.loads(answer).get("case")
    except ValueError:
        return None
    return case["status"] if case else None


def _at_once(work: Callable[[], None], clients: int) -> float:
    """So many threads do it; how long it took. What goes wrong in one is raised here."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - start
