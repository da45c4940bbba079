"""The calls of sellers' tools, as ``tools.yml`` has them, each with its page; the plugin for ChatGPT-On-CS in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from bot.doors import dify, messages, openai, xianyu
from bot.inbox.answering import Answering
from bot.settings import settings
from tests.doors.standin import StandIn, client

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "sellers"
TOOLS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("tools.yml").read_text(encoding="utf-8"))
ORDER, BUYER = "4010123456789012345", "tb_buyer"


@pytest.fixture
def inbox(tmp_path: Path) -> StandIn:
    inbox = StandIn(tmp_path)
    inbox.orders[ORDER] = SimpleNamespace(order_id=ORDER, buyer_id=BUYER)
    return inbox


@pytest.fixture
def http(inbox: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("SHAOFA_HOOK_SECRET", "a-secret")
    settings.cache_clear()
    doors = (openai, dify, xianyu)
    routes = [route for door in doors for route in door.routes(inbox)]  # type: ignore[arg-type]
    yield client([*routes, *messages.routes(inbox, Answering(inbox))])  # type: ignore[arg-type]
    settings.cache_clear()


def filled(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.replace("{order}", ORDER).replace("{buyer}", BUYER))


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool["tool"])
def test_its_call_is_understood(tool: dict[str, Any], http: TestClient, inbox: StandIn) -> None:
    answer = http.post(tool["path"], json=filled(tool["body"]))
    assert answer.status_code == 200 and "好的。" in answer.text
    assert ("data: [DONE]" in answer.text) is bool(tool["body"].get("stream"))
    heard = [incoming.text for incoming in inbox.heard]
    assert (heard if tool["counts"] else inbox.rehearsed) == filled(tool["heard"])
    assert not (inbox.rehearsed if tool["counts"] else heard)
    assert {incoming.buyer_id for incoming in inbox.heard} <= {BUYER}


def test_each_has_its_page_and_each_page_is_in_the_list() -> None:
    pages = {path.name for path in PAGES.glob("*.md")} - {"README.md"}
    listed = (PAGES / "README.md").read_text(encoding="utf-8")
    assert {tool["page"] for tool in TOOLS} <= pages
    assert all(f"({page})" in listed for page in pages)


# --- the plugin -----------------------------------------------------------------------------------

# What the tool does with a plugin's text: a context of its own, `require` of what it has loaded, `main` exported.
_HOST = """
const vm = require('node:vm'); const fs = require('node:fs');
const told = JSON.parse(process.argv[2]); const calls = [];
const axios = { post: async (url, body, options) => {
  calls.push({ url, body, options });
  if (told.error) throw Object.assign(new Error('x'), { response: { status: told.error } });
  return { data: told.answer };
} };
const sandbox = { setTimeout, console: { log() {}, error() {} }, module: {}, exports: {},
  require: (name) => { if (name !== 'axios') throw new Error(name); return axios; } };
vm.createContext(sandbox);
vm.runInContext(fs.readFileSync(process.argv[3], 'utf8') + '\\nmodule.exports = main;', sandbox);
sandbox.module.exports(new Map(Object.entries(told.ctx)), told.messages)
  .then((reply) => console.log(JSON.stringify({ reply, calls })));
"""
CTX = {"CTX_PLATFORM": "win_qianniu", "CTX_USERNAME": BUYER, "CTX_INSTANCE_ID": "1", "CTX_ORDER_ID": ORDER}
SAID = [
    {"sender": "a", "content": "您好", "role": "SELF", "type": "TEXT"},
    {"sender": "b", "content": "已签收", "role": "SYSTEM", "type": "TEXT"},
    {"sender": "b", "content": "少了一件", "role": "OTHER", "type": "TEXT"},
]


def plugin(tmp_path: Path, **told: Any) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node here")
    host = tmp_path / "host.js"
    host.write_text(_HOST, encoding="utf-8")
    given = json.dumps({"ctx": CTX, "messages": SAID, **told})
    done = subprocess.run(
        [node, host, given, ROOT / "integrations" / "chatgpt-on-cs.js"], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def answer(content: str, decision: str, *, begun: bool = False) -> dict[str, Any]:
    return {
        "choices": [{"message": {"content": content}}],
        "shaofa": {"decision": decision, "handoff": {"begun": begun} if decision == "handoff" else None},
    }


def test_the_plugin_tells_who_it_is_and_sends_the_answer(tmp_path: Path, http: TestClient, inbox: StandIn) -> None:
    done = plugin(tmp_path, answer=answer("好的。", "send"))
    assert done["reply"] == {"type": "TEXT", "content": "好的。"}
    (call,) = done["calls"]
    assert call["url"].endswith("/v1/chat/completions")
    assert http.post("/v1/chat/completions", json=call["body"]).status_code == 200
    assert [(heard.text, heard.buyer_id, heard.order_id) for heard in inbox.heard] == [("少了一件", BUYER, ORDER)]


@pytest.mark.parametrize(
    ("told", "reply"),
    [
        (answer("马上转", "handoff", begun=True), {"type": "TRANSFER", "content": "马上转"}),
        (answer("", "no_reply"), {"type": "NO_REPLY", "content": ""}),
        (answer("建议", "suggest"), {"type": "NO_REPLY", "content": ""}),
    ],
)
def test_the_plugin_transfers_and_keeps_silent(tmp_path: Path, told: dict[str, Any], reply: dict[str, Any]) -> None:
    assert plugin(tmp_path, answer=told)["reply"] == reply


def test_where_there_is_no_answer_the_plugin_says_nothing(tmp_path: Path) -> None:
    assert plugin(tmp_path, error=503)["reply"]["type"] == "NO_REPLY"
