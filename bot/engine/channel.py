"""A door of Rasa's own server: JSON in, JSON out. What stands behind it is said by a subclass, which needs no Rasa."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as respond

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Call:
    """One request. ``headers`` have small names and, as in ASGI, a character for a byte.

    ``read`` gives the body; None when it is longer than so many bytes.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    peer: str | None
    read: Callable[[int], Awaitable[bytes | None]]
    agent: Agent


class JsonChannel(InputChannel):
    paths: ClassVar[Mapping[str, str]]  # method by path

    @abstractmethod
    async def answer(self, call: Call) -> Answer:
        """Status and body of the answer."""

    def url_prefix(self) -> str:
        return "/"  # Rasa mounts channels under /webhooks/; this takes the door out of there

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]] | None = None) -> Blueprint:
        """Rasa passes ``on_new_message``; what answers here calls the agent itself."""
        door = Blueprint(self.name())

        async def handle(request: Request) -> HTTPResponse:
            status, body = await self.answer(_call(request))
            return respond(body, status=status)

        for number, (path, method) in enumerate(self.paths.items()):
            # Sanic reads a body before it asks anybody, unless the handler reads it.
            door.add_route(handle, path, methods=[method], stream=method == "POST", name=f"door{number}")
        door.signal("http.lifecycle.request")(_refuse_odd_length)
        return door


async def _refuse_odd_length(request: Request) -> None:
    """Sanic 21.12 waits for ever, and blocks the process, for the end of a body of -1 bytes."""
    length = request.headers.get("content-length")
    coding = request.headers.get("transfer-encoding")
    if (length is not None and not (length.isdecimal() and length.isascii())) or coding not in (None, "chunked"):
        raise InvalidUsage("Bad Request")


def _call(request: Request) -> Call:
    async def read(limit: int) -> bytes | None:
        if int(request.headers.get("content-length") or 0) > limit:
            return None
        parts, size = [], 0
        async for part in request.stream:
            size += len(part)
            if size > limit:
                return None
            parts.append(part)
        return b"".join(parts)

    headers = {name: value.encode("utf-8", "surrogateescape") for name, value in request.headers.items()}
    return Call(
        method=request.method,
        path=request.path,
        headers={name: value.decode("latin-1") for name, value in headers.items()},
        peer=request.ip,
        read=read,
        agent=request.app.ctx.agent,
    )
