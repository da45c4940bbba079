"""The files of the web widget, for pages of any origin: they hold no secrets, and module scripts ask for CORS."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from sanic.request import Request
from sanic.response import HTTPResponse, raw

_FOLDER = Path(__file__).resolve().parent.parent / "web" / "widget"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


async def widget_file(request: Request, name: str, folder: Path = _FOLDER) -> HTTPResponse:
    path = (folder / name).resolve()
    if folder not in path.parents or path.suffix not in _TYPES:
        return HTTPResponse(status=404)
    try:
        body = path.read_bytes()
    except OSError:  # not there, a folder, or a name that no file can have
        return HTTPResponse(status=404)
    headers = {
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",  # kept, but asked about each time: its address does not change with its content
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return HTTPResponse(status=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body)
    return raw(body, headers=headers, content_type=_TYPES[path.suffix])
