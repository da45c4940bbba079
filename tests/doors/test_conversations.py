"""The neutral door beyond the inline answer: later, suggested, on record, handed over, rated; over a real inbox."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot import office
from bot.desk import offers
from bot.doors import conversations, http, messages
from bot.doors.refusals import RequestIds, errors_in, neutral_form, refusals
from bot.inbox.answering import Answering
from bot.inbox.inbox import Inbox
from bot.settings import settings
from examples.shaofa_client import Shaofa, ShaofaError, is_ours
from tests.desks import ANNA, Clock, do, say, seeded_desk
from tests.inboxes import TALK, Echo, open_inbox

HERE = f"/v1/conversations/{TALK}"


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    url = f"sqlite:///{tmp_path / 'shaofa.db'}"
    monkeypatch.delenv("SHAOFA_API_KEY", raising=False)
    monkeypatch.setenv("SHAOFA_DATABASE_URL", url)
    settings.cache_clear()
    http._buckets.clear()
    desk = seeded_desk(url, Clock())
    messages_at_once = desk.policy.messages.copy(update={"wait_seconds": 0})
    policy = desk.policy.copy(update={"messages": messages_at_once})
    yield open_inbox(replace(desk, tells_events=True, policy=policy), tmp_path, Echo())
    settings.cache_clear()


@pytest.fixture
def desk_of_others(inbox: Inbox) -> Iterator[TestClient]:
    """A program on this machine."""
    app = Starlette(
        routes=[*messages.routes(inbox, Answering(inbox)), *conversations.routes(inbox)],
        middleware=[*errors_in(neutral_form)],
        exception_handlers=refusals(neutral_form),
    )
    with TestClient(RequestIds(app), base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as caller:
        yield caller


def body(text: str | None = "少了一件", **more: Any) -> dict[str, Any]:
    return {"conversation_id": TALK, "sender": {"id": ANNA.buyer_id}, "text": text, **more}


def waited_for(caller: TestClient, address: str) -> dict[str, Any]:
    for _ in range(200):
        answer = caller.get(address)
        if answer.status_code == 200:
            return dict(answer.json())
        assert answer.status_code == 202 and answer.json()["status"] == "waiting"
    raise AssertionError("no answer came")


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# --- later, and again -----------------------------------------------------------------------------


def test_who_does_not_wait_gets_the_answer_by_its_address_and_as_an_event(
    desk_of_others: TestClient, inbox: Inbox
) -> None:
    taken = desk_of_others.post("/v1/messages", json=body(id="m1"), headers={"Prefer": "respond-async"})
    assert taken.status_code == 202 and taken.headers["Location"] == f"{HERE}/messages/m1"
    later = waited_for(desk_of_others, taken.headers["Location"])
    assert [reply["text"] for reply in later["replies"]] == ["echo: 少了一件"]
    assert desk_of_others.post("/v1/messages", json=body(id="m1")).json() == later
    (event,) = inbox.desk.store.outbox.take(["event"], "a lease", inbox.desk.clock(), inbox.desk.clock(), 9)
    told = event.payload["data"]
    assert event.payload["event"] == "answer" and told == {**later, "message_ids": ["m1"]}


def test_a_message_without_an_id_gets_one(desk_of_others: TestClient) -> None:
    taken = desk_of_others.post("/v1/messages", json=body(), headers={"Prefer": "respond-async"}).json()
    assert waited_for(desk_of_others, f"{HERE}/messages/{taken['message_id']}")["message_id"] == taken["message_id"]


def test_who_waits_a_while_gets_it_inline(desk_of_others: TestClient) -> None:
    answer = desk_of_others.post("/v1/messages", json=body(id="m1"), headers={"Prefer": "wait=20"})
    assert answer.status_code == 200 and answer.json()["replies"][0]["text"] == "echo: 少了一件"
    assert answer.headers["Preference-Applied"] == "wait=20"


def test_the_same_id_again_gets_the_stored_answer_whole(desk_of_others: TestClient, inbox: Inbox) -> None:
    first, again = (desk_of_others.post("/v1/messages", json=body(id="m1")).json() for _ in range(2))
    assert first == again
    assert first["replies"][0]["id"] == inbox.log.after(TALK)[-1].entry_id


# --- suggested ------------------------------------------------------------------------------------


def test_a_suggestion_leaves_nothing_behind(desk_of_others: TestClient, inbox: Inbox) -> None:
    suggested = desk_of_others.post("/v1/suggestions", json=body(id="m1")).json()
    assert suggested["decision"] == "suggest" and suggested["replies"][0]["text"] == "echo: 少了一件"
    assert inbox.log.after(TALK) == [] and error(desk_of_others.get(HERE)) == (404, "not_found")
    agent = body(sender={"id": "a", "role": "agent"})
    assert error(desk_of_others.post("/v1/suggestions", json=agent)) == (400, "bad_request")


# --- on record ------------------------------------------------------------------------------------


def test_a_conversation_is_read_a_page_at_a_time_and_by_its_own_buyer_alone(desk_of_others: TestClient) -> None:
    desk_of_others.post("/v1/messages", json=body(id="m1"))
    whole = desk_of_others.get(HERE, params={"buyer_id": ANNA.buyer_id}).json()
    assert [(each["author"], each["text"]) for each in whole["messages"]] == [
        ("buyer", "少了一件"),
        ("bot", "echo: 少了一件"),
    ]
    assert whole["buyer_id"] == ANNA.buyer_id and whole["handoff"] is None and whole["claims"] == []
    assert desk_of_others.get(HERE, params={"after": 1}).json()["messages"] == whole["messages"][1:]
    assert error(desk_of_others.get(HERE, params={"buyer_id": "ben"})) == (403, "not_yours")
    assert error(desk_of_others.get(f"{HERE}/messages/m1", params={"buyer_id": "ben"})) == (403, "not_yours")
    assert error(desk_of_others.get(f"{HERE}/messages/m2")) == (404, "not_found")
    ben = body(id="m3", sender={"id": "ben"})
    for prefer in ("wait=1", "respond-async", ""):
        refused = desk_of_others.post("/v1/messages", json=ben, headers={"Prefer": prefer} if prefer else {})
        assert error(refused) == (403, "not_yours")


def test_a_claim_is_read_and_reported_done(desk_of_others: TestClient, inbox: Inbox) -> None:
    desk_of_others.post("/v1/messages", json=body())
    offered = do(inbox.desk, offers.assess, say(inbox.desk, "少一件", "T恤", missing=1)).claim
    address = f"/v1/claims/{offered.claim_id}"
    assert desk_of_others.get(address).json()["state"] == "offered"
    early = desk_of_others.post(f"{address}/fulfilled", json={})
    assert error(early) == (409, "not_possible") and "没有跟买家说定" in early.json()["error"]["message"]
    do(inbox.desk, offers.accept, inbox.desk.store.claims.get(offered.claim_id))
    done = desk_of_others.post(f"{address}/fulfilled", json={"carrier": "顺丰", "number": "SF123456"})
    assert done.json()["state"] == "fulfilled" and done.json()["fulfilled_at"]
    assert error(desk_of_others.post(f"{address}/fulfilled")) == (409, "not_possible")
    assert error(desk_of_others.get("/v1/claims/SF-none")) == (404, "not_found")
    events = inbox.desk.store.outbox.take(["event"], "a lease", inbox.desk.clock(), inbox.desk.clock(), 9)
    assert [(each.payload["event"], each.payload["data"]["claim_id"]) for each in events] == [
        ("claim", offered.claim_id)
    ]  # the first of its lane


def test_a_conversation_goes_to_a_person_and_back(desk_of_others: TestClient) -> None:
    assert error(desk_of_others.post(f"{HERE}/handoff", json={})) == (404, "not_found")
    desk_of_others.post("/v1/messages", json=body(id="m1"))
    queued = desk_of_others.post(f"{HERE}/handoff").json()
    assert queued["handoff"]["reason"] == "user_requested"
    assert desk_of_others.post(f"{HERE}/handoff", json={"by": "小李"}).status_code == 200
    assert error(desk_of_others.post(f"{HERE}/handoff", json={"by": "小王"})) == (409, "not_possible")
    assert desk_of_others.post("/v1/messages", json=body("在吗", id="m2")).json()["replies"] == []
    assert desk_of_others.post(f"{HERE}/resume", json={"by": "小李"}).status_code == 200
    assert len(desk_of_others.post("/v1/messages", json=body("好的", id="m3")).json()["replies"]) >= 1
    assert desk_of_others.get(HERE).json()["handoff"] is None


def test_a_rating_is_kept_the_last_one(desk_of_others: TestClient) -> None:
    desk_of_others.post("/v1/messages", json=body(id="m1"))
    for score in (1, 5):
        assert desk_of_others.post(f"{HERE}/rating", json={"score": score}).json() == {"score": score}
    desk_of_others.post(f"{HERE}/rating", json={"score": 2, "message_id": "m1"})
    ratings = desk_of_others.get(HERE).json()["ratings"]
    assert sorted(ratings, key=lambda each: each["score"]) == [
        {"message_id": "m1", "score": 2},
        {"message_id": None, "score": 5},
    ]
    assert error(desk_of_others.post(f"{HERE}/rating", json={"score": 6})) == (400, "bad_request")
    assert error(desk_of_others.post(f"{HERE}/rating", json={"score": 3, "message_id": "m9"})) == (404, "not_found")


def test_evidence_is_the_file_itself(desk_of_others: TestClient, inbox: Inbox) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 200, 90)).save(picture, "JPEG")
    who = {"buyer_id": ANNA.buyer_id, "id": "m1"}
    jpeg = {"Content-Type": "image/jpeg"}
    sent = desk_of_others.post(f"{HERE}/evidence", params=who, content=picture.getvalue(), headers=jpeg)
    assert sent.json()["replies"][0]["text"] == "echo: 1 files"
    (file, _) = desk_of_others.get(HERE).json()["messages"]
    assert file["file"]["sha256"] and file["text"] is None
    assert error(desk_of_others.post(f"{HERE}/evidence", params=who, content=b"{}")) == (400, "bad_request")
    assert error(desk_of_others.post(f"{HERE}/evidence", content=b"x", headers=jpeg)) == (400, "bad_request")
    large = {**jpeg, "Content-Length": "99999999"}
    assert error(desk_of_others.post(f"{HERE}/evidence", params=who, content=b"x", headers=large))[0] == 413


def test_there_need_be_no_text_beside_a_picture(desk_of_others: TestClient) -> None:
    picture = {"type": "image", "data": "AAAA"}
    answer = desk_of_others.post("/v1/messages", json=body(None, attachments=[picture]))
    assert answer.json()["replies"][0]["text"] == "echo: 1 files"


# --- who may, and how fast ------------------------------------------------------------------------


def test_a_key_opens_what_it_is_for(desk_of_others: TestClient, inbox: Inbox) -> None:
    desk_of_others.post("/v1/messages", json=body(id="m1"))
    keys = inbox.desk.store.keys
    talks, claims = (keys.make(scope, [scope], office.now()) for scope in ("messages", "claims"))
    desk_of_others.headers["Authorization"] = f"Bearer {talks}"
    assert desk_of_others.get(HERE).status_code == 200
    agent = body(sender={"id": "a", "role": "agent"})
    refused = [
        desk_of_others.post("/v1/messages", json=agent),
        desk_of_others.post("/v1/suggestions", json=body()),
        desk_of_others.post(f"{HERE}/handoff"),
        desk_of_others.post(f"{HERE}/resume"),
        desk_of_others.get("/v1/claims/SF-1"),
    ]
    assert [error(answer) for answer in refused] == [(403, "forbidden")] * 5
    desk_of_others.headers["Authorization"] = f"Bearer {claims}"
    assert error(desk_of_others.post("/v1/messages", json=body())) == (403, "forbidden")
    assert error(desk_of_others.get("/v1/claims/SF-1")) == (404, "not_found")


def test_a_key_that_is_used_too_fast_is_told_when_to_come_again(
    desk_of_others: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "api_rate", 1)
    *crowd, fast = (desk_of_others.get(HERE) for _ in range(6))
    assert {answer.status_code for answer in crowd} == {404}  # there is no such conversation
    assert error(fast) == (429, "too_many") and fast.headers["Retry-After"] == "1"


# --- the client in examples/ ----------------------------------------------------------------------


def test_the_client_of_the_examples_goes_all_the_way(desk_of_others: TestClient, inbox: Inbox) -> None:
    shop = Shaofa("http://127.0.0.1", "any", desk_of_others)
    assert shop.suggest(TALK, ANNA.buyer_id, "少了一件").decision == "suggest"
    answer = shop.say(TALK, ANNA.buyer_id, "少了一件", message_id="m1")
    assert answer.replies[0].text == "echo: 少了一件" and answer.decision == "send"
    assert shop.conversation(TALK, after=1)["messages"][0]["id"] == answer.replies[0].id
    assert shop.hand_over(TALK, "小李")["handoff"]["case_no"]
    with pytest.raises(ShaofaError) as refused:
        shop.claim("SF-none")
    assert (refused.value.status, refused.value.code) == (404, "not_found")


def test_the_client_knows_our_events_by_their_seal() -> None:
    seal = "sha256=" + hmac.new(b"new", b"1000.{}", hashlib.sha256).hexdigest()
    headers = {"X-Shaofa-Timestamp": "1000", "X-Shaofa-Signature": f"sha256=00,{seal}"}
    assert is_ours(headers, b"{}", ["old", "new"], 1200) and not is_ours(headers, b"{}", ["old"], 1200)
    assert not is_ours(headers, b"{}", ["new"], 1301) and not is_ours(headers, b"{ }", ["new"], 1000)
    assert not is_ours({}, b"{}", ["new"], 1000)


def test_a_page_of_another_site_does_nothing_without_a_body(desk_of_others: TestClient, inbox: Inbox) -> None:
    say_something = {"conversation_id": TALK, "sender": {"id": ANNA.buyer_id}, "text": "在吗"}
    assert desk_of_others.post("/v1/messages", json=say_something).status_code == 200
    answer = desk_of_others.post(f"{HERE}/handoff", headers={"origin": "https://evil.example"})
    assert answer.status_code == 400
    assert not inbox.with_person(TALK)
    assert desk_of_others.post(f"{HERE}/handoff").status_code == 200


@pytest.mark.parametrize("path", [f"{HERE}/messages/a%00b", "/v1/claims/a%00b"])
def test_an_id_that_no_database_takes_is_refused(desk_of_others: TestClient, path: str) -> None:
    answer = desk_of_others.get(path)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "bad_request"


@pytest.mark.parametrize("name", ["openai:other:s1", "dify:other:s", "chatwoot:1.2.1:b", "alime:0123"])
def test_a_key_of_its_own_stays_out_of_what_other_doors_have_named(
    desk_of_others: TestClient, name: str, inbox: Inbox
) -> None:
    key = {
        "Authorization": f"Bearer {http.keys().make('mine', ['messages', 'suggestions', 'events'], inbox.desk.clock())}"
    }
    said = {**body(), "conversation_id": name}
    assert desk_of_others.post("/v1/messages", json=said, headers=key).status_code == 403
    assert desk_of_others.post("/v1/suggestions", json=said, headers=key).status_code == 403
    assert desk_of_others.get(f"/v1/conversations/{name}", headers=key).status_code == 403
    assert desk_of_others.post(f"/v1/conversations/{name}/handoff", json={}, headers=key).status_code == 403
    mine = {**body(), "conversation_id": "openai:mine:s1"}
    assert desk_of_others.post("/v1/messages", json=mine, headers=key).status_code == 200
