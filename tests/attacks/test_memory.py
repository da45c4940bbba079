"""What makes a server swell or freeze: pictures that unpack to gigabytes, bodies that nobody has asked for."""

from __future__ import annotations

import base64
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import pytest
import requests

from bench.faults.clients import Desk, Widget
from bench.serving import resident_kib
from tests.server import Server

AT_ONCE = 8
SIDE = 7000  # 49 megapixels, 196 MB when it is unpacked
SWELLS_AT_MOST_MIB = 600
ALIVE_WITHIN_S = 1
PATIENCE_S = 60


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """A PNG of one colour: some hundred kilobytes, a thousand times as large when it is unpacked."""
    packed = zlib.compressobj(1)
    row = bytes(1 + 4 * SIDE)
    pixels = b"".join(packed.compress(row) for _ in range(SIDE)) + packed.flush()
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


@contextmanager
def watched(server: Server) -> Iterator[dict[str, float]]:
    """How many MiB the server has grown by at the most, and how long it took to say that it lives."""
    before, over = resident_kib(server.pid), threading.Event()
    most = {"mib": 0.0, "alive_s": 0.0}

    def watch() -> None:
        while not over.is_set():
            most["mib"] = max(most["mib"], (resident_kib(server.pid) - before) / 1024)
            began = time.monotonic()
            with suppress(requests.RequestException):
                requests.get(f"{server.url}/livez", timeout=PATIENCE_S)
            most["alive_s"] = max(most["alive_s"], time.monotonic() - began)
            time.sleep(0.02)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield most
    finally:
        over.set()
        watching.join()


def by_widget(url: str, number: int) -> int:
    widget = Widget(url, f"demo-bomb-{number}")
    headers = {**widget.headers, "Content-Type": "image/png"}
    return requests.post(f"{url}/v1/web/files?id=bomb", bomb(), headers=headers, timeout=PATIENCE_S).status_code


def by_desk(url: str, number: int) -> int:
    files = [{"data": base64.b64encode(bomb()).decode()}] * (1 if number else 9)  # as many as a message may have
    body = {"conversation_id": f"bomb-{number}", "sender": {"id": f"bomb-{number}"}, "attachments": files}
    return requests.post(f"{url}/v1/messages", json=body, timeout=PATIENCE_S).status_code


@pytest.mark.parametrize("send", [by_widget, by_desk])
def test_bombs_of_pixels_at_once_neither_swell_nor_stop_it(
    serve: Callable[..., Server], send: Callable[[str, int], int]
) -> None:
    server = serve()
    assert len(bomb()) < 1_000_000
    Desk(server.url, "demo-warm-up").say("在吗", "m")
    with watched(server) as most, ThreadPoolExecutor(AT_ONCE) as together:
        statuses = list(together.map(lambda number: send(server.url, number), range(AT_ONCE)))
    assert not [status for status in statuses if status >= 500 and status != 503], statuses
    assert most["mib"] < SWELLS_AT_MOST_MIB
    assert most["alive_s"] < ALIVE_WITHIN_S


def test_bodies_without_the_key_cost_no_memory(serve: Callable[..., Server]) -> None:
    server = serve(SHAOFA_API_KEY="k")
    port = int(server.url.rpartition(":")[2])
    part = bytes(1_000_000)

    def push(path: str) -> bytes:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {149 * len(part)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            line.settimeout(5)
            with suppress(OSError):
                line.sendall(head.encode())
                for _ in range(30):
                    line.sendall(part)
            with suppress(OSError):
                return line.recv(100)
        return b""

    paths = ("/v1/messages", "/v1/chat/completions", "/v1/web/session", "/")
    with watched(server) as most, ThreadPoolExecutor(16) as together:
        answers = list(together.map(push, paths * 4))
    assert not [answer for answer in answers if answer[9:11] not in (b"40", b"41", b"")], answers
    assert most["mib"] < 100


def test_a_log_of_many_megabytes_comes_in_pages(demo: Server) -> None:
    widget = Widget(demo.url, "demo-long")
    for number in range(20):
        widget.post("/v1/web/messages", {"id": f"m{number}", "text": "x" * 200_000}, **widget.headers)
    seen, after = 0, 0
    while True:
        answer = requests.get(f"{demo.url}/v1/web/log?after={after}", headers=widget.headers, timeout=PATIENCE_S)
        entries: list[dict[str, Any]] = answer.json()["entries"]
        if not entries:
            break
        assert len(answer.content) < 4_000_000
        seen += sum(entry["from"] == "buyer" for entry in entries)
        after = entries[-1]["seq"]
    assert seen == 20
