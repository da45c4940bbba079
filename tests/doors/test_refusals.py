"""How a refusal is worded: in whose form, in which language, and over a socket."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, Field
from sqlalchemy import exc
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.doors import alime, http, openai, refusals, widget_files
from bot.doors.refusals import Refused, RequestIds, VendorRoute, errors_in, language_of, neutral_form, nowhere
from bot.doors.web.refusals import STATUS, UPLOAD_STATUS
from bot.inbox.model import NotYours
from bot.settings import ROOT
from bot.store import Conflict

TABLE = yaml.safe_load((ROOT / "bot" / "doors" / "refusals.yml").read_text("utf-8"))
FORMS = {"neutral": neutral_form, "openai": openai.as_error, "alime": alime.as_error}
TROUBLES = {
    "locked": exc.OperationalError("INSERT INTO entries VALUES (?)", {"body": "电话13812345678"}, Exception("locked")),
    "gone": exc.InterfaceError("SELECT 1", {"body": "电话13812345678"}, Exception("connection already closed")),
    "crowded": exc.TimeoutError("QueuePool limit of size 5 overflow 10 reached"),
}


def raising(error: Exception) -> Any:
    async def handler(request: Request) -> Response:
        raise error

    return handler


async def a_file(request: Request) -> Response:
    return FileResponse(Path(__file__))


async def hear(ws: WebSocket) -> None:
    await ws.accept()
    kind = await ws.receive_text()
    raise {"refused": Refused(401, "no_session"), "locked": TROUBLES["locked"]}[kind]


async def refuse(ws: WebSocket) -> None:
    raise Refused(403, "bad_origin")


@pytest.fixture
def caller() -> Iterator[TestClient]:
    routes: list[Any] = [
        WebSocketRoute("/hear", hear),
        WebSocketRoute("/refuse", refuse),
        Route("/file", a_file),
    ]
    for name, form in FORMS.items():
        for trouble, error in TROUBLES.items():
            routes.append(VendorRoute(f"/{name}/{trouble}", raising(error), form))
        routes.append(VendorRoute(f"/{name}/overtaken", raising(Conflict("again and again")), form))
        routes.append(VendorRoute(f"/{name}/busy", raising(TimeoutError()), form))
        routes.append(VendorRoute(f"/{name}/not_yours", raising(NotYours()), form))
    app = Starlette(
        routes=[*routes, WebSocketRoute("/{path:path}", nowhere)],
        middleware=[Middleware(RequestIds), *errors_in(neutral_form)],
        exception_handlers=refusals.refusals(neutral_form),
    )
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("form", FORMS)
def test_an_address_that_is_a_secret_is_not_logged(caplog: pytest.LogCaptureFixture, form: str) -> None:
    routes = [VendorRoute("/hook/{secret}", raising(RuntimeError("ours")), FORMS[form])]
    app = Starlette(routes=routes, middleware=[Middleware(RequestIds)])
    with TestClient(app) as client:
        assert client.get("/hook/not-for-the-log").status_code == 500
    assert "/hook/***" in caplog.text and "not-for-the-log" not in caplog.text


def code_of(answer: Any) -> str:
    said = answer.json()
    return str(said["error"]["code"] if "error" in said else said["Code"])


# --- in two languages -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr-FR,en;q=0.5", "en"),
        ("fr", "zh"),
        ("*", "zh"),
        ("en;q=0", "zh"),
        ("\xff;;;q=", "zh"),
        ("x," * 30_000, "zh"),
    ],
)
def test_english_is_for_those_who_prefer_it(wish: str, language: str) -> None:
    assert language_of({"accept-language": wish}) == language


def test_every_line_is_there_in_both_languages() -> None:
    answers = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))["responses"]
    for name, words in TABLE["said"].items():
        if name.startswith(("web_", "upload_")):
            words = {**words, "zh": answers[f"utter_{name}"][0]["text"]}
        assert {"zh", "en"} == set(words) and words["en"].isascii() and not words["zh"].isascii(), name
    for words in TABLE["problems"].values():
        assert {"zh", "en"} == set(words) and words["en"].isascii() and not words["zh"].isascii()
    assert {f"web_{code}" for code in STATUS} | {f"upload_{code}" for code in UPLOAD_STATUS} <= set(TABLE["said"])


def test_what_our_doors_say_is_in_the_table() -> None:
    code = "".join(file.read_text("utf-8") for file in (ROOT / "bot").rglob("*.py"))
    named = set(re.findall(r'Refused\(\w+, f?"[^"]+", "([^"]+)"', code))
    assert "wrong_key" in named and named <= set(TABLE["said"])


class Inner(BaseModel):
    n: int = Field(ge=0, lt=10)


class Everything(BaseModel):
    text: str = Field(default="x", min_length=1, max_length=3, regex=http.STORABLE)
    number: int = 0
    part: float = 0
    flag: bool = False
    many: list[str] = Field(default=[], max_items=1)
    inner: Inner = Inner(n=1)
    needed: str


@pytest.mark.parametrize(
    ("body", "zh", "en"),
    [
        ({}, "字段 needed 不对：没有填", "Field needed is wrong: it is missing"),
        ({"needed": None}, "字段 needed 不对：不能是空值", "Field needed is wrong: it must not be null"),
        ({"needed": []}, "字段 needed 不对：应当是文字", "Field needed is wrong: it should be text"),
        ({"needed": "", "text": ""}, "字段 text 不对：至少要有 1 个字符", "it needs at least 1 characters"),
        ({"needed": "", "text": "abcd"}, "字段 text 不对：最多 3 个字符", "it may have at most 3 characters"),
        ({"needed": "", "text": "\x00"}, "控制字符", "control characters"),
        ({"needed": "", "number": "x"}, "字段 number 不对：应当是整数", "it should be a whole number"),
        ({"needed": "", "part": "x"}, "应当是数字", "it should be a number"),
        ({"needed": "", "flag": "x"}, "应当是 true 或 false", "it should be true or false"),
        ({"needed": "", "many": 1}, "应当是列表", "it should be a list"),
        ({"needed": "", "many": ["a", "b"]}, "最多 1 项", "it may hold at most 1"),
        ({"needed": "", "inner": 1}, "字段 inner 不对：应当是一个对象", "it should be an object"),
        ({"needed": "", "inner": {"n": -1}}, "字段 inner.n 不对：不能小于 0", "it must be at least 0"),
        ({"needed": "", "inner": {"n": 10}}, "应当小于 10", "it must be less than 10"),
        (
            {"needed": "", "inner": {"__pydantic_self__": 1}},
            "字段 inner 不对：这个值不能用",
            "this value cannot be used",
        ),
        ({"needed": "", "__pydantic_self__": 1}, "请求的内容不对", "The request is not as it should be"),
    ],
)
def test_a_wrong_field_is_named_in_both_languages(body: dict[str, Any], zh: str, en: str) -> None:
    with pytest.raises(Refused) as refused:
        http.parse(Everything, json.dumps(body))
    assert zh in refused.value.message
    refused.value.language = "en"
    assert en in refused.value.message


@pytest.mark.parametrize(
    ("model", "field"),
    [(Everything, "text"), (openai.Chat, "messages")],
)
def test_words_that_a_caller_chose_fill_nothing(model: type[BaseModel], field: str) -> None:
    with pytest.raises(Refused) as refused:
        http.parse(model, f'{{"{field}": "{{0.__class__}}{{field}}"}}')
    assert "__class__" not in refused.value.message and "class" not in refused.value.message


# --- in the door's form ---------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("trouble", [*TROUBLES, "busy", "overtaken"])
def test_trouble_that_passes_says_when_to_come_back(
    caller: TestClient, caplog: pytest.LogCaptureFixture, form: str, trouble: str
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = caller.get(f"/{form}/{trouble}", headers={"X-Request-Id": "r-1"})
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert "r-1" in answer.text and "稍后" in answer.text
    if trouble in TROUBLES:
        assert [record.levelname for record in caplog.records] == ["ERROR"] and caplog.records[0].exc_info is None
        assert "r-1" in caplog.text and "13812345678" not in caplog.text and "INSERT" not in caplog.text


@pytest.mark.parametrize(
    ("form", "code", "not_yours"),
    [
        ("neutral", "method_not_allowed", "not_yours"),
        ("openai", "method_not_allowed", "not_yours"),
        ("alime", "UnsupportedHTTPMethod", "Forbidden"),
    ],
)
def test_a_vendors_address_answers_in_its_form_only(caller: TestClient, form: str, code: str, not_yours: str) -> None:
    wrong = caller.delete(f"/{form}/busy")
    assert (wrong.status_code, code_of(wrong)) == (405, code) and "GET" in wrong.headers["Allow"]
    others = caller.get(f"/{form}/not_yours")
    assert (others.status_code, code_of(others)) == (403, not_yours)


def test_nothing_is_plain_text(caller: TestClient) -> None:
    wrong = caller.get("/file", headers={"Range": "bytes=x"})
    assert (wrong.status_code, code_of(wrong)) == (400, "bad_request")
    beyond = caller.get("/file", headers={"Range": "bytes=99999999-", "Accept-Language": "en"})
    assert (beyond.status_code, code_of(beyond)) == (416, "range_not_satisfiable")
    assert beyond.headers["Content-Range"].startswith("bytes */") and "no such range" in beyond.text
    assert caller.get("/file", headers={"Range": "bytes=0-9"}).status_code == 206


def test_what_was_gzipped_is_not_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("x" * 1000)
    answer = TestClient(Starlette(routes=widget_files.routes(tmp_path), middleware=errors_in(neutral_form))).get(
        "/widget/a.js", headers={"Range": "bytes=x", "Accept-Encoding": "gzip"}
    )
    assert (answer.status_code, code_of(answer)) == (400, "bad_request") and "Content-Encoding" not in answer.headers


def test_a_form_may_be_plain_text_if_its_vendor_wants_it() -> None:
    def form(refused: Refused, request_id: str) -> Response:
        return Response(f"fail {refused.code}", refused.status, media_type="text/plain")

    app = Starlette(routes=[VendorRoute("/v", raising(TimeoutError()), form)], middleware=errors_in(neutral_form))
    assert TestClient(app).get("/v").text == "fail busy"


# --- sockets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "status", "code"), [("/nowhere", 404, "not_found"), ("/refuse", 403, "bad_origin")])
def test_a_socket_that_is_refused_is_told_why(caller: TestClient, path: str, status: int, code: str) -> None:
    with pytest.raises(WebSocketDenialResponse) as denied, caller.websocket_connect(path):
        pass
    assert (denied.value.status_code, code_of(denied.value)) == (status, code)
    assert denied.value.json()["error"]["request_id"] == denied.value.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("kind", "code", "closing"), [("refused", "no_session", 4401), ("locked", "unavailable", 1013)]
)
def test_a_socket_that_is_closed_is_told_why_first(caller: TestClient, kind: str, code: str, closing: int) -> None:
    with caller.websocket_connect("/hear", headers={"X-Request-Id": "r-2"}) as socket:
        socket.send_text(kind)
        said = socket.receive_json()
        assert said["error"]["code"] == code and said["error"]["request_id"] == "r-2"
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == closing


def test_half_a_character_of_the_callers_is_no_mistake_of_ours() -> None:
    refused = Refused(404, "model_not_found", None, {"model": "\ud800", "known": "shaofa"})
    for form in FORMS.values():
        assert "没有叫 ? 的模型".encode() in bytes(form(refused, "r").body)


def test_words_that_stand_in_no_table_are_said_as_they_are() -> None:
    answer = neutral_form(Refused(400, "bad_request", "这里不收{花括号}"), "r")
    assert isinstance(answer, JSONResponse) and "这里不收{花括号}".encode() in bytes(answer.body)
