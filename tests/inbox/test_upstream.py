"""Another model over HTTP: asked in OpenAI's form, and no answer at all rather than a wrong or a late one."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bot.inbox.upstream import Upstream, open_upstream
from bot.settings import Settings


class Model(HTTPServer):
    """Says ``answer``: a body, or a status alone."""

    answer: bytes | int = b""
    asked: list[dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append({"key": self.headers["authorization"], "path": self.path, **json.loads(body)})
        said = self.server.answer
        self.send_response(said if isinstance(said, int) else 200)
        self.end_headers()
        self.wfile.write(said if isinstance(said, bytes) else b"")

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def model() -> Iterator[Model]:
    server = Model(("127.0.0.1", 0), _Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def ask(model: Model) -> str | None:
    return asyncio.run(Upstream(f"http://127.0.0.1:{model.server_port}/v1/", "k", "m").ask("能机洗吗"))


def told(content: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}}]}).encode()


def test_it_is_asked_in_openais_form(model: Model) -> None:
    model.answer = told("可以机洗，\n水温别太高。")
    assert ask(model) == "可以机洗， 水温别太高。"
    (asked,) = model.asked
    assert (asked["key"], asked["path"], asked["model"]) == ("Bearer k", "/v1/chat/completions", "m")
    assert asked["messages"][-1] == {"role": "user", "content": "能机洗吗"}


@pytest.mark.parametrize(
    "answer", [500, 302, b"", b"{}", b"[]", told(None), told(""), told("啊" * 300), told("退您50元"), b"x" * 70_000]
)
def test_what_is_no_answer_is_none(model: Model, answer: bytes | int) -> None:
    model.answer = answer
    assert ask(model) is None


def test_nobody_there_is_no_answer() -> None:
    assert asyncio.run(Upstream("http://127.0.0.1:9", None, "m").ask("x")) is None


def test_without_an_address_there_is_none() -> None:
    assert open_upstream(Settings(upstream_url="")) is None
    assert open_upstream(Settings(upstream_url="http://127.0.0.1:9/v1")) is not None
