"""Heads that no browser sends, over raw sockets against a real server: each is refused, and the server goes on."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from bot.settings import ROOT
from tests.server import free_port, serve

WITHIN_S = 5  # of a server that is well
KEY = "key-of-the-shop"
PATHS = ("/v1/messages", "/v1/web/session", "/demo/session")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """With a key."""
    with serve(tmp_path_factory.mktemp("keyed"), SHAOFA_API_KEY=KEY) as address:
        yield address


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("heads")) as address:
        yield address


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def send(url: str, raw: bytes, *, whole: bool = False) -> bytes:
    """What comes back, up to the end of the head or, if it is wanted ``whole``, of the line."""
    with socket.create_connection(("127.0.0.1", port_of(url)), WITHIN_S) as line:
        line.settimeout(WITHIN_S)
        with suppress(ConnectionError):
            line.sendall(raw)
        answer = b""
        with suppress(ConnectionError):
            while (whole or b"\r\n\r\n" not in answer) and (part := line.recv(65536)):
                answer += part
        return answer


def post(path: str, *lines: str, host: str = "127.0.0.1") -> bytes:
    head = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json", *lines, "", "{}"]
    return "\r\n".join(head).encode()


def is_well(url: str) -> bool:
    return requests.get(f"{url}/health", timeout=WITHIN_S).json() == {"status": "ok"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "line",
    [
        "Content-Length: -1",
        "Content-Length: -0",
        "Content-Length: +2",
        "Content-Length: 1e3",
        f"Content-Length: {10**23}",
        "Content-Length: abc",
        "Content-Length: ",
        "Content-Length: 2, 2",
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: ２",
        "Content-Length: 0x2",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked\r\nContent-Length: 2",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
    ],
)
def test_a_length_that_is_none_is_refused(url: str, path: str, line: str) -> None:
    answer = send(url, post(path, line))
    assert answer.startswith(b"HTTP/1.1 400 ") or answer == b"", answer[:200]
    assert is_well(url)


@pytest.mark.parametrize("size", ["-1", "ffffffffffffffffff", "zz", "", "2 2"])
def test_a_chunk_that_is_none_is_refused(url: str, size: str) -> None:
    answer = send(url, post("/v1/web/session", "Transfer-Encoding: chunked")[:-2] + f"{size}\r\n{{}}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ") or answer == b"", answer[:200]
    assert is_well(url)


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n\r\n\r\nhello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"FETCH /health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nA\x00B: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),  # TLS
        b"GET /health HTTP/1.1\r\n" + b"X: " + b"y" * 1_000_000,
        b"GET /health HTTP/1.1\r\n" + b"X: y\r\n" * 200_000,
        b"GET /" + b"y" * 1_000_000,
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_is_no_request_is_refused(url: str, raw: bytes) -> None:
    answer = send(url, raw)
    assert answer.startswith(b"HTTP/1.1 40") or answer == b"", answer[:200]
    assert is_well(url)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Upgrade: websocket",),
        ("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 99"),
        ("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: x"),
        ("Upgrade: h2c",),
    ],
)
def test_a_handshake_that_is_none_is_refused(url: str, lines: tuple[str, ...]) -> None:
    head = ["GET /v1/web/socket HTTP/1.1", "Host: 127.0.0.1", "Connection: Upgrade", *lines, "", ""]
    answer = send(url, "\r\n".join(head).encode())
    assert answer.startswith(b"HTTP/1.1 4") or answer == b"", answer[:200]
    assert is_well(url)


@pytest.mark.parametrize(
    ("path", "line", "status", "code"),
    [
        ("/v1/messages", "X: y", 401, "unauthorized"),
        ("/v1/messages", "X-API-Key: wrong", 401, "unauthorized"),
        ("/v1/messages", f"X-API-Key: {KEY}", 413, "too_large"),
        ("/v1/chat/completions", "X: y", 401, "invalid_api_key"),
        ("/v1/chat/completions", f"X-API-Key: {KEY}", 413, "too_large"),
        ("/v1/web/session", "Origin: https://evil.example", 403, "bad_origin"),
        ("/v1/web/session", "X: y", 413, "too_long"),
        ("/v1/web/messages", "Authorization: Bearer made-up", 401, "no_session"),
        ("/v1/web/files?id=1", "Authorization: Bearer made-up", 401, "no_session"),
        ("/", "X: y", 413, "RequestEntityTooLarge"),
        ("/nowhere", "X: y", 404, "not_found"),
        ("/health", "X: y", 405, "method_not_allowed"),
        ("/v1/models", "X: y", 405, "method_not_allowed"),
    ],
)
def test_what_is_refused_is_refused_before_its_body(shop: str, path: str, line: str, status: int, code: str) -> None:
    answer = send(shop, post(path, line, "Content-Length: 150000000", "Connection: close")[:-2], whole=True)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:300]
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert code == (body["Code"] if "Code" in body else body["error"]["code"])


def test_junk_does_not_stop_it(url: str) -> None:
    dice = random.Random(4)
    good = post("/v1/web/session", "Content-Length: 2", "Accept-Encoding: gzip", "Connection: keep-alive")
    for _ in range(200):
        raw = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        with socket.create_connection(("127.0.0.1", port_of(url)), WITHIN_S) as line, suppress(ConnectionError):
            line.sendall(raw)
            line.settimeout(0.02)
            with suppress(TimeoutError):
                assert not line.recv(65536).startswith(b"HTTP/1.1 5"), bytes(raw)
    assert is_well(url)


def test_a_body_that_stops_halfway_holds_nobody_up(url: str) -> None:
    lines = [socket.create_connection(("127.0.0.1", port_of(url)), WITHIN_S) for _ in range(50)]
    for line in lines:
        line.sendall(post("/v1/web/session", "Content-Length: 1000"))
    assert is_well(url)
    for line in lines:
        line.close()
    assert is_well(url)


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        began = time.monotonic()
        command = [sys.executable, "-m", "bot", "run", "--port", str(port)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1 and ran.stdout == ""
    assert ran.stderr == f"shaofa: 端口 {port} 已被占用：请先停掉占用它的程序，或用 --port 换一个端口\n"
    assert time.monotonic() - began < 10, "before the model is loaded"
