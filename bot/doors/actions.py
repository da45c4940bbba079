"""Rasa's action server: what ``rasa shell`` and ``rasa run`` call for every action, as the SDK's own would answer.

The SDK's listens on all addresses and asks nobody who they are; this one serves Rasa on the same machine, by token.
"""

from __future__ import annotations

import zlib
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.doors.http import LARGE_BYTES, is_local, json_object, peer, read_body
from bot.doors.refusals import Refused, RequestIds, errors_in, refusals
from bot.engine.action_server import Actions, has_token

_NO_CALL = 422  # 400 means to Rasa that an action does not want to run


def make_app(actions: Actions) -> Starlette:
    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def names(request: Request) -> JSONResponse:
        _check_caller(request)
        return JSONResponse([{"name": name} for name in actions.names])

    async def webhook(request: Request) -> JSONResponse:
        _check_caller(request)
        raw = await read_body(request, LARGE_BYTES)  # the whole domain, and everything that was said
        status, body = await run_in_threadpool(lambda: actions.run(_read(request, raw)))
        return JSONResponse(body, status)

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/actions", names),
            Route("/webhook", webhook, methods=["POST"]),
        ],
        middleware=[Middleware(RequestIds), *errors_in(actions_form)],
        exception_handlers=refusals(actions_form),
    )


def actions_form(refused: Refused, request_id: str) -> Response:
    """As the SDK words it."""
    return JSONResponse({"error": refused.message, "request_id": request_id}, refused.status, refused.headers)


def _check_caller(request: Request) -> None:
    if not is_local(request.headers, peer(request)):
        raise Refused(403, "forbidden", "only_rasa")
    if not has_token(request.headers, request.query_params):
        raise Refused(401, "unauthorized", "wrong_actions_token")


def _read(request: Request, raw: bytes) -> dict[str, Any]:
    """What Rasa has sent, compressed if it was told to (COMPRESS_ACTION_SERVER_REQUEST)."""
    if request.headers.get("content-encoding") == "deflate":
        unpacking = zlib.decompressobj()
        try:
            raw = unpacking.decompress(raw, LARGE_BYTES)
        except zlib.error as error:
            raise Refused(_NO_CALL, "bad_request", "no_json") from error
        if unpacking.unconsumed_tail:
            raise Refused(413, "too_large")
    return json_object(raw, _NO_CALL)
