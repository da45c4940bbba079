"""How the process is, for whoever keeps it running: is it alive, may it be sent messages, what does it count?

The first two are open to all and say no more than yes or no; the figures are behind the key.
"""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.doors.http import check_key, peer
from bot.inbox.inbox import Inbox
from bot.inbox.readiness import Readiness


def routes(inbox: Inbox) -> list[BaseRoute]:
    readiness = Readiness(inbox)

    async def alive(request: Request) -> JSONResponse:
        """The loop answers; nothing else is looked at, because a restart mends nothing else."""
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> JSONResponse:
        checks = await readiness.checks()
        well = all(checks.values())
        said = {name: "ok" if is_well else "failed" for name, is_well in checks.items()}
        return JSONResponse({"status": "ok" if well else "unavailable", "checks": said}, 200 if well else 503)

    async def metrics(request: Request) -> Response:
        check_key(request.headers, peer(request))
        return Response(await run_in_threadpool(inbox.metrics.text), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [
        Route("/health", alive),
        Route("/livez", alive),
        Route("/readyz", ready),
        Route("/metrics", metrics),
    ]
