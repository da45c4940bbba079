"""What all doors share, and nothing of one of them: who may call, and how much is read."""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
import time
from collections.abc import AsyncGenerator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import anyio
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.doors.refusals import Refused, WrongField
from bot.office import keys
from bot.settings import settings
from bot.store.keys import DEFAULT as DEFAULT_KEY
from bot.store.keys import PREFIX, SCOPES

# Half characters and control characters: no database takes all of them. For ids in a body.
STORABLE = r"^[^\x00-\x1f\x7f\ud800-\udfff]*\Z"
JSON_BYTES = 256_000  # a body without files: far more than anybody types
LARGE_BYTES = 20_000_000  # one with pictures in it as base64, a third larger than they are
_UNCOUNTED = 16_000  # bytes of each body: who blocks the memory for bodies keeps nobody from a word
_STALLED_S = 30  # a body of which nothing more comes
_SLOWEST = 4_000  # bytes a second, after these 30 s: a bad line has more, who drips on purpose has less

Body = TypeVar("Body", bound=BaseModel)


# --- who may call ---------------------------------------------------------------------------------

# Who passes on what others send names it in one of these.
_OF_PROXIES = re.compile(
    r"forwarded|x-forwarded-.+|via|x-real-ip|x-original-.+|x-client-ip|x-cluster-client-ip|client-ip|true-client-ip"
    r"|cf-.+|fastly-.+|ali-cdn-real-ip|x-envoy-.+|x-amz-cf-id|cdn-loop"
)


# The doors that name conversations themselves: door, key or inbox, and what is theirs.
_NAMING_DOORS = frozenset({"openai", "dify", "xianyu", "alime", "chatwoot"})


@dataclass(frozen=True)
class Caller:
    """Whose key it is, and what it opens (``bot.store.keys.SCOPES``)."""

    name: str
    scopes: frozenset[str]

    def check(self, scope: str) -> None:
        """
        Raises:
            Refused: 403, the key does not open this.
        """
        if scope not in self.scopes:
            raise Refused(403, "forbidden", "no_scope", {"scope": scope})

    def check_conversation(self, conversation_id: str) -> None:
        """A program with a key of its own stays out of what the other doors have named, but for its own part of it.

        Raises:
            Refused: 403, it is another program's, or a desk's.
        """
        door, _, rest = conversation_id.partition(":")
        if self != DEFAULT and door in _NAMING_DOORS and not rest.startswith(f"{self.name}:"):
            raise Refused(403, "not_yours")


# Who has the key of the settings, or calls from this machine where there is none.
DEFAULT = Caller(DEFAULT_KEY, frozenset(SCOPES))


async def called_by(request: Request, scope: str) -> Caller:
    """
    Raises:
        Refused: as ``check_key`` does; 403 when the key does not open this, 429 when it is used too fast.
    """
    caller = await run_in_threadpool(check_key, request.headers, peer(request))
    caller.check(scope)
    _check_rate(caller)
    return caller


def check_key(headers: Mapping[str, str], peer: str | None) -> Caller:
    """Who calls. Asks the database where a key has our form.

    Raises:
        Refused: 401 without a key that is good, 403 from another machine when no key is set or given.
    """
    given, key = given_key(headers), settings().api_key
    if key and hmac.compare_digest(given, key.get_secret_value().encode()):
        return DEFAULT
    if given.startswith(PREFIX.encode()):
        made = keys().find(given.decode("latin-1"))
        if made is None:
            raise _wrong_key()
        return Caller(made.name, made.scopes)
    if key:
        raise _wrong_key()
    if not is_local(headers, peer):
        raise Refused(403, "forbidden", "no_key_set")
    return DEFAULT


_CROWD_S = 5  # so many seconds' requests may come in one moment
_buckets: dict[str, tuple[float, float]] = {}  # by name of the key: requests left, and when that was


def _check_rate(caller: Caller) -> None:
    """A token bucket for each key: a crowd that comes at once is let in, as long as it is no stream."""
    rate, now = settings().api_rate, time.monotonic()
    most = float(rate * _CROWD_S)
    left, at = _buckets.get(caller.name, (most, now))
    left = min(most, left + (now - at) * rate)
    if left < 1:
        raise Refused(429, "too_many", headers={"Retry-After": "1"})
    _buckets[caller.name] = left - 1, now


def _wrong_key() -> Refused:
    return Refused(401, "unauthorized", "wrong_key", headers={"WWW-Authenticate": "Bearer"})


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


class InFlight:
    """How much of bodies is in memory, all requests together; given back when a request is over.

    Messages have a share of their own: a few callers with large pictures do not keep all others from speaking.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            share, size = scope.pop("in_flight", (None, 0))
            if share:
                share.taken -= size


class Share:
    def __init__(self, most: int) -> None:
        self.most, self.taken = most, 0

    def take(self, scope: MutableMapping[str, Any], size: int) -> None:
        """
        Raises:
            Refused: 503 when so much more would be too much.
        """
        if self.taken + size > self.most:
            raise Refused(503, "busy", "crowded")
        self.taken += size
        scope["in_flight"] = self, scope.get("in_flight", (self, 0))[1] + size


SMALL, LARGE = Share(16_000_000), Share(48_000_000)


async def read_body(request: Request, limit: int, code: str = "too_large") -> bytes:
    """The body, if it is no longer than ``limit`` bytes; what says beforehand that it is, is not read.

    Raises:
        Refused: 413 with this code; 408 when the rest does not come; 503 when too many are being read at once.
    """
    share = SMALL if limit <= JSON_BYTES else LARGE
    parts: list[bytes] = []
    counted = size = 0
    async for part in stream_body(request, limit, code):
        size += len(part)
        more = max(0, size - _UNCOUNTED) - counted
        share.take(request.scope, more)
        counted += more
        parts.append(part)
    return b"".join(parts)


async def stream_body(request: Request, limit: int, code: str = "too_large") -> AsyncGenerator[bytes, None]:
    """The same as it comes, for those who keep none of it in memory.

    Starlette's own limit answers before anybody could ask for the key, and in no door's form.

    Raises:
        Refused: 413 with this code; 408 when the rest does not come, or too slowly.
    """
    if announced(request.headers) > limit:
        raise Refused(413, code)
    size, stream, began = 0, request.stream(), anyio.current_time()
    while True:
        # 30 s from now, and from the beginning as many more as what has come may take.
        until = min(anyio.current_time(), began + size / _SLOWEST) + _STALLED_S
        try:
            with anyio.fail_after(until - anyio.current_time()):
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
        raise Refused(400, "bad_request", "wrong_type")


def parse(kind: type[Body], raw: bytes | str) -> Body:
    """
    Raises:
        Refused: when the body is no JSON object, or a field is missing or of the wrong kind.
    """
    found = json_object(raw)
    try:
        return kind(**found)
    except ValidationError as error:
        raise WrongField(error) from error
    except TypeError as error:  # a field that has the name of pydantic's own first argument
        raise Refused(400, "bad_request") from error


def json_object(raw: bytes | str, status: int = 400) -> dict[str, Any]:
    """
    Raises:
        Refused: with this status, when it is none.
    """
    try:
        found = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(status, "bad_request", "no_json") from error
    if not isinstance(found, dict):
        raise Refused(status, "bad_request", "no_object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
