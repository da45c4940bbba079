"""The vendor-neutral door, over HTTP against a real server."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from bot.doors.http import JSON_BYTES, LARGE_BYTES
from tests.movies import movie
from tests.server import serve

KEY = "a-key-for-tests"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("door")) as address:
        yield address


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with an API key."""
    with serve(tmp_path_factory.mktemp("locked"), SHAOFA_API_KEY=KEY) as address:
        yield address


@pytest.fixture
def buyer(url: str) -> dict[str, Any]:
    """A demo buyer with orders: ``{"buyer_id", "orders"}``."""
    session: dict[str, Any] = requests.post(f"{url}/demo/session", json={}, timeout=30).json()
    return session


def body(buyer_id: str = "b", text: str = "", **more: Any) -> dict[str, Any]:
    return {"conversation_id": f"c-{buyer_id}", "sender": {"id": buyer_id}, "text": text, **more}


def post(url: str, message: dict[str, Any], **headers: str) -> requests.Response:
    return requests.post(f"{url}/v1/messages", json=message, headers=headers, timeout=60)


def picture() -> str:
    data = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 200, 90)).save(data, "JPEG")
    return base64.b64encode(data.getvalue()).decode()


def order_of(buyer: dict[str, Any], word: str) -> str:
    found: str = next(o["order_id"] for o in buyer["orders"] if any(word in line["title"] for line in o["lines"]))
    return found


def test_a_complaint_is_answered_inline(url: str, buyer: dict[str, Any]) -> None:
    order = order_of(buyer, "T恤")
    answer = post(url, body(buyer["buyer_id"], "少了一件", id="m1", context={"order_id": order})).json()
    assert answer["message_id"] == "m1"
    assert answer["decision"] == "send"
    assert answer["intent"] == "report_short_shipment" and 0 < answer["confidence"] <= 1
    assert "补发" in answer["replies"][-1]["text"]
    assert {"title": "接受", "payload": "接受"} in answer["replies"][-1]["quick_replies"]
    assert answer["case"]["status"] == "offered" and answer["case"]["claim"]["order_id"] == order


def test_the_same_message_twice_changes_nothing(url: str, buyer: dict[str, Any]) -> None:
    order = order_of(buyer, "T恤")
    post(url, body(buyer["buyer_id"], "少了一件", context={"order_id": order}))
    refused = body(buyer["buyer_id"], "不接受", id="once")
    first, second = post(url, refused).json(), post(url, refused).json()
    assert first["case"] == second["case"]
    assert [reply["text"] for reply in first["replies"]] == [reply["text"] for reply in second["replies"]]
    assert first["case"]["claim"]["offer"]["remedy"] == "refund"


def test_an_attachment_is_evidence(url: str, buyer: dict[str, Any]) -> None:
    order = order_of(buyer, "T恤")
    asked = post(url, body(buyer["buyer_id"], "少发了俩", context={"order_id": order})).json()
    assert asked["case"]["missing"] == ["photo"]
    sent = body(buyer["buyer_id"], attachments=[{"type": "image", "data": picture()}])
    answer = post(url, sent).json()
    assert answer["case"]["missing"] == [] and answer["case"]["status"] == "offered"


def post_form(
    url: str, message: dict[str, Any], *files: bytes, field: str = "message", **headers: str
) -> requests.Response:
    parts: list[tuple[str, Any]] = [(field, (None, json.dumps(message)))]
    parts += [("file", ("a.jpg", data, "image/jpeg")) for data in files]
    return requests.post(f"{url}/v1/messages", files=parts, headers=headers, timeout=60)


def test_files_of_a_form_are_evidence(url: str, buyer: dict[str, Any]) -> None:
    order = order_of(buyer, "T恤")
    complaint = body(buyer["buyer_id"], "少发了俩", context={"order_id": order})
    answer = post_form(url, complaint, base64.b64decode(picture()), movie()).json()
    assert answer["case"]["status"] == "offered"
    assert [item["status"] for item in answer["case"]["claim"]["evidence"]] == ["received"] * 2


def test_a_form_is_as_good_as_json(url: str, buyer: dict[str, Any]) -> None:
    assert post_form(url, body(buyer["buyer_id"], "在吗", id="f1")).json()["message_id"] == "f1"
    pdf = post_form(url, body(buyer["buyer_id"]), b"%PDF-1.4").json()
    assert "不像是图片" in pdf["replies"][0]["text"]
    both = body(buyer["buyer_id"], attachments=[{"data": picture()}] * 5)
    assert post_form(url, both, *[b"x"] * 5).status_code == 400


def test_a_form_that_is_none_is_refused(url: str, locked: str) -> None:
    sent = body(text="在吗")
    assert post_form(locked, sent).status_code == 401
    refused = {
        "message": post_form(url, sent, field="text"),
        "9": post_form(url, sent, *[b"x"] * 10),
        "JSON": requests.post(f"{url}/v1/messages", files={"message": (None, "{")}, timeout=30),
        "boundary": requests.post(
            f"{url}/v1/messages", data=b"x", headers={"Content-Type": "multipart/form-data"}, timeout=30
        ),
        "multipart": requests.post(
            f"{url}/v1/messages", data=b"x", headers={"Content-Type": "multipart/form-data; boundary=b"}, timeout=30
        ),
        "field": requests.post(f"{url}/v1/messages", files=[("message", (None, "{}")), ("a", (None, "b"))], timeout=30),
    }
    for word, answer in refused.items():
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request"), answer.text
        assert word in answer.json()["error"]["message"]
    long = post_form(url, body(text="x" * JSON_BYTES))
    assert (long.status_code, long.json()["error"]["code"]) == (413, "too_large")


def test_a_page_cannot_post_a_form(url: str) -> None:
    """Browsers let any page send one, and say where it comes from."""
    for origin in ("https://evil.example", "null", url):
        assert post_form(url, body(text="在吗"), Origin=origin).status_code == 403


@pytest.mark.parametrize("data", ["no base64!", "", None, base64.b64encode(b"%PDF-1.4").decode()])
def test_a_bad_attachment_is_answered_in_the_buyers_words(url: str, buyer: dict[str, Any], data: str | None) -> None:
    answer = post(url, body(buyer["buyer_id"], attachments=[{"type": "image", "data": data}]))
    assert answer.status_code == 200
    text = "".join(reply["text"] for reply in answer.json()["replies"])
    assert "再发一次" in text or "不像是图片" in text or "没收齐" in text


def test_a_person_who_types_takes_over(url: str, buyer: dict[str, Any]) -> None:
    post(url, body(buyer["buyer_id"], "少了一件", context={"order_id": order_of(buyer, "T恤")}))
    agent = body(buyer["buyer_id"], "我来处理")
    agent["sender"]["role"] = "agent"
    assert post(url, agent).json()["replies"] == []
    answer = post(url, body(buyer["buyer_id"], "好的")).json()
    assert answer["replies"] == [] and answer["decision"] == "handoff"
    assert answer["handoff"]["reason"] == "agent_took_over"
    assert answer["case"]["status"] == "handed_off"


def test_another_buyers_order_is_not_shown(url: str, buyer: dict[str, Any]) -> None:
    other = requests.post(f"{url}/demo/session", json={}, timeout=30).json()
    order = order_of(other, "足金项链")
    answer = post(url, body(buyer["buyer_id"], f"订单{order}少发了", context={"order_id": order})).json()
    assert "没查到" in "".join(reply["text"] for reply in answer["replies"])
    assert answer["case"]["claim"]["order_id"] is None
    assert "项链" not in str(answer["replies"][0]["text"])


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({}, "conversation_id"),
        ({"conversation_id": "c"}, "sender"),
        ({"conversation_id": "", "sender": {"id": "b"}}, "conversation_id"),
        ({"conversation_id": "c" * 129, "sender": {"id": "b"}}, "conversation_id"),
        ({"conversation_id": "c", "sender": {"id": "b", "role": "king"}}, "sender.role"),
        ({"conversation_id": "\ud800", "sender": {"id": "b"}}, "conversation_id"),
        ({"conversation_id": "c", "sender": {"id": "b"}, "id": "\ud800"}, "id"),
        ({"conversation_id": "c", "sender": {"id": "b\0"}}, "sender.id"),
        ({"conversation_id": "c", "sender": {"id": "b"}, "context": {"order_id": "\0"}}, "context.order_id"),
        ({"conversation_id": "c", "sender": {"id": "b"}, "text": ["x"]}, "text"),
        ({"conversation_id": "c", "sender": {"id": "b"}, "attachments": [{}] * 10}, "attachments"),
    ],
)
def test_a_wrong_field_is_named(url: str, message: dict[str, Any], field: str) -> None:
    answer = post(url, message)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["message"]


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(url: str, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{url}/v1/messages", data=raw, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]


def event(buyer_id: str, name: str, **more: Any) -> dict[str, Any]:
    sent = body(buyer_id, type="event", event=name, **more)
    sent["sender"] = {"id": "desk", "role": "system"}
    return sent


def test_the_desk_says_that_the_platform_has_stepped_in(url: str, buyer: dict[str, Any]) -> None:
    post(url, body(buyer["buyer_id"], "少了一件", context={"order_id": order_of(buyer, "T恤")}))
    for _ in range(2):
        answer = post(url, event(buyer["buyer_id"], "platform_stepped_in", id="e1")).json()
        assert (answer["decision"], answer["replies"]) == ("handoff", [])
        assert answer["handoff"]["reason"] == "platform_stepped_in"
        assert answer["case"]["status"] == "escalated" and answer["case"]["claim"]["offer"] is not None
    silent = post(url, body(buyer["buyer_id"], "接受")).json()
    assert (silent["decision"], silent["replies"]) == ("handoff", [])
    assert silent["case"]["status"] == "escalated"


def test_the_platform_may_step_in_before_anything_was_said(url: str) -> None:
    answer = post(url, event("nobody-yet", "platform_stepped_in")).json()
    assert (answer["decision"], answer["case"]) == ("handoff", None)
    assert post(url, body("nobody-yet", "你好")).json()["replies"] == []


def test_other_events_and_words_of_the_system_are_ignored(url: str, buyer: dict[str, Any]) -> None:
    buyer_id = buyer["buyer_id"]
    by_agent = event(buyer_id, "platform_stepped_in")
    by_agent["sender"] = {"id": buyer_id, "role": "buyer"}
    said = event(buyer_id, "platform_stepped_in", text="小二已经介入了")
    said["type"] = "text"
    for sent in (event(buyer_id, "moon_rose"), said):
        assert post(url, sent).json()["decision"] == "no_reply"
    assert post(url, by_agent).json()["decision"] == "send", "a buyer says things, and is no system"
    assert post(url, body(buyer_id, "你好")).json()["decision"] == "send"


def test_too_much_is_refused_before_it_is_read(url: str, locked: str) -> None:
    head = {"Content-Type": "application/json", "Content-Length": str(LARGE_BYTES + 1)}
    for address, status in ((url, 413), (locked, 401)):
        request = requests.Request("POST", f"{address}/v1/messages").prepare()
        request.headers.update(head)
        with requests.Session() as caller:
            assert caller.send(request, timeout=10).status_code == status


def test_without_pictures_a_body_is_small(url: str) -> None:
    answer = post(url, body(text="少" * JSON_BYTES))
    assert answer.status_code == 413 and answer.json()["error"]["code"] == "too_large"
    unknown = post(url, body(text="你好", junk="x" * JSON_BYTES))
    assert unknown.status_code == 413


@pytest.mark.parametrize("given", ["req-1", "", "a b", "x" * 200])
def test_a_refusal_names_the_request(url: str, given: str) -> None:
    answer = requests.post(f"{url}/v1/messages", data="{}", headers={"X-Request-Id": given}, timeout=30)
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "request_id"} and error["code"] == "bad_request"
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert (error["request_id"] == given) == (given == "req-1")


def test_an_unknown_address_or_method_is_said_in_json(url: str) -> None:
    assert requests.get(f"{url}/nowhere", timeout=30).json()["error"]["code"] == "not_found"
    wrong = requests.get(f"{url}/v1/messages", timeout=30)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert wrong.json()["error"]["code"] == "method_not_allowed"


def test_a_form_of_another_site_is_refused(url: str) -> None:
    answer = requests.post(f"{url}/v1/messages", data="{}", headers={"Content-Type": "text/plain"}, timeout=30)
    assert answer.status_code == 400


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"X-API-Key": "错"}, {"X-API-Key": ""}])
def test_without_the_key_nothing_is_answered(locked: str, headers: dict[str, str]) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    answer = requests.post(f"{locked}/v1/messages", json=body(text="你好"), headers=encoded, timeout=30)
    assert answer.status_code == 401
    assert "SHAOFA_API_KEY" in answer.json()["error"]["message"] and KEY not in answer.text


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}])
def test_with_the_key_it_is(locked: str, headers: dict[str, str]) -> None:
    assert post(locked, body(text="你好"), **headers).json()["decision"] == "send"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-Host", "shop.example"),
        ("X-Real-IP", "203.0.113.7"),
        ("Forwarded", "for=203.0.113.7"),
        ("Via", "1.1 proxy"),
        ("CF-Connecting-IP", "203.0.113.7"),
        ("Host", "shop.example"),
        ("Host", "203.0.113.7:5005"),
    ],
)
def test_without_a_key_a_proxy_on_this_machine_lets_nobody_in(url: str, header: str, value: str) -> None:
    headers = {header: value}
    assert requests.post(f"{url}/v1/messages", json=body(text="你好"), headers=headers, timeout=30).status_code == 403
    assert requests.post(f"{url}/demo/session", json={}, headers=headers, timeout=30).status_code == 403


def test_with_a_key_there_is_no_demo(locked: str) -> None:
    assert requests.get(locked, timeout=30).status_code == 405  # 小蜜's form is posted there
    assert requests.post(f"{locked}/demo/session", json={}, timeout=30).status_code == 404


def test_health(url: str, locked: str) -> None:
    assert requests.get(f"{url}/health", timeout=30).json() == {"status": "ok"}
    assert requests.get(f"{locked}/health", timeout=30).status_code == 200


def test_the_demo_page_loads_nothing_from_elsewhere(url: str) -> None:
    page = requests.get(url, timeout=30)
    assert page.status_code == 200 and "default-src 'self'" in page.headers["Content-Security-Policy"]
    for name in ("", "demo.js", "demo.css"):
        text = requests.get(f"{url}/{name}", timeout=30).text
        assert "http://" not in text and "https://" not in text


def test_a_demo_buyer_comes_back_to_the_same_orders(url: str, buyer: dict[str, Any]) -> None:
    again = requests.post(f"{url}/demo/session", json={"buyer_id": buyer["buyer_id"]}, timeout=30).json()
    assert again == buyer
    stranger = requests.post(f"{url}/demo/session", json={"buyer_id": "somebody"}, timeout=30).json()
    assert stranger["buyer_id"] != "somebody"


def test_nothing_of_the_buyer_is_in_the_log(
    url: str, buyer: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    post(url, body(buyer["buyer_id"], "少发了，电话13812345678，地址杭州市文三路90号3栋502室"))
    logs = [path.read_text(encoding="utf-8") for path in Path(tmp_path_factory.getbasetemp()).rglob("server.log")]
    assert logs and all("13812345678" not in log and "文三路90号" not in log for log in logs)


def test_another_buyer_does_not_get_into_a_conversation(url: str) -> None:
    first = {"conversation_id": "anna's own", "sender": {"id": "demo-anna"}, "text": "T恤少了一件"}
    assert requests.post(f"{url}/v1/messages", json=first, timeout=30).status_code == 200
    answer = requests.post(
        f"{url}/v1/messages", json={**first, "sender": {"id": "demo-eve"}, "text": "查进度"}, timeout=30
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_yours")
    assert "SF-" not in answer.text
