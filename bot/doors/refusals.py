"""A request that is not dealt with: how that is worded, in whose form, and in which language."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from bot.claims.yaml_file import read_mapping
from bot.inbox.model import NotYours, Overloaded
from bot.store import UNREACHABLE, Conflict

logger = logging.getLogger(__name__)

CHINESE, ENGLISH = "zh", "en"
_RETRY_AFTER_S = 5
_LONGEST_WISH = 1000  # characters of Accept-Language that are read
_SECRET_PARTS = ("secret", "key")  # of a route's path
_KEPT = ("allow", "content-range")  # headers of Starlette's own refusals
_OF_STARLETTE = {
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    413: "too_large",
    416: "range_not_satisfiable",
}


class Refused(Exception):
    """A request that is not dealt with. ``code`` is for programs; a door's ``ErrorForm`` makes the answer of it.

    ``says`` is an entry of ``refusals.yml``, the code's own one by default, and ``about`` fills it.
    """

    language = CHINESE

    def __init__(
        self,
        status: int,
        code: str,
        says: str | None = None,
        about: Mapping[str, object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.says, self.about = status, code, says or code, about or {}
        self.headers = {"Retry-After": str(_RETRY_AFTER_S)} if status == 503 else {}
        self.headers.update(headers or {})

    @property
    def message(self) -> str:
        return said(self.says, self.language, self.about)


class WrongField(Refused):
    """A body that is JSON, but not what was asked for. ``field`` is where."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__(400, "bad_request", "wrong_field")
        self._first = error.errors()[0]
        self.field = ".".join(map(str, self._first["loc"]))

    @property
    def message(self) -> str:
        problems = _table()["problems"]
        words = problems.get(self._first["type"]) or problems[""]
        about = {**self._first.get("ctx", {})}
        about["permitted"] = " / ".join(map(str, about.get("permitted", ())))
        problem = words[self.language].format(**about)
        return said(self.says, self.language, {"field": self.field, "problem": problem})


def said(name: str, language: str, about: Mapping[str, object]) -> str:
    """What ``refusals.yml`` has under this name; what is no name there is said as it is."""
    words = _table()["said"].get(name, {})
    message = words[language].format(**about) if language in words else name
    return message.encode("utf-8", "replace").decode()  # the caller may have sent half a character


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, dict[str, str]]]:
    return read_mapping(Path(__file__).with_suffix(".yml"))


def language_of(headers: Mapping[str, str]) -> str:
    """English for those who prefer it."""
    wish = parse_accept_header(headers.get("accept-language", "")[:_LONGEST_WISH], LanguageAccept)
    return wish.best_match((CHINESE, ENGLISH), default=CHINESE)


# --- the answer -----------------------------------------------------------------------------------

# A refusal and the request's id in, what is sent out. A door that speaks as its vendor does has one of its own.
ErrorForm = Callable[[Refused, str], Response]


def neutral_form(refused: Refused, request_id: str) -> Response:
    return error_as_json(refused, refused.message, request_id)


def error_as_json(refused: Refused, message: str, request_id: str) -> Response:
    error = {"code": refused.code, "message": message, "request_id": request_id}
    return JSONResponse({"error": error}, refused.status, refused.headers)


# What is not dealt with for a reason that the caller is told. Anything else is our own mistake.
EXPECTED: tuple[type[Exception], ...] = (
    Refused,
    HTTPException,
    NotYours,
    Overloaded,
    TimeoutError,
    Conflict,
    *UNREACHABLE,
)


def as_refused(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, HTTPException):
        return _by_starlette(error.status_code, error.headers)
    if isinstance(error, NotYours):
        return Refused(403, "not_yours")
    if isinstance(error, Overloaded):
        return Refused(503, "overloaded", headers={"Retry-After": "2"})  # what waits now is answered by then
    if isinstance(error, TimeoutError):
        return Refused(503, "busy")
    return Refused(503, "unavailable") if isinstance(error, EXPECTED) else Refused(500, "internal")


def refusals(form: ErrorForm) -> dict[Any, Any]:
    """Handlers, as Starlette takes them, for what refuses a request."""

    async def gone(connection: HTTPConnection, error: Exception) -> Response:
        return Response(status_code=400)  # nobody is there to read it

    return {ClientDisconnect: gone, **dict.fromkeys(EXPECTED, _handler(form))}


def errors_in(form: ErrorForm) -> list[Middleware]:
    """For a ``Route`` or a ``Mount``: whatever goes wrong there is said in this form; logged, if unexpected."""
    handlers = {**refusals(form), Exception: _handler(form)}
    return [Middleware(ExceptionMiddleware, handlers=handlers), Middleware(_NoPlainText, form)]


def _handler(form: ErrorForm) -> Any:
    async def handle(connection: HTTPConnection, error: Exception) -> Response | None:
        what = f"request {request_id(connection)}: {_place(connection)}"
        if isinstance(error, UNREACHABLE):  # without the statement and what it would write
            logger.error("%s: no database: %s", what, getattr(error, "orig", None) or type(error).__name__)
        elif not isinstance(error, EXPECTED):
            logger.error(what, exc_info=error)
        return await _answer(form, connection, as_refused(error))

    return handle


def _place(connection: HTTPConnection) -> str:
    """The path as the log may have it: some addresses are secrets."""
    path: str = connection.scope["path"]
    for name in _SECRET_PARTS:
        if value := connection.scope.get("path_params", {}).get(name):
            path = path.replace(value, "***")
    return path


class VendorRoute(Route):
    """All that is answered at its address is in the vendor's form, a method that it does not take among it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], form: ErrorForm, **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        self._in_form: ASGIApp = super().handle
        for middleware in reversed(errors_in(form)):
            self._in_form = middleware.cls(self._in_form, *middleware.args, **middleware.kwargs)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._in_form(scope, receive, send)


async def nowhere(ws: WebSocket) -> None:
    """Takes the sockets for which there is no route: Starlette would refuse them without a word."""
    raise HTTPException(404)


async def _answer(form: ErrorForm, connection: HTTPConnection, refused: Refused) -> Response | None:
    """What is to be sent; None when it has been, over a socket that was accepted before."""
    refused.language = language_of(connection.headers)
    connection.scope["in_form"] = True
    answer = form(refused, request_id(connection))
    if not isinstance(connection, WebSocket) or "accepted" not in connection.scope:
        return answer
    connection.application_state = WebSocketState.CONNECTED  # this one has not seen it
    with suppress(RuntimeError, WebSocketDisconnect):  # closed already
        await connection.send_text(bytes(answer.body).decode())
        await connection.close(closing_code(refused.status), refused.code)
    return None


def closing_code(status: int) -> int:
    """For a WebSocket: 4401 for 401 and so on, 1013 for 503 (try again later), 1011 for our own mistakes."""
    return {500: 1011, 503: 1013}.get(status, 4000 + status)


def _by_starlette(status: int, headers: Mapping[str, str] | None) -> Refused:
    return Refused(status, _OF_STARLETTE.get(status, "bad_request"), headers=headers)


class _NoPlainText:
    """Starlette refuses some requests by itself, in plain text: that is said in the form as well.

    Notes in passing whether a socket has been accepted.
    """

    def __init__(self, app: ASGIApp, form: ErrorForm) -> None:
        self._app, self._form = app, form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        replaced = False

        async def in_form(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "websocket.accept":
                scope["accepted"] = True
            is_refusal = message["type"] == "http.response.start" and message["status"] >= 400
            if is_refusal and "in_form" not in scope:
                headers = Headers(raw=list(message["headers"]))
                replaced = headers.get("content-type", "").startswith("text/plain")
                if replaced:
                    kept = {name: headers[name] for name in _KEPT if name in headers}
                    refused = _by_starlette(message["status"], kept)
                    answer = await _answer(self._form, HTTPConnection(scope), refused)
                    assert answer is not None
                    await answer(scope, receive, send)
            if not replaced:
                await send(message)

        await self._app(scope, receive, in_form)


# --- the request's id -----------------------------------------------------------------------------

_REQUEST_ID = re.compile(r"[!-~]{1,128}")


class RequestIds:
    """Gives each request an id, the caller's own if there is one, and says it in ``X-Request-Id``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = new_request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"].endswith("http.response.start"):
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


def new_request_id(headers: Mapping[str, str]) -> str:
    """The caller's own, if it has one that can be used."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def request_id(connection: HTTPConnection) -> str:
    return str(getattr(connection.state, "request_id", ""))
