"""What all doors share, and nothing of one of them: who may call, how much is read, and how a refusal is worded."""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
import re
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

import anyio
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from bot.inbox.model import NotYours, Overloaded
from bot.settings import settings

logger = logging.getLogger(__name__)

# Half characters and control characters: no database takes all of them. For ids in a body.
STORABLE = r"^[^\x00-\x1f\x7f\ud800-\udfff]*\Z"
JSON_BYTES = 256_000  # a body without files: far more than anybody types
_RETRY_AFTER_S = 5
_STALLED_S = 30  # a body of which nothing more comes

Body = TypeVar("Body", bound=BaseModel)


# --- refusals -------------------------------------------------------------------------------------

# What an integrator reads where nothing more exact is said.
MESSAGES = {
    "bad_request": "请求的内容不对",
    "not_found": "没有这个地址",
    "method_not_allowed": "这个地址不接受这种请求方法",
    "timeout": "请求体没有在时限内传完",
    "too_large": "请求体太大了",
    "not_yours": "这个会话是另一位买家的，请另开一个会话",
    "busy": "这个会话正忙，消息已经收下，请稍后用同一个 id 再发一次",
    "overloaded": "现在消息太多，这条没有收下，请过几秒再发一次",
    "unavailable": "现在存不了文件，请过几分钟再试",
    "internal": "服务器出错了，请稍后再试；找我们时请带上 request_id",
}
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 408: "timeout", 413: "too_large"}


class Refused(Exception):
    """A request that is not dealt with. ``code`` is for programs; a door's ``ErrorForm`` makes the answer of it."""

    def __init__(
        self, status: int, code: str, message: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.headers = status, code, headers
        self.message = MESSAGES.get(code, code) if message is None else message


# A refusal and the request's id in, what is sent out. A door that speaks as its vendor does has one of its own.
ErrorForm = Callable[[Refused, str], Response]


def neutral_form(refused: Refused, request_id: str) -> Response:
    error = {"code": refused.code, "message": refused.message, "request_id": request_id}
    return JSONResponse({"error": error}, refused.status, refused.headers)


def refusals(form: ErrorForm) -> dict[Any, ExceptionHandler]:
    """Handlers, as Starlette takes them, for what refuses a request."""

    async def refused(request: HTTPConnection, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return form(error, request_id(request))

    async def by_starlette(request: HTTPConnection, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, "bad_request")
        return form(Refused(error.status_code, code, headers=error.headers), request_id(request))

    async def gone(request: HTTPConnection, error: Exception) -> Response:
        return Response(status_code=400)  # nobody is there to read it

    async def not_yours(request: HTTPConnection, error: Exception) -> Response:
        return form(Refused(403, "not_yours"), request_id(request))

    async def busy(request: HTTPConnection, error: Exception) -> Response:
        return form(Refused(503, "busy", headers={"Retry-After": str(_RETRY_AFTER_S)}), request_id(request))

    async def overloaded(request: HTTPConnection, error: Exception) -> Response:
        return form(Refused(503, "overloaded", headers={"Retry-After": str(_RETRY_AFTER_S)}), request_id(request))

    return {
        Refused: refused,
        HTTPException: by_starlette,
        ClientDisconnect: gone,
        NotYours: not_yours,
        Overloaded: overloaded,
        TimeoutError: busy,
    }


def errors_in(form: ErrorForm) -> list[Middleware]:
    """For a ``Route`` or a ``Mount``: whatever goes wrong there is said in this form; logged, if unexpected."""

    async def failed(connection: HTTPConnection, error: Exception) -> Response | None:
        logger.error("request %s: %s", request_id(connection), connection.scope["path"], exc_info=error)
        if isinstance(connection, WebSocket):
            with suppress(RuntimeError):  # closed already
                await connection.close(1011)
            return None
        return form(Refused(500, "internal"), request_id(connection))

    handlers: dict[Any, Any] = {**refusals(form), Exception: failed}
    return [Middleware(ExceptionMiddleware, handlers=handlers)]


_REQUEST_ID = re.compile(r"[!-~]{1,128}")


class RequestIds:
    """Gives each request an id, the caller's own if there is one, and says it in ``X-Request-Id``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


def request_id(connection: HTTPConnection) -> str:
    return str(getattr(connection.state, "request_id", ""))


# --- who may call ---------------------------------------------------------------------------------

# Who passes on what others send names it in one of these.
_OF_PROXIES = re.compile(
    r"forwarded|x-forwarded-.+|via|x-real-ip|x-original-.+|x-client-ip|x-cluster-client-ip|client-ip|true-client-ip"
    r"|cf-.+|fastly-.+|ali-cdn-real-ip|x-envoy-.+|x-amz-cf-id|cdn-loop"
)


def check_key(headers: Mapping[str, str], peer: str | None) -> None:
    """
    Raises:
        Refused: 401 without the key that the settings ask for, 403 from another machine when no key is set.
    """
    key = settings().api_key
    if key is None:
        if not is_local(headers, peer):
            raise Refused(403, "forbidden", "没有设置 SHAOFA_API_KEY 时只接受本机访问")
    elif not hmac.compare_digest(given_key(headers), key.get_secret_value().encode()):
        message = "密钥不对或没有带：请在 Authorization: Bearer 里带上 SHAOFA_API_KEY"
        raise Refused(401, "unauthorized", message, {"WWW-Authenticate": "Bearer"})


def given_key(headers: Mapping[str, str]) -> bytes:
    """What stands in ``Authorization: Bearer`` or, for those that cannot set it, in ``X-API-Key``."""
    return (bearer(headers) or headers.get("x-api-key", "")).encode("latin-1")  # bytes, as they came


def bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_local(headers: Mapping[str, str], peer: str | None) -> bool:
    """From this machine itself, and meant for it.

    A proxy or tunnel on it that passes on what the world sends comes from here too: it says so in a header, or leaves
    the name that the world calls it by in ``Host``, as does a page whose name was made to point here.
    """
    if any(_OF_PROXIES.fullmatch(name) for name in headers):
        return False
    host = re.sub(r":\d*\Z", "", headers.get("host", "")).strip("[]")
    return _is_loopback(peer or "") and (host.lower() == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def peer(connection: HTTPConnection) -> str | None:
    """The address at the other end of the line."""
    return connection.client.host if connection.client else None


# --- bodies ---------------------------------------------------------------------------------------


async def read_body(request: Request, limit: int, code: str = "too_large") -> bytes:
    """The body, if it is no longer than ``limit`` bytes. Raises as ``stream_body`` does."""
    return b"".join([part async for part in stream_body(request, limit, code)])


async def stream_body(request: Request, limit: int, code: str = "too_large") -> AsyncGenerator[bytes, None]:
    """The body as it comes, up to ``limit`` bytes; what says beforehand that it is longer, is not read.

    Starlette's own limit answers before anybody could ask for the key, and in no door's form.

    Raises:
        Refused: 413 with this code; 408 when the rest does not come.
    """
    if announced(request.headers) > limit:
        raise Refused(413, code)
    size, stream = 0, request.stream()
    while True:
        try:
            with anyio.fail_after(_STALLED_S):
                part = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Refused(408, "timeout", headers={"Connection": "close"}) from error
        size += len(part)
        if size > limit:
            raise Refused(413, code)
        yield part


def announced(headers: Mapping[str, str]) -> int:
    """The bytes that the head says will follow, 0 where it says nothing."""
    declared = headers.get("content-length", "")
    return int(declared) if declared.isdecimal() else 0


def check_json(headers: Mapping[str, str]) -> None:
    """
    Raises:
        Refused: a form on a page of another site can post anything but this content type without asking.
    """
    if not headers.get("content-type", "").lower().startswith("application/json"):
        raise Refused(400, "bad_request", "请用 Content-Type: application/json")


def parse(kind: type[Body], raw: bytes | str) -> Body:
    """
    Raises:
        Refused: when the body is no JSON object, or a field is missing or of the wrong kind.
    """
    try:
        found = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_request", "请求体不是合法的 JSON") from error
    if not isinstance(found, dict):
        raise Refused(400, "bad_request", "请求体应当是一个 JSON 对象")
    try:
        return kind(**found)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        said = "里面有控制字符或半个字符" if first["type"] == "value_error.str.regex" else first["msg"]
        raise Refused(400, "bad_request", f"字段 {field} 不对：{said}") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
