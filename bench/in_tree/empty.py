"""Run with a checkout's interpreter: ``empty.py FRAMEWORK PORT`` serves a POST that checks the key and answers at once.

It is what a request costs before anything of ours happens: the same framework, started as that checkout starts it.
"""

import hmac
import json
import os
import sys

KEY = os.environ["SHAOFA_API_KEY"].encode()
ANSWER = {"replies": []}


def allowed(authorization: str | None) -> bool:
    return hmac.compare_digest((authorization or "").removeprefix("Bearer ").encode(), KEY)


def on_sanic(port: int) -> None:
    from sanic import Sanic
    from sanic.request import Request
    from sanic.response import HTTPResponse
    from sanic.response import json as respond

    app = Sanic("empty", configure_logging=False)

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return respond({"status": "ok"})

    @app.post("/v1/messages")
    async def messages(request: Request) -> HTTPResponse:
        if not allowed(request.headers.get("authorization")):
            return respond({}, status=401)
        json.loads(request.body)
        return respond(ANSWER)

    app.run(host="127.0.0.1", port=port, access_log=False, motd=False)


def on_starlette(port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def messages(request: Request) -> JSONResponse:
        if not allowed(request.headers.get("authorization")):
            return JSONResponse({}, status_code=401)
        json.loads(await request.body())
        return JSONResponse(ANSWER)

    app = Starlette(routes=[Route("/health", health), Route("/v1/messages", messages, methods=["POST"])])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        http="httptools",
        ws="wsproto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    {"sanic": on_sanic, "starlette": on_starlette}[sys.argv[1]](int(sys.argv[2]))
