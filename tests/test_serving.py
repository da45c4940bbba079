"""uvicorn with our limits, on a small application without a bot."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bot import serving
from tests.server import small

SERVER = """
import sys
from bot import serving
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
import asyncio

over = asyncio.Event()

async def hello(request):
    return PlainTextResponse("hello")

async def stream(request):
    async def parts():
        yield "begun"
        await over.wait()
        yield "over"
    return StreamingResponse(parts())

app = Starlette(routes=[Route("/", hello), Route("/stream", stream)])
serving.serve(app, "127.0.0.1", int(sys.argv[1]), on_stop=over.set)
"""


@pytest.fixture
def server() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    with small(SERVER) as running:
        yield running


def line_to(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 5)


def whole(line: socket.socket) -> bytes:
    answer = b""
    with suppress(ConnectionError):
        while part := line.recv(65536):
            answer += part
    return answer


def test_it_is_ready_when_it_says_so(server: tuple[int, subprocess.Popen[str]]) -> None:
    with line_to(server[0]) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = whole(line)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"hello") and b"uvicorn" not in answer


def test_asked_to_stop_it_ends_open_streams(server: tuple[int, subprocess.Popen[str]]) -> None:
    port, process = server
    with line_to(port) as line:
        line.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        while b"begun" not in line.recv(65536):  # the head may come by itself; the line has a time limit
            pass
        process.send_signal(signal.SIGTERM)
        assert b"over" in whole(line)
    assert process.wait(5) == -signal.SIGTERM


def test_a_port_is_had_or_the_reason_is_said() -> None:
    with serving.bind("127.0.0.1", 0) as sock, pytest.raises(OSError, match="已被占用"):
        serving.bind("127.0.0.1", sock.getsockname()[1])
    with pytest.raises(OSError, match="不能使用"):
        serving.bind("203.0.113.7", 0)
