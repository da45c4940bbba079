"""Whose conversation it is, and from which pages it may be held."""

from __future__ import annotations

import asyncio
import json
import time

import jwt
import pytest
import requests
import websockets
from websockets.exceptions import InvalidStatusCode

from tests.doors.web.widget import SECRET, SHOP, Widget, code, token

# --- the session ----------------------------------------------------------------------------------


def test_a_session_says_what_the_widget_needs(url: str) -> None:
    opened = Widget(url).opened
    assert opened["limits"] == {"text_chars": 2000, "picture_bytes": 10**7, "video_bytes": 10**8, "files": 9}
    assert opened["shop"] in opened["greeting"] and opened["last"] == 0
    assert len({Widget(url).session for _ in range(3)}) == 3


def test_a_session_is_gone_on_with(url: str) -> None:
    widget = Widget(url)
    widget.say("在吗")
    before = widget.answered()
    again = Widget(url, session=widget.session)
    assert (again.session, again.talk) == (widget.session, widget.talk)
    assert again.opened["last"] == len(before) and again.log() == before


@pytest.mark.parametrize("session", ["", "made-up", "\ud800", "x" * 100_000])
def test_an_unknown_session_becomes_a_new_one(url: str, session: str) -> None:
    assert Widget(url, session=session).session not in ("", session)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic eDp5"}])
def test_without_a_session_nothing_is_said_or_heard(url: str, headers: dict[str, str]) -> None:
    body = {"id": "1", "text": "在吗"}
    for answer in (
        requests.post(f"{url}/v1/web/messages", json=body, headers=headers, timeout=30),
        requests.post(f"{url}/v1/web/files?id=1", data=b"x", headers=headers, timeout=30),
        requests.get(f"{url}/v1/web/log", headers=headers, timeout=30),
        requests.get(f"{url}/v1/web/events", headers=headers, timeout=30),
        requests.get(f"{url}/v1/web/files/{'0' * 64}", headers=headers, timeout=30),
    ):
        assert code(answer) == (401, "no_session")


def test_the_session_belongs_to_the_tokens_subject(shop: str) -> None:
    mine = Widget(shop, token=token("a"))
    assert Widget(shop, token=token("a"), session=mine.session).talk == mine.talk
    for other in ({"token": token("b")}, {}, {"buyer_id": "a"}):
        answer = requests.post(f"{shop}/v1/web/session", json={"session": mine.session, **other}, timeout=30)
        assert code(answer) == (403, "not_yours")
    anonymous = Widget(shop)
    answer = requests.post(
        f"{shop}/v1/web/session", json={"session": anonymous.session, "token": token("a")}, timeout=30
    )
    assert code(answer) == (403, "not_yours")


@pytest.mark.parametrize(
    "bad",
    [
        "x",
        "\ud800",
        token(lasts_s=-120),
        token(secret="another-secret-of-at-least-32-characters"),
        jwt.encode({"sub": "a", "exp": int(time.time()) + 600}, "", "none"),
        token(secret=SECRET, algorithm="HS512"),
        jwt.encode({"sub": "a"}, SECRET, "HS256"),
        jwt.encode({"exp": int(time.time()) + 600}, SECRET, "HS256"),
        token(""),
        token("x" * 129),
        token("\ud800"),
        token("a", nbf=int(time.time()) + 600),
    ],
    ids=[
        "junk",
        "half a character",
        "expired",
        "secret",
        "none",
        "HS512",
        "no exp",
        "no sub",
        "empty",
        "long",
        "surrogate",
        "not yet",
    ],
)
def test_a_bad_token_is_refused(shop: str, bad: str) -> None:
    assert code(requests.post(f"{shop}/v1/web/session", json={"token": bad}, timeout=30)) == (401, "bad_token")


def test_a_token_means_nothing_where_no_secret_is_set(url: str) -> None:
    assert code(requests.post(f"{url}/v1/web/session", json={"token": token()}, timeout=30)) == (401, "bad_token")


def test_only_the_demo_believes_a_page(url: str, shop: str) -> None:
    buyer = requests.post(f"{url}/demo/session", json={}, timeout=30).json()
    believed, not_believed = Widget(url, buyer_id=buyer["buyer_id"]), Widget(shop, buyer_id="demo")
    for widget in (believed, not_believed):
        widget.say("你们漏发了")
    cards = [entry["card"] for entry in believed.answered() if "card" in entry]
    assert {order["order_id"] for order in cards[0]["orders"]} <= {order["order_id"] for order in buyer["orders"]}
    assert not any("card" in entry for entry in not_believed.answered())


def test_the_order_of_the_page_is_a_hint(url: str) -> None:
    buyer = requests.post(f"{url}/demo/session", json={}, timeout=30).json()
    order = next(o["order_id"] for o in buyer["orders"] if "T恤" in o["lines"][0]["title"])
    widget = Widget(url, buyer_id=buyer["buyer_id"], order_id=order)
    widget.say("少了一件")
    offer = widget.answered()[-1]
    assert offer["card"]["type"] == "offer" and "T恤" in offer["text"]
    stranger = Widget(url, order_id=order)
    stranger.say("少了一件")
    assert order not in json.dumps(stranger.answered())


@pytest.mark.parametrize("raw", [b"null", b"{", b'{"session": 1, "order_id": []}', b'{"buyer_id": ""}', b"[" * 10_000])
def test_a_wrong_opening_is_refused(url: str, raw: bytes) -> None:
    assert code(requests.post(f"{url}/v1/web/session", data=raw, timeout=30)) == (400, "bad_request")


# --- origins --------------------------------------------------------------------------------------


def test_pages_of_other_origins_are_refused(url: str, shop: str) -> None:
    for address, origin in (
        (url, SHOP),
        (shop, "https://evil.example"),
        (shop, "null"),
        (shop, f"{SHOP}.evil.example"),
        (shop, "http://[::1"),
    ):
        for answer in (
            requests.post(f"{address}/v1/web/session", json={}, headers={"Origin": origin}, timeout=30),
            requests.options(f"{address}/v1/web/messages", headers={"Origin": origin}, timeout=30),
        ):
            assert code(answer) == (403, "bad_origin")
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_that_the_settings_name_are_welcome(url: str, shop: str) -> None:
    for address, origin in ((url, url), (shop, SHOP), (shop, "https://b.example"), (shop, shop)):
        asked = requests.options(f"{address}/v1/web/messages", headers={"Origin": origin}, timeout=30)
        assert asked.status_code == 204 and "Authorization" in asked.headers["Access-Control-Allow-Headers"]
        answer = requests.post(f"{address}/v1/web/session", json={}, headers={"Origin": origin}, timeout=30)
        assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == origin
        # A refusal can be read by the page too.
        refused = requests.get(f"{address}/v1/web/log", headers={"Origin": origin}, timeout=30)
        assert refused.status_code == 401 and refused.headers["Access-Control-Allow-Origin"] == origin


def test_a_socket_has_an_origin_too(shop: str) -> None:
    widget = Widget(shop)
    widget.say("在吗")

    async def open_from(origin: str) -> str:
        async with websockets.connect(widget.url.replace("http", "ws") + "/socket", origin=origin) as socket:
            await socket.send(json.dumps({"session": widget.session}))
            return str(json.loads(await socket.recv())["text"])

    assert asyncio.run(open_from(SHOP)) == "在吗"
    with pytest.raises(InvalidStatusCode) as refused:
        asyncio.run(open_from("https://evil.example"))
    assert refused.value.status_code == 403
    assert refused.value.headers["Content-Type"] == "application/json"


def test_a_refusal_is_in_english_for_those_who_prefer_it(shop: str) -> None:
    asked: list[tuple[dict[str, str], str, str]] = [
        ({}, "会话过期了", "expired"),
        ({"Origin": "https://evil.example"}, "还没有接入客服", "not connected"),
    ]
    for headers, chinese, english in asked:
        for wish, words in (("zh-CN,zh;q=0.9,en;q=0.8", chinese), ("en-US,en;q=0.9", english)):
            answer = requests.get(f"{shop}/v1/web/log", headers={**headers, "Accept-Language": wish}, timeout=30)
            assert words in answer.json()["error"]["message"]
