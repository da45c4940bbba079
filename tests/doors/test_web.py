"""The web widget's door, over HTTP and WebSocket against a real server; ``docs/web-channel.md`` is what it keeps."""

from __future__ import annotations

import asyncio
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import websockets
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatusCode

from bot.claims.shop import ShopPolicy
from bot.db import make_engine
from bot.doors.http import JSON_BYTES
from bot.settings import ROOT
from bot.store import Author, Store
from tests.movies import movie
from tests.office import fresh
from tests.server import Server, serve

SECRET = "a-secret-for-tests-of-32-characters"
SHOP = "https://shop.example"
PATIENCE_S = 30
LIMITS = ShopPolicy.load(ROOT / "shop.yml").messages


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The demo: no token, no key."""
    with serve(folder) as address:
        yield address


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop with tokens and a page of its own."""
    settings = {
        "SHAOFA_API_KEY": "k",
        "SHAOFA_WIDGET_SECRET": SECRET,
        "SHAOFA_WIDGET_ORIGINS": f"{SHOP}, https://b.example/",
    }
    with serve(tmp_path_factory.mktemp("shop"), **settings) as address:
        yield address


class Widget:
    """What the widget does, without a browser."""

    def __init__(self, url: str, **opening: Any) -> None:
        self.url = f"{url}/v1/web"
        answer = requests.post(f"{self.url}/session", json=opening, timeout=30)
        answer.raise_for_status()
        self.opened: dict[str, Any] = answer.json()
        self.session: str = self.opened["session"]
        self.talk: str = self.opened["conversation_id"]
        self.headers = {"Authorization": f"Bearer {self.session}"}

    def post(self, text: Any, message_id: Any = None) -> requests.Response:
        body = {"id": message_id or uuid.uuid4().hex, "text": text}
        return requests.post(f"{self.url}/messages", json=body, headers=self.headers, timeout=30)

    def say(self, text: str, message_id: str | None = None) -> int:
        answer = self.post(text, message_id)
        assert answer.status_code == 202, answer.text
        seq: int = answer.json()["seq"]
        return seq

    def upload(self, data: bytes, name: str = "a.jpg", kind: str = "image/jpeg", **more: Any) -> requests.Response:
        query = {"id": uuid.uuid4().hex, "name": name, **more}
        headers = {**self.headers, "Content-Type": kind}
        return requests.post(f"{self.url}/files", params=query, data=data, headers=headers, timeout=30)

    def fetch(self, sha256: str, **query: str) -> requests.Response:
        return requests.get(f"{self.url}/files/{sha256}", params=query, headers=self.headers, timeout=30)

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/log", params={"after": after}, headers=self.headers, timeout=30)
        answer.raise_for_status()
        entries: list[dict[str, Any]] = answer.json()["entries"]
        return entries

    def until(self, enough: Callable[[list[dict[str, Any]]], Any]) -> list[dict[str, Any]]:
        """The log as soon as it is ``enough``."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            entries = self.log()
            if enough(entries):
                return entries
            time.sleep(0.1)
        raise AssertionError(f"still not: {self.log()}")

    def answered(self) -> list[dict[str, Any]]:
        return self.until(lambda entries: entries[-1]["from"] != "buyer")

    async def listen(self, count: int, after: int = 0) -> list[dict[str, Any]]:
        """The next so many entries, by socket."""
        async with websockets.connect(self.url.replace("http", "ws") + "/socket") as socket:
            await socket.send(json.dumps({"session": self.session, "after": after}))
            return [json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S)) for _ in range(count)]

    def stream(self, count: int, after: int = 0) -> list[dict[str, Any]]:
        """The next so many entries, where sockets are blocked."""
        address, query = f"{self.url}/events", {"after": after}
        with requests.get(address, params=query, headers=self.headers, stream=True, timeout=PATIENCE_S) as answer:
            answer.raise_for_status()
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            lines = (line for line in answer.iter_lines() if line.startswith(b"data: "))
            return [json.loads(next(lines).removeprefix(b"data: ")) for _ in range(count)]


def said_by(entries: list[dict[str, Any]], author: str) -> list[str]:
    return [entry["text"] for entry in entries if entry["from"] == author]


def token(
    subject: Any = "buyer-1", lasts_s: int = 600, secret: str = SECRET, algorithm: str = "HS256", **more: Any
) -> str:
    return jwt.encode({"sub": subject, "exp": int(time.time()) + lasts_s, **more}, secret, algorithm)


def picture(size: tuple[int, int] = (640, 480), kind: str = "JPEG") -> bytes:
    data = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(data, kind)
    return data.getvalue()


def code(answer: requests.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert any("一" <= char <= "鿿" for char in error["message"])
    return answer.status_code, error["code"]


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


# --- saying something -----------------------------------------------------------------------------


def test_a_burst_is_answered_once_and_in_order(url: str) -> None:
    widget = Widget(url)
    burst = ["我拍了三件T恤", "怎么", "就到", "两件"]
    assert [widget.say(text) for text in burst] == [1, 2, 3, 4]
    entries = widget.answered()
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert said_by(entries, "buyer") == burst
    assert [entry["from"] for entry in entries[:5]] == ["buyer"] * 4 + ["bot"]
    assert "收到2件" in "".join(said_by(entries, "bot")) and 1 <= len(said_by(entries, "bot")) <= 3
    time.sleep(2 * LIMITS.wait_seconds)
    assert widget.log() == entries


def test_a_repeat_changes_nothing(url: str) -> None:
    widget = Widget(url)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: widget.say("在吗", "m1"), range(4))) == {1}
    entries = widget.answered()
    assert widget.say("在吗", "m1") == 1
    time.sleep(2 * LIMITS.wait_seconds)
    assert widget.log() == entries and len(entries) == 2


@pytest.mark.parametrize("text", ["/request_human", "少" * 10_000, "\ud83d少了", "<b>少了</b>\u2028一件", "\x00a"])
def test_whatever_is_typed_is_kept_and_answered(url: str, text: str) -> None:
    widget = Widget(url)
    widget.say(text)
    entries = widget.answered()
    kept = entries[0]["text"]
    assert kept == text or (len(kept.strip("\ufffd")) < len(text) and kept)
    assert not any("state" in entry for entry in entries)


@pytest.mark.parametrize(
    ("text", "message_id"),
    [("", "1"), (" \x00 ", "1"), (1, "1"), (None, "1"), ("x", "a b"), ("x", "x" * 129), ("x", 1)],
)
def test_what_is_no_message_is_refused(url: str, text: Any, message_id: Any) -> None:
    widget = Widget(url)
    assert code(widget.post(text, message_id)) == (400, "bad_request")
    assert widget.log() == []


def test_a_body_beyond_all_measure_is_refused(url: str) -> None:
    assert code(Widget(url).post("x" * (JSON_BYTES + 1))) == (413, "too_long")


def test_who_says_too_much_has_to_wait(url: str, folder: Path) -> None:
    widget = Widget(url)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: widget.post("在吗", f"m{n}"), range(LIMITS.max_per_minute + 5)))
    taken = [answer for answer in answers if answer.status_code == 202]
    assert LIMITS.max_per_minute <= len(taken) < len(answers)
    assert code(widget.post("在吗")) == (429, "too_many")
    evidence = folder / "evidence"
    before = list(evidence.rglob("*.jpg"))
    assert code(widget.upload(picture())) == (429, "too_many")
    assert list(evidence.rglob("*.jpg")) == before
    assert widget.say("在吗", next(entry["id"] for entry in widget.log() if entry["from"] == "buyer")) == 1


# --- files ----------------------------------------------------------------------------------------


def test_a_picture_is_kept_shown_again_and_evidence(url: str) -> None:
    widget = Widget(url)
    widget.say("我拍了三件T恤就到一件")
    widget.until(lambda entries: "照片" in entries[-1]["text"])
    sent = widget.upload(picture(), "收到的.jpg", id="p1")
    assert sent.status_code == 202
    assert widget.upload(picture(), "收到的.jpg", id="p1").json() == sent.json()
    entries = widget.answered()
    file = next(entry["file"] for entry in entries if "file" in entry)
    assert (file["name"], file["video"]) == ("收到的.jpg", False)
    assert entries[-1]["card"]["type"] == "offer"
    original, small = widget.fetch(file["sha256"]), widget.fetch(file["sha256"], thumb="1")
    for answer, size in ((original, (640, 480)), (small, (480, 360))):
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        with Image.open(io.BytesIO(answer.content)) as seen:
            assert seen.size == size
    stranger = Widget(url)
    assert code(stranger.fetch(file["sha256"])) == (404, "not_found")
    assert code(widget.fetch("0" * 64)) == (404, "not_found")


@pytest.mark.parametrize(
    ("data", "kind", "refused"),
    [
        (b"%PDF-1.4", "image/png", (415, "not_a_picture")),
        (b"", "image/png", (415, "not_a_picture")),
        (picture()[:500], "image/jpeg", (415, "unreadable")),
        (b"\xff" * 10_000_001, "image/jpeg", (413, "too_large")),
        (picture((20, 20)) + bytes(10_000_001), "video/mp4", (413, "too_large")),
        (b"\0\0\0\x18ftypisom" + bytes(1000), "video/mp4", (415, "unreadable")),
    ],
)
def test_what_is_refused_is_not_in_the_log(url: str, data: bytes, kind: str, refused: tuple[int, str]) -> None:
    widget = Widget(url)
    assert code(widget.upload(data, kind=kind)) == refused
    assert widget.log() == []
    assert code(widget.upload(picture(), id="")) == (400, "bad_request")


def test_a_video_is_shown_to_its_own_conversation_only(url: str) -> None:
    widget = Widget(url)
    assert widget.upload(movie("vide", "soun"), "开箱.mp4", "video/mp4").status_code == 202
    file = widget.log()[0]["file"]
    assert file["video"] is True
    shown = widget.fetch(file["sha256"])
    assert shown.content == movie("vide", "soun") and shown.headers["Content-Type"] == "video/mp4"
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert code(widget.fetch(file["sha256"], thumb="1")) == (404, "not_found")
    assert code(Widget(url).fetch(file["sha256"])) == (404, "not_found")


def test_an_upload_that_is_cut_off_leaves_nothing(url: str, folder: Path) -> None:
    widget = Widget(url)
    before = stored(folder)
    host, port = url.removeprefix("http://").split(":")
    head = (
        f"POST /v1/web/files?id=cut HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {widget.session}\r\n"
        "Content-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode() + picture()[:50_000])
        time.sleep(0.3)
    time.sleep(0.3)
    assert widget.log() == [] and stored(folder) == before


def stored(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "evidence").rglob("*") if path.is_file())


def test_too_large_is_said_before_the_file_is_sent(url: str) -> None:
    widget = Widget(url)
    headers = {**widget.headers, "Content-Length": "200000000", "Content-Type": "video/mp4"}
    request = requests.Request("POST", f"{widget.url}/files?id=v1", headers=headers).prepare()
    request.headers["Content-Length"] = "200000000"
    with requests.Session() as browser:
        assert code(browser.send(request, timeout=10)) == (413, "too_large")


# --- hearing --------------------------------------------------------------------------------------


def test_two_tabs_hear_the_same_whichever_way_they_listen(url: str) -> None:
    widget = Widget(url)

    async def talk() -> list[list[dict[str, Any]]]:
        stream = asyncio.get_running_loop().run_in_executor(None, widget.stream, 3)
        tabs = [asyncio.create_task(widget.listen(3)) for _ in range(2)]
        await asyncio.sleep(0.3)
        for text in ("在吗", "有人吗"):
            await asyncio.to_thread(widget.say, text)
        return [await tabs[0], await tabs[1], await stream]

    first, second, third = asyncio.run(talk())
    assert first == second == third == widget.log()
    assert [entry["from"] for entry in first] == ["buyer", "buyer", "bot"]


def test_what_was_missed_is_replayed(url: str) -> None:
    widget = Widget(url)
    widget.say("在吗")
    entries = widget.answered()
    assert asyncio.run(widget.listen(len(entries))) == entries
    assert asyncio.run(widget.listen(len(entries) - 1, after=1)) == entries[1:]
    assert widget.stream(len(entries) - 1, after=1) == entries[1:]
    assert widget.log(after=1) == entries[1:] and widget.log(after=99) == []


def test_a_long_log_comes_in_several_answers(url: str) -> None:
    widget = Widget(url)
    for number in range(5):
        widget.say("x" * 250_000, f"m{number}")
    pages = [widget.log()]
    while pages[-1]:
        pages.append(widget.log(after=pages[-1][-1]["seq"]))
    entries = [entry["seq"] for page in pages for entry in page]
    assert len(pages) > 2 and entries == list(range(1, len(entries) + 1)) and len(entries) >= 5


def test_who_has_seen_nothing_begins_with_the_newest_page(url: str, folder: Path) -> None:
    widget = Widget(url)
    log = Store(make_engine(f"sqlite:///{folder / 'shaofa.db'}")).log
    for number in range(1, 121):
        log.append(widget.talk, Author.BOT, {"text": f"第{number}条"}, datetime.now(timezone.utc))

    def page(**query: int) -> list[int]:
        answer = requests.get(f"{widget.url}/log", params=query, headers=widget.headers, timeout=30)
        return [entry["seq"] for entry in answer.json()["entries"]]

    assert page() == list(range(71, 121))
    assert page(before=71) == list(range(21, 71)) and page(before=21) == list(range(1, 21)) and page(before=1) == []
    assert page(after=0) == list(range(1, 51)) and page(after=50) == list(range(51, 101)) and page(after=120) == []

    async def listen() -> list[int]:
        async with websockets.connect(widget.url.replace("http", "ws") + "/socket") as socket:
            await socket.send(json.dumps({"session": widget.session}))
            return [json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S))["seq"] for _ in range(50)]

    assert asyncio.run(listen()) == list(range(71, 121))
    with requests.get(f"{widget.url}/events", headers=widget.headers, stream=True, timeout=PATIENCE_S) as answer:
        first = next(part for part in answer.iter_lines() if part.startswith(b"data: "))
    assert json.loads(first.removeprefix(b"data: "))["seq"] == 71
    assert [entry["seq"] for entry in asyncio.run(widget.listen(120))] == list(range(1, 121))  # from 0 on: all of it
    assert Widget(url, session=widget.session).opened["last"] == 120


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "9" * 20, "", "１"])
def test_a_wrong_number_is_refused(url: str, number: str) -> None:
    widget = Widget(url)
    for path in ("log?after", "log?before", "events?after"):
        answer = requests.get(f"{widget.url}/{path}={number}", headers=widget.headers, timeout=30)
        assert code(answer) == (400, "bad_request")


@pytest.mark.parametrize(
    ("frame", "closing"),
    [
        ('{"session": "made-up", "after": 0}', 4401),
        ('{"session": "\\ud800"}', 4401),
        ("{}", 4400),
        ("hello", 4400),
        (b"\xff", 4400),
        ('{"session": "x", "after": -1}', 4400),
        ('{"session": "x", "after": 1000000000}', 4400),
        ('{"session": "x", "after": "' + "9" * 5000 + '"}', 4400),
    ],
)
def test_a_socket_is_closed_with_a_code(url: str, frame: str | bytes, closing: int) -> None:
    async def ask() -> tuple[int, int | None]:
        async with websockets.connect(url.replace("http", "ws") + "/v1/web/socket") as socket:
            await socket.send(frame)
            error = json.loads(await asyncio.wait_for(socket.recv(), 10))["error"]
            assert error["request_id"] and any("一" <= char <= "鿿" for char in error["message"])
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 10)
            return {"no_session": 4401, "bad_request": 4400}[error["code"]], socket.close_code

    assert asyncio.run(ask()) == (closing, closing)


# --- people ---------------------------------------------------------------------------------------


def test_a_persons_reply_is_pushed_and_the_hand_off_is_seen(url: str) -> None:
    widget = Widget(url)
    widget.say("在吗")
    seen = len(widget.answered())
    agent = {"conversation_id": widget.talk, "sender": {"id": "a", "role": "agent"}, "text": "我来处理", "id": "a1"}

    async def hear() -> list[dict[str, Any]]:
        tab = asyncio.create_task(widget.listen(2, after=seen))
        await asyncio.sleep(0.3)
        for _ in range(2):
            await asyncio.to_thread(requests.post, f"{url}/v1/messages", json=agent, timeout=30)
        return await tab

    state, reply = asyncio.run(hear())
    assert (state["from"], state["state"], state["text"]) == ("system", "handed_off", "人工客服接入中")
    assert (reply["from"], reply["text"], reply["id"]) == ("agent", "我来处理", "a1")
    widget.say("好的")
    time.sleep(2 * LIMITS.wait_seconds)
    assert said_by(widget.log(seen), "bot") == [] and len(widget.log(seen)) == 3


def test_a_buyer_who_wants_a_person_is_told_when_the_bot_is_back(url: str, folder: Path) -> None:
    widget = Widget(url)
    widget.say("转人工")
    assert Widget(url, session=widget.session).opened["state"] is None
    entries = widget.until(lambda entries: entries[-1].get("state") == "handed_off")
    assert Widget(url, session=widget.session).opened["state"] == "handed_off"
    assert [entry["from"] for entry in entries] == ["buyer", "bot", "system"]
    seen = len(entries)
    with ThreadPoolExecutor() as pool:
        heard = pool.submit(asyncio.run, widget.listen(1, after=seen))
        # Another process than the server writes it.
        command = [sys.executable, "-m", "bot", "give-back", widget.talk]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **fresh(folder)}, check=True)
        assert heard.result()[0]["state"] == "resumed"
    widget.say("在吗")
    assert widget.until(lambda entries: len(entries) == seen + 3)[-1]["from"] == "bot"


# --- the server stops -----------------------------------------------------------------------------


def test_killed_before_the_answer_it_answers_once_when_it_is_back(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        widget = Widget(server.url)
        widget.say("在吗", "m1")
        server.kill()
        assert authors(tmp_path) == ["buyer"]
        server.start()
        widget.say("在吗", "m1")  # the widget has heard nothing and sends its outbox again
        entries = widget.answered()
        time.sleep(2 * LIMITS.wait_seconds)
        assert widget.log() == entries and [entry["from"] for entry in entries] == ["buyer", "bot"]
        assert Widget(server.url, session=widget.session).talk == widget.talk
        # Asked to stop, it finishes what it was asked before and lets nobody hang.
        assert asyncio.run(stopped_while_listening(server, widget)) < 10
        assert authors(tmp_path) == ["buyer", "bot", "buyer", "bot"]
    finally:
        server.kill()


def authors(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "shaofa.db") as database:
        return [row[0] for row in database.execute("SELECT author FROM entries ORDER BY seq")]


async def stopped_while_listening(server: Server, widget: Widget) -> float:
    """The seconds it takes to stop."""
    async with websockets.connect(widget.url.replace("http", "ws") + "/socket") as socket:
        await socket.send(json.dumps({"session": widget.session, "after": 99}))
        streaming = asyncio.get_running_loop().run_in_executor(None, hang, widget)
        await asyncio.to_thread(widget.say, "还在吗")
        began = time.monotonic()
        await asyncio.to_thread(server.stop)
        await streaming
        assert json.loads(await socket.recv())["error"]["code"] == "unavailable"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1012
        return time.monotonic() - began


def hang(widget: Widget) -> None:
    address = f"{widget.url}/events?after=99"
    with requests.get(address, headers=widget.headers, stream=True, timeout=PATIENCE_S) as answer:
        for _ in answer.iter_lines():
            pass
