"""Rasa's action server: what ``rasa shell`` and ``rasa run`` call for every action, as the SDK's own would answer.

The SDK's listens on all addresses and asks nobody who they are; this one serves Rasa on the same machine, by token.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.doors.http import is_local, peer, read_body
from bot.doors.refusals import Refused, RequestIds, errors_in, refusals
from bot.engine.action_server import Actions, has_token

BODY_BYTES = 20_000_000  # each call has the whole domain and everything that was said


def make_app(actions: Actions) -> Starlette:
    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def names(request: Request) -> JSONResponse:
        _check_caller(request)
        return JSONResponse([{"name": name} for name in actions.names])

    async def webhook(request: Request) -> JSONResponse:
        _check_caller(request)
        raw = await read_body(request, BODY_BYTES)
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
    """As the SDK words it. 400 means to Rasa that an action does not want to run: it is for that alone."""
    return JSONResponse({"error": refused.message, "request_id": request_id}, refused.status, refused.headers)


def _check_caller(request: Request) -> None:
    if not is_local(request.headers, peer(request)):
        raise Refused(403, "forbidden", "只接受本机的 Rasa")
    if not has_token(request.headers, request.query_params):
        raise Refused(401, "unauthorized", "没有带 SHAOFA_ACTIONS_TOKEN，或者不对（见 endpoints.yml）")


def _read(request: Request, raw: bytes) -> dict[str, Any]:
    """What Rasa has sent, compressed if it was told to (COMPRESS_ACTION_SERVER_REQUEST)."""
    try:
        if request.headers.get("content-encoding") == "deflate":
            unpacking = zlib.decompressobj()
            raw = unpacking.decompress(raw, BODY_BYTES)
            if unpacking.unconsumed_tail:
                raise Refused(413, "too_large")
        call = json.loads(raw)
    except (ValueError, RecursionError, zlib.error) as error:
        raise Refused(422, "bad_request", "请求体不是合法的 JSON") from error
    if not isinstance(call, dict):
        raise Refused(422, "bad_request", "请求体应当是一个 JSON 对象")
    return call
