"""Rasa's action server: for Rasa on this machine, by token; and what it answers, held to the SDK's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from rasa_sdk.interfaces import ActionExecutionRejection
from starlette.testclient import TestClient

from bot.doors.actions import make_app
from bot.doors.http import LARGE_BYTES
from bot.engine.action_server import Actions
from bot.settings import settings
from tests.cli.calling import shaofa
from tests.office import fresh
from tests.server import ROOT, free_port, serve

TOKEN = "a-token-for-tests"
HEADER = {"Authorization": f"Token token={TOKEN}"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("actions"), "actions", SHAOFA_ACTIONS_TOKEN=TOKEN) as address:
        yield address


@contextmanager
def sdks_own(folder: Path, **environment: str) -> Iterator[str]:
    """``rasa run actions`` of whoever prefers it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **fresh(folder), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sdks_own(tmp_path_factory.mktemp("bare"), SHAOFA_ACTIONS_TOKEN=TOKEN) as address:
        yield address


def call(action: str | None, text: str = "", intent: str = "greet", **tracker: Any) -> dict[str, Any]:
    """What Rasa sends, shortened."""
    message = {"text": text, "intent": {"name": intent, "confidence": 1.0}, "entities": []}
    events = [{"event": "user", "text": text, "parse_data": message, "timestamp": 0.0}]
    state = {"sender_id": "talk", "slots": {}, "latest_message": message, "events": events, "paused": False, **tracker}
    return {"next_action": action, "sender_id": "talk", "version": "3.6.21", "domain": {}, "tracker": state}


def post(url: str, body: Any, **headers: str) -> requests.Response:
    return requests.post(f"{url}/webhook", json=body, headers={**HEADER, **headers}, timeout=30)


# --- who may call ---------------------------------------------------------------------------------


def test_without_a_token_in_the_settings_it_does_not_start() -> None:
    done = shaofa("actions")
    said = done.stderr.decode()
    assert done.returncode == 1 and "SHAOFA_ACTIONS_TOKEN" in said and said.count("\n") == 1


@pytest.mark.parametrize("server", ["url", "bare"])
@pytest.mark.parametrize("path", ["/webhook", "/actions"])
def test_who_has_no_token_hears_nothing(server: str, path: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(server)
    for headers, query in (
        ({}, ""),
        ({"Authorization": "Token token="}, ""),
        ({"Authorization": "Token token=错".encode()}, ""),
        ({"Authorization": f"Token token={TOKEN}x"}, ""),
        ({"Authorization": f"Bearer {TOKEN}"}, ""),
        ({}, "?token="),
        ({}, "?token=wrong"),
        ({}, "?token=%E9%94%99"),
    ):
        method = "POST" if path == "/webhook" else "GET"
        answer = requests.request(method, url + path + query, json=call("action_greet"), headers=headers, timeout=30)
        assert answer.status_code == 401, (headers, query)
        assert "SHAOFA_ACTIONS_TOKEN" in answer.json()["error"] and TOKEN not in answer.text


@pytest.mark.parametrize("server", ["url", "bare"])
def test_it_listens_to_this_machine_alone(server: str, request: pytest.FixtureRequest) -> None:
    port = int(request.getfixturevalue(server).rpartition(":")[2])
    with socket.socket() as probe:  # another address of the same machine: who listens on all has it too
        assert probe.connect_ex(("127.0.0.2", port)) != 0


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"X-Forwarded-For": "1.2.3.4"}])
def test_what_others_send_through_this_machine_is_refused(url: str, headers: dict[str, str]) -> None:
    assert post(url, call("action_greet"), **headers).status_code == 403


@pytest.mark.parametrize("server", ["url", "bare"])
def test_rasas_own_way_with_a_token_is_understood_too(server: str, request: pytest.FixtureRequest) -> None:
    """``token:`` of an endpoint is sent in the query."""
    answer = requests.post(
        f"{request.getfixturevalue(server)}/webhook?token={TOKEN}", json=call("action_greet"), timeout=30
    )
    assert answer.status_code == 200 and answer.json()["responses"]


# --- what it answers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        call("action_greet", "在吗"),
        call("action_open_claim", "T恤少了一件", "report_short_shipment"),
        call("validate_claim_form", "两个", "give_quantity", active_loop={"name": "claim_form"}),
        call("action_of_nobody"),
        call(None),
    ],
    ids=lambda body: str(body["next_action"]),
)
def test_it_answers_as_the_sdks_server_does(url: str, bare: str, body: dict[str, Any]) -> None:
    ours, theirs = post(url, body), post(bare, body)
    assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json())
    assert ours.headers["Content-Type"] == theirs.headers["Content-Type"] == "application/json"


def test_the_same_actions_are_there(url: str, bare: str) -> None:
    for path in ("/actions", "/health"):
        ours, theirs = (requests.get(server + path, headers=HEADER, timeout=10).json() for server in (url, bare))
        assert ours == theirs
    assert {"name": "action_assess"} in requests.get(f"{url}/actions", headers=HEADER, timeout=10).json()


def test_what_rasa_compresses_is_read(url: str) -> None:
    body = zlib.compress(json.dumps(call("action_greet")).encode())
    headers = {**HEADER, "Content-Encoding": "deflate"}
    assert requests.post(f"{url}/webhook", body, headers=headers, timeout=30).json()["responses"]
    bomb = zlib.compress(b" " * (LARGE_BYTES + 1))
    assert requests.post(f"{url}/webhook", bomb, headers=headers, timeout=30).status_code == 413
    assert requests.post(f"{url}/webhook", b"no zlib", headers=headers, timeout=30).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 422), (b"[]", 422), (b"null", 422), (b"[" * 10**5, 422), (b" " * (LARGE_BYTES + 1), 413)],
)
def test_what_is_no_call_is_refused_and_is_no_rejection(url: str, body: bytes, status: int) -> None:
    """Of a 400 Rasa asks which action it is that does not want to run."""
    answer = requests.post(f"{url}/webhook", body, headers=HEADER, timeout=30)
    assert answer.status_code == status and set(answer.json()) == {"error", "request_id"}


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Ours, and two actions that come to nothing."""

    def rejects(dispatcher: Any, tracker: Any, domain: Any) -> None:
        raise ActionExecutionRejection("rejects", "今天不办")

    def breaks(dispatcher: Any, tracker: Any, domain: Any) -> None:
        raise RuntimeError("13800138000")

    monkeypatch.setenv("SHAOFA_ACTIONS_TOKEN", TOKEN)
    settings.cache_clear()
    actions = Actions("actions.server")
    actions._executor.register_function("rejects", rejects)
    actions._executor.register_function("breaks", breaks)
    yield TestClient(
        make_app(actions),
        base_url="http://127.0.0.1",
        client=("127.0.0.1", 50000),
        headers=HEADER,
        raise_server_exceptions=False,
    )
    monkeypatch.undo()
    settings.cache_clear()


def test_an_action_that_rejects_is_a_400_with_its_name(made_up: TestClient) -> None:
    answer = made_up.post("/webhook", json=call("rejects"))
    assert (answer.status_code, answer.json()) == (400, {"error": "今天不办", "action_name": "rejects"})


def test_an_action_that_breaks_is_a_500_that_tells_nothing_of_the_buyer(made_up: TestClient) -> None:
    answer = made_up.post("/webhook", json=call("breaks", "13800138000"))
    assert answer.status_code == 500 and "13800138000" not in answer.text


# --- with Rasa ------------------------------------------------------------------------------------

# What `rasa shell` does with each line, without the terminal that it wants.
_SHELL = """
import asyncio, json, sys
from pathlib import Path
from bot import logs
from bot.engine import no_tensorflow
from bot.engine.training import trained_model
logs.configure()
no_tensorflow.spare(Path("config.yml"))
from rasa.core.agent import load_agent
from rasa.core.utils import AvailableEndpoints

async def main():
    endpoints = AvailableEndpoints.read_endpoints(sys.argv[1])
    agent = await load_agent(str(trained_model()), endpoints=endpoints)
    for text in sys.argv[2:]:
        replies = await agent.handle_text(text, sender_id="shell")
        print(json.dumps([reply["text"] for reply in replies if "text" in reply]))

asyncio.run(main())
"""


def shell(url: str, folder: Path, *said: str, **environment: str) -> list[list[str]]:
    """Through the project's own endpoints.yml, but for the port."""
    endpoints = folder / "endpoints.yml"
    stated = (ROOT / "endpoints.yml").read_text(encoding="utf-8")
    assert "http://127.0.0.1:5055/webhook" in stated
    endpoints.write_text(stated.replace("http://127.0.0.1:5055/webhook", f"{url}/webhook"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _SHELL, str(endpoints), *said],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_rasa_settles_a_claim_over_it(url: str, tmp_path: Path) -> None:
    said = ("我拍了三件T恤怎么就到一件", "没有", "行吧")
    _, offered, agreed = shell(url, tmp_path, *said, SHAOFA_ACTIONS_TOKEN=TOKEN)
    assert "补发「纯棉T恤 白色 L码」2件" in offered[-1] and agreed[-1].startswith("定了：补发")


@pytest.mark.slow
def test_without_any_token_rasa_goes_on_beside_its_own(tmp_path: Path) -> None:
    with sdks_own(tmp_path, SHAOFA_ACTIONS_TOKEN="") as bare:
        ((greeting,),) = shell(bare, tmp_path, "在吗")
    assert "小发" in greeting or "在" in greeting
