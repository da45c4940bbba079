"""Pages of other origins only when the settings name them. What is no page sends no ``Origin``.

Starlette's ``CORSMiddleware`` lets a foreign page's request through and only keeps the answer from it; ours must not
even reach the door, and the server's own origin depends on the name it is called by.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.doors.refusals import ErrorForm, language_of, request_id
from bot.doors.web.refusals import refusal
from bot.settings import settings


class Origins:
    def __init__(self, app: ASGIApp, form: ErrorForm) -> None:
        self._app, self._form = app, form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if not _is_ours(origin, headers.get("host")):
            refused = refusal("bad_origin")
            refused.language = language_of(headers)
            await self._form(refused, request_id(HTTPConnection(scope)))(scope, receive, send)
            return

        async def allow(message: Message) -> None:
            if origin and message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(
                    {
                        "Access-Control-Allow-Origin": origin,
                        "Access-Control-Allow-Headers": "Authorization, Content-Type",
                        "Access-Control-Allow-Methods": "GET, POST",
                        "Access-Control-Max-Age": "600",
                        "Vary": "Origin",
                    }
                )
            await send(message)

        asks_first = scope["type"] == "http" and scope["method"] == "OPTIONS"
        await (Response(status_code=204) if asks_first else self._app)(scope, receive, allow)


def _is_ours(origin: str | None, host: str | None) -> bool:
    # A proxy that ends TLS makes https into http, so the scheme is not compared.
    return origin is None or origin.partition("://")[2] == host or origin in settings().allowed_origins
