"""uvicorn with our limits, on a small application without a bot."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bot import serving
from bot.settings import ROOT
from tests.server import free_port

SERVER = """
import sys
from bot import protocols, serving
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

protocols._HEAD_WITHIN_S = 1
app = Starlette(routes=[Route("/", hello), Route("/stream", stream)])
serving.serve(app, "127.0.0.1", int(sys.argv[1]), on_stop=over.set)
"""


@pytest.fixture
def server() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    assert process.stderr is not None
    assert process.stderr.readline() == f"少发已就绪：http://127.0.0.1:{port}\n"
    yield port, process
    process.kill()
    process.wait()
    process.stderr.close()


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


def test_a_head_that_does_not_come_is_not_waited_for(server: tuple[int, subprocess.Popen[str]]) -> None:
    lines = [line_to(server[0]) for _ in range(4)]
    lines[1].sendall(b"GET / HT")
    lines[2].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    lines[3].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHo")  # the second of two
    began = time.monotonic()
    answers = [whole(line) for line in lines]
    assert 0.5 < time.monotonic() - began < 4
    assert answers[:3] == [b"", b"", b""] and answers[3].endswith(b"hello")
    for line in lines:
        line.close()


def test_a_line_that_is_kept_alive_may_be_silent_for_longer(server: tuple[int, subprocess.Popen[str]]) -> None:
    with line_to(server[0]) as line:
        for _ in range(2):
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"hello"):
                answer += line.recv(65536) or b"the end: hello"
            assert answer.startswith(b"HTTP/1.1 200 ")
            time.sleep(1.5)


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
