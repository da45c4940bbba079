"""Limits of a line: heads, bodies that nobody reads, answers that nobody reads, frames. Over raw sockets."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from tests.server import small

SERVER = """
import sys
import anyio
from bot import protocols, serving
from bot.doors.refusals import RequestIds
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

sending = 0

async def hello(request):
    return PlainTextResponse(f"hello {sending}")

async def large(request):
    async def parts():
        global sending
        sending += 1
        try:
            for _ in range(1000):
                yield b"x" * 100_000
        finally:
            sending -= 1
    return StreamingResponse(parts())

async def echo(ws):
    await ws.accept()
    while (message := await ws.receive())["type"] != "websocket.disconnect":
        await ws.send_text(message["text"])

protocols._HEAD_WITHIN_S = 1
protocols._UNREAD_WITHIN_S = 1
protocols._UNREAD_BYTES = 3_000_000
protocols._UNSENT_WITHIN_S = 1
protocols._CLOSED_WITHIN_S = 1
paths = [Route("/", hello, methods=["GET", "POST"]), Route("/large", large), WebSocketRoute("/echo", echo)]
serving.serve(Starlette(routes=paths, middleware=[Middleware(RequestIds)]), "127.0.0.1", int(sys.argv[1]))
"""
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with small(SERVER) as (number, _):
        yield number


def line_to(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 10)


def whole(line: socket.socket) -> bytes:
    """All until the line ends."""
    parts = []
    with suppress(ConnectionError):
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)


def until(line: socket.socket, end: bytes) -> bytes:
    answer = b""
    while not answer.endswith(end):
        part = line.recv(65536)
        assert part, answer
        answer += part
    return answer


# --- heads ----------------------------------------------------------------------------------------


def test_a_head_that_does_not_come_is_not_waited_for(port: int) -> None:
    lines = [line_to(port) for _ in range(4)]
    lines[1].sendall(b"GET / HT")
    lines[2].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    lines[3].sendall(GET + b"GET / HTTP/1.1\r\nHo")  # the second of two
    began = time.monotonic()
    answers = [whole(line) for line in lines]
    assert 0.5 < time.monotonic() - began < 8
    assert answers[:3] == [b"", b"", b""] and answers[3].endswith(b"hello 0")
    for line in lines:
        line.close()


def test_a_line_that_is_kept_alive_may_be_silent_for_longer(port: int) -> None:
    with line_to(port) as line:
        for _ in range(2):
            line.sendall(GET)
            assert until(line, b"hello 0").startswith(b"HTTP/1.1 200 ")
            time.sleep(1.5)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"BLA\r\n\r\n", "收到的不是合法的 HTTP 请求"),
        (b"GET / HTTP/1.1\r\nX-Request-Id: r-1\r\nAccept-Language: en\r\nContent-Length: -1\r\n\r\n", "no valid HTTP"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000, "请求头太长了"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "WebSocket 握手"),
    ],
)
def test_what_is_no_request_is_told_so_in_the_one_form(port: int, raw: bytes, says: str) -> None:
    with line_to(port) as line:
        line.sendall(raw)
        head, _, body = whole(line).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"application/json" in head and b"connection: close" in head
    error = json.loads(body)["error"]
    assert error["code"] == "bad_request" and says in error["message"]
    assert f"x-request-id: {error['request_id']}".encode() in head
    assert b"r-1" not in raw or error["request_id"] == "r-1"


# --- bodies and answers that nobody reads ---------------------------------------------------------


def posting(length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


def test_a_body_that_nobody_asked_for_is_thrown_away_and_the_line_goes_on(port: int) -> None:
    with line_to(port) as line:
        for _ in range(3):
            line.sendall(posting(1_000_000))
            assert until(line, b"hello 0").startswith(b"HTTP/1.1 200 ")
            line.sendall(b"x" * 1_000_000)
            time.sleep(0.1)
        line.sendall(posting(1_000_000) + b"x" * 1_000_000 + GET)
        assert until(line, b"hello 0").count(b"200 OK") in (1, 2)


def test_many_requests_at_once_are_all_answered(port: int) -> None:
    with line_to(port) as line:
        sizes = range(90_000, 90_040)  # so that parts of what is sent end anywhere in a head
        many = b"".join(posting(size) + b"x" * size + GET for size in sizes)
        line.sendall(many + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answers = whole(line)
    assert answers.count(b"HTTP/1.1 200 OK") == answers.count(b"hello 0") == 81


def test_but_not_for_ever(port: int) -> None:
    with line_to(port) as line:
        line.sendall(posting(10**9))
        until(line, b"hello 0")
        with pytest.raises(ConnectionError):
            for _ in range(200):
                line.sendall(b"x" * 1_000_000)
    with line_to(port) as line:
        line.sendall(posting(1000))
        until(line, b"hello 0")
        began = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() - began < 8:
                line.sendall(b"x")
                time.sleep(0.05)
        assert time.monotonic() - began < 8


def test_an_answer_that_nobody_reads_is_let_go(port: int) -> None:
    lines = [line_to(port) for _ in range(5)]
    for line in lines:
        line.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    until_s = time.monotonic() + 10
    counts = []
    while time.monotonic() < until_s and (not counts or counts[-1]):
        with line_to(port) as other:
            other.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            counts.append(int(whole(other).rpartition(b"hello ")[2]))
        time.sleep(0.2)
    assert max(counts) == 5 and counts[-1] == 0, counts
    for line in lines:
        line.close()


def test_an_answer_that_is_read_comes_whole(port: int) -> None:
    with line_to(port) as line:
        line.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert len(whole(line)) > 100_000_000


# --- frames ---------------------------------------------------------------------------------------


def frame(opcode: int, payload: bytes, *, last: bool = True) -> bytes:
    """Masked with zeros, as from a browser."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return bytes([(0x80 if last else 0) | opcode]) + length + bytes(4) + payload


def opened(port: int) -> socket.socket:
    line = line_to(port)
    line.sendall(
        b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Request-Id: r-3\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert until(line, b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
    return line


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(1, b"\xff")], 4400),  # no UTF-8
        ([frame(3, b"x")], 4400),  # no such kind
        ([frame(0, b"x")], 4400),  # goes on with nothing
        ([b"\x81\x01x"], 4400),  # not masked
        ([frame(9, b"x", last=False)], 4400),
        ([frame(1, b"x" * 65_000)], 4413),
        ([frame(1, b"x" * 40_000, last=False), frame(0, b"x" * 40_000, last=False)], 4413),
        ([frame(1, b"", last=False), *[frame(0, b"x" * 100, last=False)] * 1000], 4413),
    ],
)
def test_a_socket_that_breaks_the_rules_is_told_so_and_closed(port: int, frames: list[bytes], code: int) -> None:
    with opened(port) as line:
        line.sendall(b"".join(frames))
        said = whole(line)
    assert said[0] == 0x81 and b'{"error":{' in said and b"r-3" in said
    closing = said[said.rindex(b"\x88") :]
    assert int.from_bytes(closing[2:4], "big") == code


def test_pieces_make_one_message(port: int) -> None:
    with opened(port) as line:
        line.sendall(frame(1, b"a", last=False) + frame(9, b"!") + frame(0, b"", last=False) + frame(0, b"b"))
        assert until(line, b"ab") == b"\x8a\x01!" + b"\x81\x02ab"


def test_pings_whose_answers_nobody_reads_pile_up_nowhere(port: int) -> None:
    ping, many = frame(9, b"x" * 125), 200_000
    with opened(port) as line:
        for _ in range(many // 1000):
            line.sendall(ping * 1000)
        line.sendall(frame(8, (1000).to_bytes(2, "big")))
        assert len(whole(line)) < many * 127 * 2 / 3


def test_a_socket_that_nobody_reads_is_let_go(port: int) -> None:
    with opened(port) as line, pytest.raises(OSError):
        for _ in range(3000):
            line.sendall(frame(1, b"x" * 60_000))


def test_one_that_behaves_is_closed_politely(port: int) -> None:
    async def talk() -> int | None:
        async with websockets.connect(f"ws://127.0.0.1:{port}/echo") as ws:
            await ws.send("好")
            assert await ws.recv() == "好"
            await ws.send(os.urandom(33_000).hex())
            with pytest.raises(ConnectionClosed):
                said = json.loads(await ws.recv())
                assert said["error"]["code"] == "too_large"
                await ws.recv()
            return ws.close_code

    assert asyncio.run(talk()) == 4413
