"""The neutral door under ``rasa run``: Rasa's own server, with an inbox that needs no model."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from rasa.core.channels.channel import register
from sanic import Sanic

from bot import rasa_channel
from bot.doors.http import LARGE_BYTES
from bot.inbox.model import Incoming, Outcome
from bot.settings import settings
from tests.server import free_port

KEY = "a-key-for-tests"
BODY = {"conversation_id": "c", "sender": {"id": "b"}, "text": "少发了一件", "id": "m1"}


class FakeInbox:
    def __init__(self, engine: Path) -> None:
        """``engine``: what stands for it, the model's file."""

    async def handle(self, incoming: Incoming) -> Outcome:
        return Outcome(replies=[{"text": f"收到：{incoming.text}", "buttons": [], "custom": None}])


async def start(port: int) -> None:
    app = Sanic("rasa-run", configure_logging=False)
    register([rasa_channel.MessagesChannel()], app, route="/webhooks/")
    app.ctx.agent = SimpleNamespace(processor=SimpleNamespace(model_path="model.tar.gz", model_filename="model.tar.gz"))
    server = await app.create_server("127.0.0.1", port, access_log=False, return_asyncio_server=True)
    assert server is not None
    await server.startup()
    await server.after_start()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """For the module: a Sanic that starts rewrites its own classes, over which a second one in the process fails."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SHAOFA_API_KEY", KEY)
    patch.setattr(rasa_channel, "load_engine", lambda model: model)
    patch.setattr(rasa_channel, "open_inbox", FakeInbox)
    settings.cache_clear()
    port, loop = free_port(), asyncio.new_event_loop()
    loop.run_until_complete(start(port))
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    patch.undo()
    settings.cache_clear()


def post(url: str, body: Any, **headers: Any) -> requests.Response:
    return requests.post(f"{url}/v1/messages", json=body, headers=headers, timeout=10)


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "错".encode()}, {"Authorization": "Bearer wrong"}])
def test_without_the_key_nothing_is_answered(url: str, headers: dict[str, Any]) -> None:
    answer = post(url, BODY, **headers)
    assert answer.status_code == 401 and "SHAOFA_API_KEY" in answer.json()["error"]["message"]


@pytest.mark.parametrize("headers", [{"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}])
def test_with_the_key_it_answers_as_the_other_server_does(url: str, headers: dict[str, Any]) -> None:
    answer = post(url, BODY, **headers).json()
    assert answer["replies"][0]["text"] == "收到：少发了一件"
    assert (answer["message_id"], answer["decision"], answer["case"]) == ("m1", "send", None)


def test_what_is_wrong_is_said(url: str) -> None:
    answer = post(url, {"text": []}, **{"X-API-Key": KEY})
    assert answer.status_code == 400 and "conversation_id" in answer.json()["error"]["message"]
    assert post(url, {**BODY, "x": "y" * LARGE_BYTES}, **{"X-API-Key": KEY}).status_code == 413


def test_the_stock_channels_are_shut(url: str) -> None:
    answer = requests.post(f"{url}/webhooks/rest/webhook", json={"message": "/restart"}, timeout=10)
    assert answer.status_code == 404
    assert requests.get(f"{url}/health", timeout=10).json() == {"status": "ok"}


@pytest.mark.parametrize("line", ["Content-Length: -1", "Content-Length: 1e3", "Transfer-Encoding: gzip"])
def test_a_length_that_is_none_does_not_stop_it(url: str, line: str) -> None:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5) as raw:
        raw.sendall(f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\n{line}\r\n\r\n{{}}".encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert requests.get(f"{url}/health", timeout=5).status_code == 200
