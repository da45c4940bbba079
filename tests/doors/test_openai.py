"""OpenAI's form: what the door makes of a request and of an answer. With the official SDK: ``test_sdks.py``."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bot.doors.http import JSON_BYTES
from bot.doors.openai import as_completion, as_events, read, routes
from bot.doors.refusals import Refused
from bot.inbox.model import Incoming, Outcome
from bot.settings import settings
from tests.doors.standin import AGREED, HANDED_OVER, HANDOFF, OFFER, SILENT, StandIn, client, reply

PICTURE = base64.b64encode(b"\x89PNG and so on").decode()
KEY = "a-key-for-tests"


@pytest.fixture
def inbox(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


@pytest.fixture
def http(inbox: StandIn) -> TestClient:
    return client(routes(inbox))


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("SHAOFA_API_KEY", KEY)
    settings.cache_clear()
    yield KEY
    settings.cache_clear()


def body(*messages: Any, **more: Any) -> dict[str, Any]:
    said = [message if isinstance(message, dict) else {"role": "user", "content": message} for message in messages]
    return {"model": "shaofa", "messages": said, **more}


def incoming(raw: dict[str, Any], **headers: str) -> Incoming:
    return read(json.dumps(raw).encode(), headers)[1]


def refused(raw: Any) -> Refused:
    with pytest.raises(Refused) as error:
        read(raw if isinstance(raw, bytes) else json.dumps(raw).encode(), {})
    return error.value


def events(text: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


# --- in -------------------------------------------------------------------------------------------


def test_the_newest_user_message_is_what_the_buyer_says() -> None:
    history = [{"role": "system", "content": "你是客服"}, "在吗", {"role": "assistant", "content": "在的"}, "少了一件"]
    assert incoming(body(*history)).text == "少了一件"
    asked_again = {"role": "assistant", "content": None, "tool_calls": []}
    assert incoming(body(*history, asked_again, {"role": "tool", "content": "x"})).text == "少了一件"


def test_parts_are_words_and_pictures() -> None:
    parts = [
        {"type": "text", "text": "少了一件"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}", "detail": "low"}},
        {"type": "image_url", "image_url": "https://example.com/x.jpg"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,no base64!"}},
        {"type": "input_audio", "input_audio": {"data": "…"}},
        {"type": "text", "text": "就到了两件"},
    ]
    got = incoming(body({"role": "user", "content": parts}))
    assert got.text == "少了一件\n就到了两件"
    assert read_of(got) == [b"\x89PNG and so on", b""]  # the inbox tells the buyer that the second cannot be read


def read_of(incoming: Incoming) -> list[bytes]:
    with closing(incoming):
        opened = [file for file in incoming.files if file]
        for file in opened:
            file.seek(0)
        return [file.read() for file in opened]


def test_who_it_is_and_which_order() -> None:
    got = incoming(body("在吗", user="b-1", metadata={"buyer_id": "b-2", "order_id": "T1"}))
    assert (got.buyer_id, got.order_id, got.channel) == ("b-1", "T1", "openai")
    assert incoming(body("在吗", metadata={"buyer_id": "b-2", "shop": 7})).buyer_id == "b-2"
    assert incoming(body("在吗", user=None, metadata=None)).buyer_id is None


def test_the_conversation_is_the_first_of_these_that_is_named() -> None:
    named = body("在吗", chatId="chat", customUid="uid", user="b-1", metadata={"conversation_id": "meta"})
    seen = [incoming(named, **{"x-conversation-id": "head"}).conversation_id]
    for field in ("chatId", "customUid", "metadata", "user"):
        seen.append(incoming(named).conversation_id)
        del named[field]
    words = [conversation.split(":")[1] for conversation in seen]
    assert words == ["head", "chat", "uid", "meta", "b-1"]


def test_a_conversation_is_its_buyers_own() -> None:
    mine = incoming(body("在吗", user="b-1", metadata={"conversation_id": "c"})).conversation_id
    assert mine == incoming(body("少了", user="b-1", metadata={"conversation_id": "c"})).conversation_id
    others = incoming(body("在吗", user="b-2", metadata={"conversation_id": "c"})).conversation_id
    nobodys = incoming(body("在吗", metadata={"conversation_id": "c"})).conversation_id
    assert len({mine, others, nobodys}) == 3


@pytest.mark.parametrize("more", [{}, {"user": ""}, {"user": " ", "chatId": ""}, {"metadata": {"buyer_id": ""}}])
def test_strangers_are_not_joined(more: dict[str, Any]) -> None:
    one, other = incoming(body("在吗", **more)), incoming(body("在吗", **more))
    assert one.conversation_id != other.conversation_id and one.buyer_id is None


@pytest.mark.parametrize("header", ["idempotency-key", "x-request-id"])
def test_the_same_key_is_a_retry(header: str) -> None:
    first, again = (incoming(body("在吗"), **{header: "k"}) for _ in range(2))
    assert first == again and first.message_id
    assert incoming(body("在吗"), **{header: "other"}).message_id != first.message_id
    somebody_else = incoming(body("少了"), **{header: "k"})
    assert somebody_else.conversation_id != first.conversation_id
    assert incoming(body("在吗")).message_id is None


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        ({"messages": []}, "model"),
        ({"model": "shaofa"}, "messages"),
        (body({"content": "x"}), "messages.0.role"),
        (body("x", user="a\0"), "user"),
        (body("x", user="u" * 129), "user"),
        (body("x", metadata={"order_id": "\ud800"}), "metadata.order_id"),
        (body("x", chatId="c" * 101), "chatId"),
    ],
)
def test_a_wrong_field_is_named(raw: dict[str, Any], param: str, http: TestClient) -> None:
    json_type = {"Content-Type": "application/json"}
    answer = http.post("/v1/chat/completions", content=json.dumps(raw), headers=json_type)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["param"] == param and param in error["message"]
    assert error["type"] == "invalid_request_error"


def test_what_cannot_be_taken_is_refused() -> None:
    assert refused(b"{").status == 400
    assert refused(b"[]").status == 400
    assert refused(body({"role": "system", "content": "x"})).status == 400
    assert refused(body({"role": "user", "content": [{"type": "image_url", "image_url": "data:,"}] * 10})).status == 400
    assert refused(body("x", model="gpt-5") | {"model": "gpt-5"}).code == "model_not_found"
    with pytest.raises(Refused):
        incoming(body("x"), **{"x-conversation-id": "c" * 101})


def test_pictures_may_be_large_and_words_may_not() -> None:
    url = "data:image/png;base64," + "A" * (2 * JSON_BYTES)
    assert incoming(body({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]})).files
    assert refused(body("啊" * JSON_BYTES)).status == 413


# --- out ------------------------------------------------------------------------------------------


def completion(outcome: Outcome) -> dict[str, Any]:
    return as_completion(*read(json.dumps(body("少了一件")).encode(), {}), outcome)


def test_an_answer_has_all_that_strict_clients_ask_for() -> None:
    answer = completion(OFFER)
    assert answer["object"] == "chat.completion" and answer["id"].startswith("chatcmpl-") and answer["created"] > 0
    choice = answer["choices"][0]
    assert choice["message"]["content"] == "查到了。\n\n补发1件，可以吗？\n1. 接受\n2. 换个方案"
    assert choice["finish_reason"] == "stop" and choice["index"] == 0
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0


def test_silence_is_an_empty_answer() -> None:
    answer = completion(SILENT)
    assert answer["choices"][0]["message"]["content"] == ""
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["shaofa"]["decision"] == "no_reply" and answer["shaofa"]["handoff"] == HANDOFF


def test_what_a_program_wants_to_know_stands_beside_the_words() -> None:
    assert completion(HANDED_OVER)["shaofa"] == {"decision": "handoff", "handoff": HANDOFF, "claim": None}
    assert completion(AGREED)["shaofa"]["claim"]["state"] == "agreed"


@given(st.lists(st.text(max_size=30), max_size=3), st.booleans())
def test_streamed_it_says_the_same(texts: list[str], include_usage: bool) -> None:
    whole = completion(Outcome([reply(text) for text in texts]))
    chunks = events("".join(as_events(whole, include_usage=include_usage)))
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert deltas[0]["role"] == "assistant"
    assert "".join(delta.get("content", "") for delta in deltas) == whole["choices"][0]["message"]["content"]
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"]]
    assert reasons == [None] * (len(reasons) - 1) + ["stop"]
    assert {chunk["id"] for chunk in chunks} == {whole["id"]}
    usages = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    assert usages == ([whole["usage"]] if include_usage else [])


# --- over HTTP ------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/v1", ""])
def test_the_base_url_may_lack_v1(base: str, http: TestClient, inbox: StandIn) -> None:
    assert http.post(f"{base}/chat/completions", json=body("少了一件")).json()["choices"]
    assert [model["id"] for model in http.get(f"{base}/models").json()["data"]] == ["shaofa"]
    assert http.get(f"{base}/models/shaofa").json()["id"] == "shaofa"
    elsewhere = http.post(f"{base}/responses", json={})
    assert elsewhere.status_code == 404 and "/v1/chat/completions" in elsewhere.json()["error"]["message"]


def test_a_number_chooses_what_was_offered(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER, AGREED]
    for said in ("少了一件", "1"):
        http.post("/v1/chat/completions", json=body(said, user="b-1"))
    assert [heard.text for heard in inbox.heard] == ["少了一件", "接受"]


def test_a_stream_is_server_sent_events(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER]
    asked = body(
        "少了一件", stream=True, stream_options={"include_usage": True}, temperature=0.7, enable_thinking=False
    )
    answer = http.post("/v1/chat/completions", json=asked)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert events(answer.text)[-1]["usage"]["total_tokens"] > 0


def test_names_that_tools_have_built_in_are_known(http: TestClient) -> None:
    assert http.post("/v1/chat/completions", json=body("在吗") | {"model": "openclaw"}).json()["model"] == "openclaw"
    unknown = http.post("/v1/chat/completions", json=body("在吗") | {"model": "gpt-5"})
    assert unknown.status_code == 404
    error = unknown.json()["error"]
    assert error["code"] == "model_not_found" and "shaofa" in error["message"]
    assert http.get("/v1/models/gpt-5").json()["error"]["code"] == "model_not_found"


def test_the_key_is_asked_for(key: str, http: TestClient, inbox: StandIn) -> None:
    for given_key in ("", "wrong"):
        headers = {"Authorization": f"Bearer {given_key}"}
        for answer in (http.post("/v1/chat/completions", json=body("x"), headers=headers), http.get("/models")):
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "invalid_api_key"
    assert inbox.heard == []
    right = {"Authorization": f"Bearer {key}"}
    assert http.post("/v1/chat/completions", json=body("x"), headers=right).status_code == 200


def test_without_a_key_only_this_machine_may_call(inbox: StandIn) -> None:
    away = client(routes(inbox), "192.0.2.7")
    assert away.post("/v1/chat/completions", json=body("x")).status_code == 403
    assert inbox.heard == []


def test_what_nobody_expected_is_said_in_openais_form(
    http: TestClient, inbox: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Incoming) -> Outcome:
        raise RuntimeError("no")

    monkeypatch.setattr(inbox, "handle", broken)
    answer = http.post("/v1/chat/completions", json=body("x"))
    assert answer.status_code == 500 and answer.json()["error"]["type"] == "server_error"
