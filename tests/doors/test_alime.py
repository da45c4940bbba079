"""小蜜's form: what the door makes of a request and of an answer. With the official SDK: ``test_sdks.py``."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bot.doors import demo
from bot.doors.acs3 import ALGORITHM, Signed, canonical_request, rpc_signature, signature
from bot.doors.alime import as_messages, order_of, routes
from bot.inbox.model import Outcome
from bot.settings import settings
from tests.doors.standin import AGREED, HANDED_OVER, HANDOFF, OFFER, SILENT, StandIn, client, reply

KEY_ID, SECRET = "LTAI-test", "a secret"


@pytest.fixture
def inbox(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


@pytest.fixture
def http(inbox: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("SHAOFA_ALIME_KEY_ID", KEY_ID)
    monkeypatch.setenv("SHAOFA_ALIME_KEY_SECRET", SECRET)
    settings.cache_clear()
    yield client(routes(inbox))
    settings.cache_clear()


def call(
    http: TestClient, action: str = "Chat", *, body: bytes = b"", version: str = "2022-04-08", **given: str
) -> Response:
    query = urlencode(given)
    headers = {
        "host": "127.0.0.1",
        "x-acs-action": action,
        "x-acs-version": version,
        "x-acs-date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": uuid.uuid4().hex,
    }
    if body:
        headers["content-type"] = "application/x-www-form-urlencoded"
    request = Signed("POST", "/", query, list(headers.items()), body)
    headers["x-acs-content-sha256"] = canonical_request(request, []).rsplit("\n", 1)[1]
    request = Signed("POST", "/", query, list(headers.items()), body)
    seal, names = signature(SECRET, canonical_request(request, headers)), ";".join(sorted(headers))
    headers["authorization"] = f"{ALGORITHM} Credential={KEY_ID},SignedHeaders={names},Signature={seal}"
    return http.post(f"/?{query}", content=body, headers=headers)


def said(answer: Response) -> list[str]:
    return [message["Text"]["Content"] for message in answer.json()["Messages"] if message["AnswerType"] == "Text"]


def recommended(answer: Response) -> dict[str, str]:
    return {
        choice["Title"]: choice["KnowledgeId"]
        for message in answer.json()["Messages"]
        for choice in message.get("Recommends", [])
    }


# --- in -------------------------------------------------------------------------------------------


def test_parameters_come_in_the_query_or_a_form() -> None:
    form = [("content-type", "application/x-www-form-urlencoded")]
    both = Signed("POST", "/", "Utterance=%E5%B0%91&SessionId=1", form, "SessionId=2&SenderId=买家".encode())
    assert both.parameters == {"Utterance": "少", "SessionId": "1", "SenderId": "买家"}
    assert Signed("POST", "/", "", [], b"SessionId=2").parameters == {}


@pytest.mark.parametrize(
    ("vendor_param", "order_id"),
    [
        ('{"order_id": "T1", "phone": "1"}', "T1"),
        ('{"order_id": 123}', "123"),
        ("{}", None),
        ("", None),
        ("no json", None),
        ("[1]", None),
        ('"T1"', None),
        ('{"order_id": null}', None),
        ('{"order_id": "\\u0000"}', None),
        ("[" * 100_000, None),
    ],
)
def test_the_desk_names_the_order(vendor_param: str, order_id: str | None) -> None:
    assert order_of(vendor_param) == order_id


@given(st.text())
def test_whatever_the_desk_puts_there_is_no_crash(vendor_param: str) -> None:
    assert order_of(vendor_param) is None or json.loads(vendor_param)["order_id"]


# --- out ------------------------------------------------------------------------------------------


def test_words_and_choices_are_messages_of_their_own() -> None:
    first, second, choices = as_messages(OFFER, {})
    assert [message["AnswerType"] for message in (first, second, choices)] == ["Text", "Text", "Recommend"]
    assert first["Text"]["Content"] == "查到了。" and first["Text"]["ContentType"] == "PLAIN_TEXT"
    assert second["Text"]["IntentName"] == "report_short_shipment"
    assert [choice["Title"] for choice in choices["Recommends"]] == ["接受", "换个方案"]


def test_a_handoff_is_a_command_beside_the_line_to_the_buyer() -> None:
    (message,) = as_messages(HANDED_OVER, {})
    assert message["Text"]["Content"] == "马上转给同事。"
    command = json.loads(message["Text"]["Commands"]["sysToAgent"])
    assert command == {"skillGroup": "", "ext": HANDOFF["summary"], "toAgentReason": "user_requested"}


def test_while_a_person_has_it_there_is_no_message() -> None:
    assert as_messages(SILENT, {}) == []


@given(st.lists(st.tuples(st.text(max_size=9), st.lists(st.text(min_size=1, max_size=9), max_size=3)), max_size=3))
def test_nothing_said_is_lost(replies: list[tuple[str, list[str]]]) -> None:
    messages = as_messages(Outcome([reply(text, *titles) for text, titles in replies]), {})
    texts = [message["Text"]["Content"] for message in messages if message["AnswerType"] == "Text"]
    titles = [choice["Title"] for message in messages for choice in message.get("Recommends", [])]
    assert texts == [text for text, _ in replies]
    assert titles == [title for _, row in replies for title in row]


# --- over HTTP ------------------------------------------------------------------------------------


def test_a_conversation_goes_on_with_the_session_that_was_given(http: TestClient, inbox: StandIn) -> None:
    order = json.dumps({"order_id": "T1"})
    first = call(http, InstanceId="i", Utterance="少了一件", SenderId="b-1", VendorParam=order).json()
    assert first["RequestId"] is not None and first["MessageId"] and 0 < len(first["SessionId"]) <= 64
    second = call(http, Utterance="T恤", SenderId="b-1", SessionId=first["SessionId"]).json()
    assert second["SessionId"] == first["SessionId"]
    heard = inbox.heard
    assert [one.text for one in heard] == ["少了一件", "T恤"]
    assert heard[0].conversation_id == heard[1].conversation_id
    assert (heard[0].buyer_id, heard[0].order_id, heard[0].channel) == ("b-1", "T1", "alime")
    call(http, Utterance="在吗", SenderId="b-2", SessionId=first["SessionId"])
    assert heard[2].conversation_id != heard[0].conversation_id  # another buyer's session is not theirs


def test_a_click_says_what_was_offered(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER, AGREED]
    offered = call(http, Utterance="少了一件", SessionId="s")
    assert said(call(http, KnowledgeId=recommended(offered)["接受"], SessionId="s")) == ["定了。"]
    assert inbox.heard[-1].text == "接受"


def test_a_number_does_too(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER]
    call(http, Utterance="少了一件", SessionId="s")
    call(http, Utterance="第二个", SessionId="s")
    assert inbox.heard[-1].text == "换个方案"


def test_a_click_on_what_no_longer_stands_agrees_to_nothing(http: TestClient, inbox: StandIn) -> None:
    better = Outcome([reply("退您20元，可以吗？", "接受", "换个方案")])
    inbox.answers = [OFFER, better]
    old = recommended(call(http, Utterance="少了一件", SessionId="s"))
    new = recommended(call(http, Utterance="换个方案", SessionId="s"))
    answer = call(http, KnowledgeId=old["接受"], SessionId="s")
    assert "过期" in said(answer)[0] and recommended(answer) == new
    assert [one.text for one in inbox.heard] == ["少了一件", "换个方案"]
    call(http, KnowledgeId=old["接受"], Utterance="我再想想", SessionId="s")
    assert inbox.heard[-1].text == "我再想想"


def test_an_old_click_does_not_break_the_silence(http: TestClient, inbox: StandIn) -> None:
    inbox.person = HANDOFF
    assert call(http, KnowledgeId="1", SessionId="s").json()["Messages"] == []


def test_begin_session_greets(http: TestClient, inbox: StandIn) -> None:
    answer = call(http, "BeginSession", body=urlencode({"InstanceId": "i", "SessionId": "会话"}).encode()).json()
    assert "小店" in answer["WelcomeMessage"] and inbox.heard == []


@pytest.mark.parametrize(
    ("given", "code", "status"),
    [
        ({}, "MissingUtterance", 400),
        ({"Utterance": "", "SessionId": "s"}, "MissingUtterance", 400),
        ({"Utterance": "x", "SessionId": "s" * 65}, "InvalidSessionId", 400),
        ({"Utterance": "x", "SenderId": "b" * 129}, "InvalidSenderId", 400),
        ({"Utterance": "x", "SenderId": "b\n"}, "InvalidSenderId", 400),
    ],
)
def test_a_wrong_parameter_is_named(
    http: TestClient, inbox: StandIn, given: dict[str, str], code: str, status: int
) -> None:
    answer = call(http, **given)
    assert (answer.status_code, answer.json()["Code"]) == (status, code)
    assert set(answer.json()) == {"RequestId", "Code", "Message", "HostId"}
    assert inbox.heard == []


def test_other_actions_and_versions_are_not_ours(http: TestClient) -> None:
    other = call(http, "Delete")
    assert (other.status_code, other.json()["Code"]) == (404, "InvalidAction.NotFound")
    assert call(http, version="2016-01-01", Utterance="x").json()["Code"] == "InvalidVersion"


def test_an_unsigned_request_is_refused(http: TestClient, inbox: StandIn) -> None:
    assert http.post("/", headers={"host": "["}).status_code == 400
    answer = http.post("/?Utterance=x", headers={"x-acs-action": "Chat"})
    assert (answer.status_code, answer.json()["Code"]) == (400, "IncompleteSignature")
    assert inbox.heard == []


def test_without_our_keys_the_door_is_closed(inbox: StandIn) -> None:
    settings.cache_clear()
    answer = call(client(routes(inbox)), Utterance="x")
    assert (answer.status_code, answer.json()["Code"]) == (404, "InvalidAccessKeyId.NotFound")


def test_a_plain_get_stays_the_demo_page(inbox: StandIn) -> None:
    both = client([*routes(inbox), *demo.routes(inbox)])
    assert "text/html" in both.get("/").headers["content-type"]
    assert both.post("/").json()["Code"] == "IncompleteSignature"


def test_what_nobody_expected_is_said_in_alibabas_form(
    http: TestClient, inbox: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Any) -> Outcome:
        raise RuntimeError("no")

    monkeypatch.setattr(inbox, "handle", broken)
    answer = call(http, Utterance="x")
    assert (answer.status_code, answer.json()["Code"]) == (500, "InternalError")


# --- the other calls, and the older version -------------------------------------------------------


def test_the_older_version_says_type(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER]
    answer = call(http, version="2017-10-11", Utterance="少了一件").json()
    assert [message["Type"] for message in answer["Messages"]] == ["Text", "Text", "Recommend"]
    assert call(http, "Nlu", version="2017-10-11", Utterance="少了一件").json()["Code"] == "InvalidAction.NotFound"


def test_older_sdks_ask_by_get_and_the_page_stays_the_pages(http: TestClient) -> None:
    given = {
        "Action": "Chat",
        "Version": "2017-10-11",
        "AccessKeyId": KEY_ID,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Utterance": "少了一件",
    }
    given["Signature"] = rpc_signature(SECRET, "GET", given)
    assert said(http.get("/", params=given)) == ["好的。"]
    assert http.get("/", params=given).json()["Code"] == "SignatureNonceUsed"
    assert http.get("/").status_code == 405


def test_the_desks_group_goes_by_the_reason() -> None:
    def group(groups: dict[str, str]) -> str:
        (message,) = as_messages(HANDED_OVER, groups)
        return str(json.loads(message["Text"]["Commands"]["sysToAgent"])["skillGroup"])

    mine = {"default": "12", "user_requested": "7"}
    assert [group(each) for each in ({}, {"default": "12"}, mine)] == ["", "12", "7"]


def test_a_claim_fills_the_slots() -> None:
    claim = {
        "order_id": "1",
        "lines": [{"title": "T恤", "ordered": 3, "received": 2, "missing": 1}],
        "offer": {"remedy": "refund", "amount_fen": 3656},
        "settlement": None,
    }
    (message,) = as_messages(Outcome([reply("好的。")], claim=claim), {})
    slots = {slot["Name"]: slot["Value"] for slot in message["Text"]["Slots"]}
    assert slots == {"order_id": "1", "item": "T恤", "ordered": "3", "received": "2", "missing": "1", "amount": "36.56"}


def test_feedback_is_kept(http: TestClient, inbox: StandIn) -> None:
    form = urlencode({"MessageId": "m-1", "SessionId": "s-1", "Feedback": "bad", "FeedbackContent": "没用"}).encode()
    assert call(http, "Feedback", body=form).json()["Feedback"] == "bad"
    (rating,) = inbox.desk.store.ratings.of("alime:s-1")
    assert (rating.message_id, rating.score, rating.comment) == ("m-1", 1, "没用")
    assert call(http, "Feedback", MessageId="m-1", Feedback="so so").json()["Code"] == "InvalidParameter"


def test_what_can_be_chosen_is_associated(http: TestClient, inbox: StandIn) -> None:
    inbox.answers = [OFFER]
    session = call(http, Utterance="少了一件").json()["SessionId"]
    found = call(http, "Associate", SessionId=session, Utterance="接").json()["Associate"]
    assert found == [{"Title": "接受", "Meta": "接受"}]
    assert call(http, "Associate", Utterance="接").json()["Associate"] == []
    many = call(http, "Associate", SessionId=session, Utterance="接", RecommendNum="9" * 5000)
    assert many.status_code == 200 and len(many.json()["Associate"]) == 1
