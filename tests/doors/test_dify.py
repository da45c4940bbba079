"""Dify's form, as dify-on-qianniu and ChatGPT-On-CS call it."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from bot.claims.doors import DoorPolicy
from bot.doors.dify import routes
from tests.doors.standin import AGREED, HANDED_OVER, OFFER, SILENT, StandIn, client


@pytest.fixture
def inbox(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


@pytest.fixture
def http(inbox: StandIn) -> TestClient:
    return client(routes(inbox))  # type: ignore[arg-type]


def ask(http: TestClient, query: str, user: str = "b-1", **more: Any) -> dict[str, Any]:
    body = {"inputs": {}, "query": query, "user": user, "response_mode": "blocking", "conversation_id": "", **more}
    answer = http.post("/v1/chat-messages", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_conversation_of_dify_on_qianniu(http: TestClient, inbox: StandIn) -> None:
    inbox.policy.doors["dify"] = DoorPolicy(marker="转人工", hold_line="同事正在看")
    inbox.answers = [OFFER, AGREED, HANDED_OVER, SILENT]
    offer = ask(http, "少了一件")
    assert offer["event"] == "message" and offer["mode"] == "chat" and offer["answer"].endswith("2. 换个方案")
    assert "转人工" not in offer["answer"]
    agreed = ask(http, "1", conversation_id=offer["conversation_id"])
    assert agreed["conversation_id"] == offer["conversation_id"] and agreed["answer"] == "定了。"
    assert [heard.text for heard in inbox.heard] == ["少了一件", "接受"]
    assert "转人工" in ask(http, "找人")["answer"]
    assert ask(http, "人呢")["answer"] == "同事正在看"
    assert len({heard.conversation_id for heard in inbox.heard}) == 1


def test_streamed_it_says_the_same(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER]
    whole = ask(http, "少了一件")["answer"]
    inbox.now = inbox.now.replace(year=2027)
    inbox.answers = [OFFER]
    body = {"query": "少了一件", "user": "b-1", "response_mode": "streaming"}
    answer = http.post("/chat-messages", json=body)
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line]
    assert "".join(event.get("answer", "") for event in events) == whole
    assert [event["event"] for event in events][-1] == "message_end"


def test_buyers_are_kept_apart_and_a_name_for_all_is_nobodys(http: TestClient, inbox: StandIn) -> None:
    first, second = ask(http, "在吗", "b-1"), ask(http, "在吗", "b-2")
    assert first["conversation_id"] != second["conversation_id"]
    assert len({heard.conversation_id for heard in inbox.heard}) == 2
    query = "这是聊天的历史记录:\n'''\nuser: 少了一件\nassistant: 好的。\n'''\n\n这是我的最新问题:\n就到了一件"
    ask(http, query, "apiuser")
    assert inbox.rehearsed == [["少了一件", "就到了一件"]] and len(inbox.heard) == 2


def test_a_picture_is_uploaded_and_then_named(http: TestClient, inbox: StandIn) -> None:
    picture = BytesIO()
    Image.new("RGB", (32, 32), (9, 9, 9)).save(picture, "PNG")
    kept = http.post("/v1/files/upload", data={"user": "b-1"}, files={"file": ("a.png", picture.getvalue())})
    assert kept.status_code == 201 and kept.json()["mime_type"] == "image/png" and kept.json()["size"] > 0
    ask(http, "照片", files=[{"type": "image", "transfer_method": "local_file", "upload_file_id": kept.json()["id"]}])
    assert len(inbox.heard[0].files) == 1
    wrong = http.post("/v1/files/upload", data={"user": "b-1"}, files={"file": ("a.png", b"no")})
    assert wrong.status_code == 415 and wrong.json()["code"] == "unsupported_file_type"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "x"}, "invalid_param"),
        ({"query": "x", "user": "b", "response_mode": "later"}, "invalid_param"),
        ({"query": "x", "user": "b", "files": [{"upload_file_id": "f" * 64}]}, "file_not_found"),
    ],
)
def test_errors_are_in_its_form(http: TestClient, body: dict[str, Any], code: str) -> None:
    answer = http.post("/v1/chat-messages", json=body)
    assert answer.status_code == 400 and answer.json()["status"] == 400 and answer.json()["code"] == code
    assert set(answer.json()) == {"code", "message", "status"}


def test_two_buyers_without_a_name_share_no_conversation(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER, OFFER]
    first, second = ask(http, "在吗", user="default"), ask(http, "在吗", user="default")
    assert first["conversation_id"] != second["conversation_id"]


@pytest.mark.parametrize("odd", ["\0", "\ud83d", "9" * 65, 1, None, ["x"]])
def test_an_order_number_that_is_none_is_left_alone(http: TestClient, inbox: StandIn, odd: object) -> None:
    inbox.answers = [OFFER]
    body = json.dumps({"query": "少了一件", "user": "b-1", "inputs": {"order_id": odd}})
    answer = http.post("/v1/chat-messages", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200 and inbox.heard[-1].order_id is None
