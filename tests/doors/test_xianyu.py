"""The webhook of xianyu-auto-reply, as its 默认回复 API calls it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.doors.xianyu import routes
from bot.settings import settings
from tests.doors.standin import AGREED, OFFER, SILENT, StandIn, client

CALL = {
    "account_id": "shop-1",
    "message": "少了一件",
    "chat_id": "61204",
    "item_id": "98",
    "send_user_id": "b-1",
    "send_user_name": "小鱼",
    "msg_time": "2026-11-27 10:00:00",
}


@pytest.fixture
def inbox(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


@pytest.fixture
def http(inbox: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("SHAOFA_HOOK_SECRET", "a-secret")
    settings.cache_clear()
    yield client(routes(inbox), "203.0.113.9")  # type: ignore[arg-type]
    settings.cache_clear()


def test_its_calls_are_answered(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER, AGREED, SILENT]
    offer = http.post("/v1/hooks/xianyu/a-secret", json=CALL).json()
    assert offer["success"] is True and offer["reply"].endswith("2. 换个方案")
    assert http.post("/v1/hooks/xianyu/a-secret", json=CALL | {"message": "1"}).json()["reply"] == "定了。"
    silent = http.post("/v1/hooks/xianyu/a-secret", json=CALL | {"message": "好"}).json()
    assert silent["reply"] == "" and silent["decision"] == "no_reply"
    assert [heard.text for heard in inbox.heard] == ["少了一件", "接受", "好"]
    assert {(heard.buyer_id, heard.conversation_id) for heard in inbox.heard} == {("b-1", "xianyu:shop-1:61204")}


def test_the_older_call_names_nobody(http: TestClient, inbox: StandIn) -> None:
    old = {"account_id": "shop-1", "message": "少了一件"}
    assert http.post("/v1/hooks/xianyu/a-secret", json=old).json()["reply"] == "好的。"
    assert inbox.heard == [] and inbox.rehearsed == [["少了一件"]]


def test_who_does_not_know_the_secret_finds_nothing(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for secret in ("wrong", "a-secret2", "密"):
        assert http.post(f"/v1/hooks/xianyu/{secret}", json=CALL).status_code == 404
    monkeypatch.setenv("SHAOFA_HOOK_SECRET", "")
    settings.cache_clear()
    assert http.post("/v1/hooks/xianyu/a-secret", json=CALL).status_code == 404


def test_a_body_that_is_none_is_refused(http: TestClient) -> None:
    assert http.post("/v1/hooks/xianyu/a-secret", json={}).status_code == 400
    assert http.post("/v1/hooks/xianyu/a-secret", content=b"message=1").status_code == 400
