"""What all doors share, on a small application without a bot."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Receive
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot import office
from bot.doors import http
from bot.doors.http import InFlight, Share
from bot.doors.refusals import Refused, RequestIds, errors_in, neutral_form, refusals
from bot.settings import settings
from bot.store.keys import PREFIX, Keys

KEY = "钥匙-of-the-shop"


class Body(BaseModel):
    text: str


async def echo(request: Request) -> Response:
    body = http.parse(Body, await http.read_body(request, 1000))
    return JSONResponse({"text": body.text})


async def break_down(request: Request) -> Response:
    raise LookupError("电话13812345678")


async def hear(ws: WebSocket) -> None:
    await ws.accept()
    raise LookupError("gone")


def vendors(refused: Refused, request_id: str) -> Response:
    return PlainTextResponse(f"{refused.code} {request_id}", refused.status)


@pytest.fixture
def caller() -> TestClient:
    app = Starlette(
        routes=[
            Route("/echo", echo, methods=["POST"]),
            Route("/break", break_down),
            Route("/vendor/echo", echo, methods=["POST"], middleware=errors_in(vendors)),
            Route("/vendor/break", break_down, middleware=errors_in(vendors)),
            Mount("/under", routes=[Route("/echo", echo, methods=["POST"])], middleware=errors_in(vendors)),
            WebSocketRoute("/socket", hear),
        ],
        middleware=[Middleware(InFlight), Middleware(RequestIds), *errors_in(neutral_form)],
        exception_handlers=refusals(neutral_form),
    )
    return TestClient(app)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHAOFA_API_KEY", KEY)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("SHAOFA_API_KEY", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


# --- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "不是合法的 JSON"),
        (b"{", "不是合法的 JSON"),
        (b"\xff", "不是合法的 JSON"),
        (b"[" * 999, "不是合法的 JSON"),
        (b'{"text":' * 120, "不是合法的 JSON"),
        (b'{"text": NaN}', "不是合法的 JSON"),
        (b"9" * 999, "JSON 对象"),
        (b"[]", "JSON 对象"),
        (b"null", "JSON 对象"),
        (b"{}", "字段 text 不对"),
        (b'{"text": []}', "字段 text 不对"),
    ],
)
def test_what_is_no_body_is_refused(caller: TestClient, raw: bytes, said: str) -> None:
    answer = caller.post("/echo", content=raw)
    assert answer.status_code == 400 and said in answer.json()["error"]["message"]


def test_a_bomb_of_brackets_is_refused() -> None:
    for bomb in (b"[" * 200_000, b'{"a":' * 40_000):
        with pytest.raises(Refused, match="bad_request"):
            http.parse(Body, bomb)


def test_a_body_may_be_as_long_as_the_limit_and_no_longer(caller: TestClient) -> None:
    def parts(size: int) -> Iterator[bytes]:
        yield b'{"text": "'
        yield b"x" * (size - 12)
        yield b'"}'

    assert caller.post("/echo", content=b"".join(parts(1000))).status_code == 200
    assert caller.post("/echo", content=b"".join(parts(1001))).status_code == 413
    assert caller.post("/echo", content=parts(1000)).status_code == 200  # nothing said beforehand: chunked
    assert caller.post("/echo", content=parts(1001)).json()["error"]["code"] == "too_large"


def refused_body(receive: Receive, length: int) -> Refused:
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"%d" % length)]}
    with pytest.raises(Refused) as refused:
        asyncio.run(http.read_body(Request(scope, receive), 1000))
    return refused.value


def test_what_says_that_it_is_too_long_is_not_read() -> None:
    async def receive() -> Message:
        raise AssertionError("somebody reads")

    assert refused_body(receive, 1001).status == 413


def test_a_body_that_stops_halfway_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_STALLED_S", 0.05)
    parts: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Message:
        if not parts:
            await anyio.sleep_forever()
        return parts.pop()

    refused = refused_body(receive, 10)
    assert (refused.status, refused.code) == (408, "timeout")


def test_a_body_that_drips_ends_however_steadily_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_STALLED_S", 0.2)

    async def receive() -> Message:
        await anyio.sleep(0.03)  # never still for long
        return {"type": "http.request", "body": b"x", "more_body": True}

    refused = refused_body(receive, 1000)
    assert (refused.status, refused.code) == (408, "timeout")


def test_a_body_that_is_slow_but_steady_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_STALLED_S", 0.2)
    parts = [b"x" * 500] * 20

    async def receive() -> Message:
        await anyio.sleep(0.03)
        return {"type": "http.request", "body": parts.pop(), "more_body": bool(parts)}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    assert len(asyncio.run(http.read_body(Request(scope, receive), 10_000))) == 10_000


def test_bodies_of_all_requests_together_are_bounded(caller: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SMALL", Share(900))
    monkeypatch.setattr(http, "_UNCOUNTED", 0)
    big, small = b'{"text": "' + b"x" * 900 + b'"}', b'{"text": "x"}'
    refused = caller.post("/echo", content=big)
    assert refused.status_code == 503 and int(refused.headers["Retry-After"]) > 0
    assert refused.json()["error"]["code"] == "busy"
    for _ in range(100):  # what has been dealt with is in nobody's way, whatever became of it
        assert caller.post("/echo", content=small).status_code == 200
        assert caller.post("/echo", content=b"{" * 800).status_code == 400
        assert caller.post("/vendor/echo", content=small).status_code == 200
        assert caller.post("/under/echo", content=small).status_code == 200
    assert http.SMALL.taken == 0


def test_a_body_counts_until_its_request_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    share = Share(1000)
    monkeypatch.setattr(http, "SMALL", share)
    monkeypatch.setattr(http, "_UNCOUNTED", 0)

    async def meet() -> list[int]:
        held, go_on = asyncio.Event(), asyncio.Event()

        async def hold(request: Request) -> Response:
            await http.read_body(request, 1000)
            held.set()
            await go_on.wait()
            return PlainTextResponse("done")

        app = InFlight(Starlette(routes=[Route("/", hold, methods=["POST"])], middleware=errors_in(neutral_form)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            first = asyncio.create_task(client.post("/", content=b"x" * 800))
            await held.wait()
            assert share.taken == 800
            crowded = (await client.post("/", content=b"x" * 300)).status_code
            fits = asyncio.create_task(client.post("/", content=b"x" * 200))
            await asyncio.sleep(0.05)
            go_on.set()
            return [crowded, (await first).status_code, (await fits).status_code, share.taken]

    assert asyncio.run(meet()) == [503, 200, 200, 0]


def test_a_word_is_heard_however_crowded_it_is(caller: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SMALL", Share(0))
    assert caller.post("/echo", content=b'{"text": "x"}').status_code == 200
    monkeypatch.setattr(http, "_UNCOUNTED", 5)
    assert caller.post("/echo", content=b'{"text": "x"}').status_code == 503


def test_large_bodies_do_not_keep_others_from_speaking() -> None:
    assert http.SMALL.most >= 50 * http.JSON_BYTES
    assert http.SMALL.most + http.LARGE.most <= 64_000_000


# --- refusals -------------------------------------------------------------------------------------


def test_a_door_says_it_in_its_own_form(caller: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    named = {"X-Request-Id": "r-1"}
    assert caller.post("/vendor/echo", content=b"{", headers=named).text == "bad_request r-1"
    assert caller.get("/vendor/break", headers=named).text == "internal r-1"
    assert caller.post("/echo", content=b"{", headers=named).json()["error"]["request_id"] == "r-1"


def test_what_nobody_expected_is_logged_and_not_told(caller: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = caller.get("/break", headers={"X-Request-Id": "r-2"})
    assert answer.status_code == 500 and "request_id" in answer.json()["error"]["message"]
    assert "1381234" not in answer.text and "LookupError" not in answer.text
    assert "r-2" in caplog.text and "LookupError" in caplog.text


def test_a_socket_over_which_it_breaks_is_closed(caller: TestClient) -> None:
    with caller.websocket_connect("/socket") as socket:
        assert socket.receive_json()["error"]["code"] == "internal"
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1011


def test_every_request_has_an_id(caller: TestClient) -> None:
    ids = {caller.get("/nowhere").headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3 and all(len(each) == 32 for each in ids)


# --- who may call ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("key")
def test_the_key_in_either_header_and_nothing_else() -> None:
    as_bytes = KEY.encode().decode("latin-1")  # as a server hands it over
    for headers in ({"authorization": f"Bearer {as_bytes}"}, {"authorization": f"bearer {as_bytes}"}):
        http.check_key(headers, "203.0.113.7")
    http.check_key({"x-api-key": as_bytes}, None)
    for wrong in ({}, {"authorization": as_bytes}, {"authorization": f"Basic {as_bytes}"}, {"x-api-key": "x"}):
        with pytest.raises(Refused) as refused:
            http.check_key(wrong, "127.0.0.1")
        assert refused.value.status == 401


@pytest.mark.usefixtures("no_key")
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:5005", "localhost:80", "LOCALHOST", "[::1]:5005", "[::1]"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "127.9.9.9"])
def test_without_a_key_this_machine_may_call(host: str, peer: str) -> None:
    http.check_key({"host": host, "user-agent": "curl"}, peer)


@pytest.mark.usefixtures("no_key")
@pytest.mark.parametrize(
    ("headers", "peer"),
    [
        ({"host": "127.0.0.1"}, "203.0.113.7"),
        ({"host": "127.0.0.1"}, None),
        ({"host": "127.0.0.1"}, "testclient"),
        ({}, "127.0.0.1"),
        ({"host": ""}, "127.0.0.1"),
        ({"host": "shop.example"}, "127.0.0.1"),
        ({"host": "localhost.shop.example"}, "127.0.0.1"),
        ({"host": "127.0.0.1.nip.io:5005"}, "127.0.0.1"),
        ({"host": "10.0.0.5:5005"}, "127.0.0.1"),
        *(
            ({"host": "127.0.0.1", name: "x"}, "127.0.0.1")
            for name in ("via", "forwarded", "x-forwarded-for", "x-forwarded-proto", "cf-connecting-ip", "x-real-ip")
        ),
    ],
)
def test_without_a_key_nobody_else_may(headers: dict[str, str], peer: str | None) -> None:
    with pytest.raises(Refused) as refused:
        http.check_key(headers, peer)
    assert refused.value.status == 403


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Keys]:
    """The keys that were made by command, over a database of their own."""
    monkeypatch.setenv("SHAOFA_DATABASE_URL", f"sqlite:///{tmp_path / 'keys.db'}")
    settings.cache_clear()
    yield office.keys()
    settings.cache_clear()


@pytest.mark.usefixtures("key")
def test_a_key_that_was_made_opens_what_it_is_for_until_it_is_revoked(made: Keys) -> None:
    secret = made.make("erp", ["messages", "claims"], office.now())
    headers = {"authorization": f"Bearer {secret}"}
    caller = http.check_key(headers, "203.0.113.7")
    assert caller == http.Caller("erp", frozenset({"messages", "claims"}))
    caller.check("claims")
    with pytest.raises(Refused) as refused:
        caller.check("events")
    assert (refused.value.status, "events" in refused.value.message) == (403, True)
    made.revoke("erp", office.now())
    with pytest.raises(Refused) as refused:
        http.check_key(headers, "203.0.113.7")
    assert refused.value.status == 401


@pytest.mark.usefixtures("no_key")
def test_on_this_machine_a_key_is_who_calls_and_any_other_word_is_nobody(made: Keys) -> None:
    secret = made.make("tool", ["messages"], office.now())
    here = {"host": "127.0.0.1"}
    assert http.check_key({**here, "x-api-key": secret}, "127.0.0.1").name == "tool"
    assert http.check_key({**here, "x-api-key": "sk-any"}, "127.0.0.1") == http.DEFAULT
    assert http.check_key({"host": "shop.example", "x-api-key": secret}, "203.0.113.7").name == "tool"
    with pytest.raises(Refused) as refused:
        http.check_key({**here, "x-api-key": f"{PREFIX}guessed"}, "127.0.0.1")
    assert refused.value.status == 401
