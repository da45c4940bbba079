"""The neutral API, described: ``/openapi.json`` for programs, ``/docs`` to read. Both from ``openapi.yml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.claims.yaml_file import read_mapping

_HERE = Path(__file__)
_METHODS = ("get", "post")
_HEADERS = {
    # The page needs nothing but its own style, and no script at all.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def routes() -> list[BaseRoute]:
    async def as_json(request: Request) -> Response:
        return JSONResponse(document())

    async def page(request: Request) -> Response:
        return HTMLResponse(_page(), headers=_HEADERS)

    async def style(request: Request) -> Response:
        return Response(_HERE.with_suffix(".css").read_bytes(), media_type="text/css", headers=_HEADERS)

    return [Route("/openapi.json", as_json), Route("/docs", page), Route("/docs.css", style)]


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    return dict(read_mapping(_HERE.with_suffix(".yml")))


@lru_cache(maxsize=1)
def _page() -> str:
    api = document()
    calls = [
        {"method": method.upper(), "path": path, **call, "parameters": [*_of(item), *_of(call)]}
        for path, item in api["paths"].items()
        for method, call in item.items()
        if method in _METHODS
    ]
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        _HERE.with_suffix(".html").read_text(encoding="utf-8")
    )
    return template.render(api=api, calls=calls, schemas=api["components"]["schemas"], kind=_kind)


def _of(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Its parameters, those that are named elsewhere looked up."""
    return [_found(each) for each in item.get("parameters", ())]


def _found(item: dict[str, Any]) -> dict[str, Any]:
    found: Any = document()
    if "$ref" not in item:
        return item
    for part in item["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: string | null, Claim[], buyer | agent."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if "oneOf" in schema:
        return " | ".join(map(_kind, schema["oneOf"]))
    kinds = schema.get("type", "object")
    if kinds == "array":
        return f"{_kind(schema['items'])}[]"
    return kinds if isinstance(kinds, str) else " | ".join(kinds)
