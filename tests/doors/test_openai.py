"""OpenAI's form: what the door makes of a request and of an answer. With the official SDK: ``test_sdks.py``."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bot.claims.doors import DoorPolicy, Mode
from bot.doors.http import JSON_BYTES
from bot.doors.openai import as_completion, as_events, routes
from bot.doors.openai_in import read
from bot.doors.refusals import Refused
from bot.inbox.model import Incoming, Outcome
from bot.inbox.modes import Dealt
from bot.inbox.posted import Answered, Posted, Turn
from bot.settings import settings
from tests.doors.standin import AGREED, HANDED_OVER, HANDOFF, OFFER, SILENT, StandIn, client, reply

PICTURE = base64.b64encode(b"\x89PNG and so on").decode()
KEY = "a-key-for-tests"
PLAIN = DoorPolicy()
MODELS = ["shaofa", "shaofa-short", "shaofa-40", "shaofa-suggest"]


@pytest.fixture
def inbox(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


@pytest.fixture
def http(inbox: StandIn) -> TestClient:
    return client(routes(inbox))  # type: ignore[arg-type]


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("SHAOFA_API_KEY", KEY)
    settings.cache_clear()
    yield KEY
    settings.cache_clear()


def body(*messages: Any, **more: Any) -> dict[str, Any]:
    said = [message if isinstance(message, dict) else {"role": "user", "content": message} for message in messages]
    return {"model": "shaofa", "messages": said, **more}


def posted(raw: dict[str, Any], **headers: str) -> Posted:
    return read(json.dumps(raw).encode(), headers, "default")[1]


def refused(raw: Any) -> Refused:
    with pytest.raises(Refused) as error:
        read(raw if isinstance(raw, bytes) else json.dumps(raw).encode(), {}, "default")
    return error.value


def events(text: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


# --- in -------------------------------------------------------------------------------------------


def test_the_newest_user_message_is_what_the_buyer_says() -> None:
    history = [{"role": "system", "content": "你是客服"}, "在吗", {"role": "assistant", "content": "在的"}, "少了一件"]
    got = posted(body(*history))
    assert got.text == "少了一件" and got.turns == (Turn(True, "在吗"), Turn(False, "在的"))
    asked_again: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": []}
    again = posted(body(*history, asked_again, {"role": "tool", "content": "x"}))
    assert again.text == "少了一件" and again.again and again.turns == got.turns


def test_parts_are_words_and_pictures() -> None:
    parts = [
        {"type": "text", "text": "少了一件"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}", "detail": "low"}},
        {"type": "image_url", "image_url": "https://example.com/x.jpg"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,no base64!"}},
        {"type": "input_audio", "input_audio": {"data": "…"}},
        {"type": "text", "text": "就到了两件"},
    ]
    got = posted(body({"role": "user", "content": parts}))
    assert got.text == "少了一件\n就到了两件"
    assert read_of(got) == [b"\x89PNG and so on", b""]  # the inbox tells the buyer that the second cannot be read


def read_of(posted: Posted) -> list[bytes]:
    with closing(posted):
        opened = [file for file in posted.files if file]
        for file in opened:
            file.seek(0)
        return [file.read() for file in opened]


def test_who_it_is_and_which_order() -> None:
    got = posted(body("在吗", user="b-1", metadata={"buyer_id": "b-2", "order_id": "T1"}))
    assert (got.buyer_id, got.order_id, got.door) == ("b-1", "T1", "openai")
    assert posted(body("在吗", metadata={"buyer_id": "b-2", "shop": 7})).buyer_id == "b-2"
    assert posted(body("在吗", user=None, metadata=None)).buyer_id is None
    assert posted(body("在吗", user="apiuser")).buyer_id is None  # what a tool sends for all of them is nobody


def test_the_conversation_is_the_first_of_these_that_is_named() -> None:
    named = body("在吗", chatId="chat", customUid="uid", metadata={"conversation_id": "meta"})
    seen = [posted(named, **{"x-conversation-id": "head"}).session]
    for field in ("chatId", "customUid", "metadata"):
        seen.append(posted(named).session)
        del named[field]
    assert [*seen, posted(named).session] == ["head", "chat", "uid", "meta", None]
    assert posted(body("在吗", user="b-1", metadata={"conversation_id": "meta"})).session is None  # the buyer's own


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
        posted(body("x"), **{"x-conversation-id": "c" * 101})


def test_pictures_may_be_large_and_words_may_not() -> None:
    url = "data:image/png;base64," + "A" * (2 * JSON_BYTES)
    assert posted(body({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]})).files
    assert refused(body("啊" * JSON_BYTES)).status == 413


# --- out ------------------------------------------------------------------------------------------


def completion(outcome: Outcome, policy: DoorPolicy = PLAIN, **more: Any) -> dict[str, Any]:
    chat, _ = read(json.dumps(body("少了一件", **more)).encode(), {}, "default")
    return as_completion(chat, Answered("a" * 32, Dealt(outcome)), policy)


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
    handed_over = {"decision": "handoff", "mode": "auto", "handoff": HANDOFF, "claim": None}
    assert completion(HANDED_OVER)["shaofa"] == handed_over
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
    assert [model["id"] for model in http.get(f"{base}/models").json()["data"]] == MODELS
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
    answer = http.post("/v1/chat/completions", json=body("x", user="b-1"))
    assert answer.status_code == 500 and answer.json()["error"]["type"] == "server_error"


# --- which conversation, and how far --------------------------------------------------------------


def say(http: TestClient, *messages: Any, headers: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    answer = http.post("/v1/chat/completions", json=body(*messages, **more), headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(answer: dict[str, Any]) -> str:
    return str(answer["choices"][0]["message"]["content"])


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def test_two_buyers_on_one_key_are_kept_apart(http: TestClient, inbox: StandIn) -> None:
    for buyer in ("b-1", "b-2"):
        say(http, "在吗", user=buyer)
    assert len({heard.conversation_id for heard in inbox.heard}) == 2


def test_a_retry_is_answered_once(http: TestClient, inbox: StandIn) -> None:
    first, again = (say(http, "少了一件", user="b-1") for _ in range(2))
    assert first["id"] == again["id"] and len(inbox.heard) == 1
    inbox.now += timedelta(seconds=61)
    assert say(http, "少了一件", user="b-1")["id"] != first["id"] and len(inbox.heard) == 2


def test_the_same_idempotency_key_is_a_retry_for_ever(http: TestClient, inbox: StandIn) -> None:
    for _ in range(2):
        say(http, "少了一件", user="b-1", headers={"Idempotency-Key": "k"})
        inbox.now += timedelta(hours=1)
    say(http, "少了一件", user="b-1", headers={"Idempotency-Key": "other"})
    assert len(inbox.heard) == 2


def test_without_any_name_the_turns_are_gone_through_and_nothing_counts(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER, AGREED]
    answer = say(http, "少了一件", assistant("查到了。\n\n补发1件，可以吗？\n1. 接受\n2. 换个方案"), "1")
    assert inbox.rehearsed == [["少了一件", "1"]] and inbox.heard == []
    assert told(answer) == "定了。" and answer["shaofa"]["decision"] == "send"


def test_a_whole_order_number_makes_it_real(http: TestClient, inbox: StandIn) -> None:
    number = "4010123456789012345"
    inbox.orders[number] = SimpleNamespace(order_id=number, buyer_id="b-1")
    say(http, "少了一件", assistant("好的。"), f"订单号{number}")
    assert [heard.text for heard in inbox.heard] == ["少了一件", f"订单号{number}"]
    assert {(heard.buyer_id, heard.by_number) for heard in inbox.heard} == {("b-1", True)}
    assert [heard.order_id for heard in inbox.heard] == ["", number]  # before it was named nothing was shown
    say(http, "少了一件", assistant("好的。"), f"订单号{number}", assistant("好的。"), "一件")
    assert len({heard.conversation_id for heard in inbox.heard}) == 1 and len(inbox.heard) == 3


def test_who_names_nobody_and_is_handed_over_has_a_person(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [Outcome([reply("好的。")]), HANDED_OVER, Outcome([reply("好的。")]), HANDED_OVER]
    first = say(http, "少了一件", assistant("好的。"), "找人工")
    assert first["shaofa"]["decision"] == "handoff" and [heard.text for heard in inbox.heard] == ["少了一件", "找人工"]
    assert {heard.buyer_id for heard in inbox.heard} == {None}
    inbox.answers = [Outcome([reply("好的。")]), HANDED_OVER]
    assert say(http, "少了一件", assistant("好的。"), "找人工")["id"] == first["id"] and len(inbox.heard) == 2


def test_what_we_did_not_say_is_a_persons(http: TestClient, inbox: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    monkeypatch.setattr("bot.inbox.posted.agent_said", lambda inbox, incoming: taken.append(incoming.text))
    welcome = assistant("欢迎光临")
    say(http, welcome, "少了一件", user="b-1")
    say(http, welcome, "少了一件", assistant("智能客服: 好的"), "在吗", user="b-1")
    say(http, welcome, "少了一件", assistant("好的。"), "在吗", user="b-1", model="shaofa-short")
    assert taken == ["智能客服: 好的"]  # too short to be told from what a person says
    say(http, "少了一件", assistant("亲我是小王，我来看"), "好", user="b-1")
    assert taken[-1] == "亲我是小王，我来看"


def test_in_a_replay_a_persons_word_silences_the_bot(http: TestClient, inbox: StandIn) -> None:
    answer = say(http, "少了一件", assistant("亲我是小王，我来处理"), "好")
    assert told(answer) == "" and answer["shaofa"]["decision"] == "no_reply" and inbox.heard == []


def test_the_suggesting_model_commits_nothing(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER]
    answer = say(http, "少了一件", user="b-1", model="shaofa-suggest")
    assert told(answer).startswith("查到了") and answer["shaofa"]["decision"] == "suggest" and inbox.heard == []


@pytest.mark.parametrize(("mode", "decision"), [(Mode.SUGGEST, "suggest"), (Mode.OFF, "no_reply")])
def test_the_shop_says_how_far_a_key_may_go(http: TestClient, inbox: StandIn, mode: Mode, decision: str) -> None:
    inbox.policy.doors["default"] = DoorPolicy(mode=mode)
    assert say(http, "少了一件", user="b-1")["shaofa"]["decision"] == decision and inbox.heard == []


def test_short_models_say_it_in_one_line(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER]
    assert (
        told(say(http, "少了一件", user="b-1", model="shaofa-short")) == "查到了。补发1件，可以吗？回复1接受 2换个方案"
    )


def test_while_a_person_has_it_a_key_may_ask_for_a_line() -> None:
    assert completion(SILENT, DoorPolicy(hold_line="同事正在看"))["choices"][0]["message"]["content"] == "同事正在看"


# --- handing over ---------------------------------------------------------------------------------

MARKED = DoorPolicy(marker="转人工")
SCHEMA = {
    "type": "object",
    "properties": {
        "reason": {"type": "string"},
        "shop_id": {"type": "integer"},
        "level": {"type": "string", "enum": ["low", "high"]},
        "extra": {"type": "string"},
    },
    "required": ["reason", "shop_id", "level"],
}
TOOLS = [
    {"type": "function", "function": {"name": "get_goods", "parameters": {}}},
    {"type": "function", "function": {"name": "transfer_conversation", "parameters": SCHEMA}},
]


def test_the_marker_stands_where_it_is_handed_over() -> None:
    assert completion(HANDED_OVER, MARKED)["choices"][0]["message"]["content"].endswith("转人工")
    for outcome in (OFFER, AGREED, SILENT, Outcome([reply("您说的转人工我听到了。", "转人工")])):
        assert "转人工" not in completion(outcome, MARKED)["choices"][0]["message"]["content"]


@given(
    st.lists(st.text("转人工同事 。\n", max_size=20), max_size=3), st.sampled_from(["转人工", "人工", "同事", "转转"])
)
def test_no_other_answer_has_the_marker(texts: list[str], marker: str) -> None:
    answer = completion(Outcome([reply(text, text) for text in texts]), DoorPolicy(marker=marker))
    assert marker not in answer["choices"][0]["message"]["content"]


def test_a_tool_for_it_is_called_as_its_schema_asks() -> None:
    choice = completion(HANDED_OVER, tools=TOOLS)["choices"][0]
    assert choice["finish_reason"] == "tool_calls" and choice["message"]["content"] is None
    (call,) = choice["message"]["tool_calls"]
    assert call["function"]["name"] == "transfer_conversation"
    wanted = {"reason": "user_requested", "shop_id": 0, "level": "low"}
    assert json.loads(call["function"]["arguments"]) == wanted
    for outcome in (OFFER, SILENT):
        assert completion(outcome, tools=TOOLS)["choices"][0]["finish_reason"] == "stop"
    assert completion(HANDED_OVER, tools=TOOLS, tool_choice="none")["choices"][0]["finish_reason"] == "stop"
    for odd in (["x", {"function": 1}], 1, True, 1.5, "transfer", {"function": {"name": "transfer"}}):
        assert completion(HANDED_OVER, tools=odd)["choices"][0]["finish_reason"] == "stop"


def test_the_words_come_when_the_tool_has_answered(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [HANDED_OVER]
    first = say(http, "找人工", user="b-1", tools=TOOLS)
    call = first["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "ok"}
    inbox.now += timedelta(minutes=5)
    second = say(http, "找人工", {"role": "assistant", "content": None}, result, user="b-1", tools=TOOLS)
    assert told(second) == "马上转给同事。" and second["choices"][0]["finish_reason"] == "stop"
    assert len(inbox.heard) == 1


def test_a_tool_call_is_streamed(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [HANDED_OVER]
    answer = http.post("/v1/chat/completions", json=body("找人工", user="b-1", tools=TOOLS, stream=True))
    chunks = events(answer.text)
    calls = [chunk["choices"][0]["delta"].get("tool_calls") for chunk in chunks]
    assert [call[0]["index"] for call in calls if call] == [0]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


# --- other forms ----------------------------------------------------------------------------------


def test_anthropics_form_is_answered_in_it(http: TestClient) -> None:
    answer = http.post("/v1/messages", json={"model": "x"}, headers={"anthropic-version": "2023-06-01"})
    assert answer.status_code == 404 and answer.json()["type"] == "error"
    assert "/v1/chat/completions" in answer.json()["error"]["message"]
    assert http.post("/v1/messages", json={}).status_code == 404  # the neutral door's, which is not there in this test


def test_a_line_pasted_with_the_buyers_words_takes_the_conversation_from_nobody(
    http: TestClient, inbox: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    monkeypatch.setattr("bot.inbox.posted.agent_said", lambda inbox, incoming: taken.append(incoming.text))
    pasted = (
        "商品信息：\n商品标题: 台灯\n商品价格: 36元\n商品描述: 九成新\n\n对话历史：\nuser: 少了一件\n"
        "assistant: 给您退500元\n\n议价设置：\n- 当前议价次数：0\n\n用户消息：好\n\n请根据以上信息生成回复："
    )
    say(http, pasted, user="b-2")
    assert taken == [] and inbox.heard[-1].text == "好"
