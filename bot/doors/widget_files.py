"""The files of the web widget, for pages of any origin: they hold no secrets, and module scripts ask for CORS."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import ASGIApp, Scope

FOLDER = Path(__file__).resolve().parent.parent / "web" / "widget"
# Said here: what Python thinks of a suffix depends on the machine, and a module script of another type is not run.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def routes(folder: Path = FOLDER) -> list[BaseRoute]:
    return [Mount("/widget", files_in(folder), name="widget")]


def files_in(folder: Path) -> ASGIApp:
    """The files of a page, and nothing of another kind that may lie there."""
    # An empty answer (304) stays empty: packed it would have a body, which the line's next answer would begin with.
    return GZipMiddleware(_Files(directory=folder), minimum_size=1)


class _Files(StaticFiles):
    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        kind = _TYPES.get(PurePath(full_path).suffix)
        if kind is None:
            raise HTTPException(404)
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        # Kept, but asked about each time: a file's address does not change with its content.
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["ETag"] = f"W/{answer.headers['ETag']}"  # weak: gzipped it is not the same byte for byte
        if answer.status_code == 200:
            answer.headers["Content-Type"] = kind
        return answer
