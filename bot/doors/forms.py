"""Messages with files as a form (``multipart/form-data``): what is a file goes to disk as it comes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import IO

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from bot.doors.http import JSON_BYTES, stream_body
from bot.doors.refusals import Refused

logger = logging.getLogger(__name__)


def is_form(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith("multipart/form-data")


@asynccontextmanager
async def read_form(
    request: Request, name: str, most_files: int, limit: int
) -> AsyncIterator[tuple[bytes, list[IO[bytes]]]]:
    """The field ``name``, up to 256 kB, and the files, which are gone at the end of the block.

    The form has no more than ``limit`` bytes in all.

    Raises:
        Refused: when it is no such form; 413 when it is longer; and as ``stream_body`` does.
    """
    _check_no_page(request.headers)
    form = await _parsed(request, most_files, limit)
    try:
        field = form.get(name)
        if not isinstance(field, str):
            raise Refused(400, "bad_request", "no_form_field", {"name": name})
        yield field.encode(), [part.file for _, part in form.multi_items() if isinstance(part, UploadFile)]
    finally:
        await form.close()


async def _parsed(request: Request, most_files: int, limit: int) -> FormData:
    body = stream_body(request, limit)
    parser = MultiPartParser(request.headers, body, max_files=most_files, max_fields=1, max_part_size=JSON_BYTES)
    try:
        return await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Part exceeded"):
            raise Refused(413, "too_large") from error
        if error.message.startswith("Too many files"):
            raise Refused(400, "bad_request", "too_many_files", {"most": most_files}) from error
        raise Refused(400, "bad_request", "wrong_form", {"problem": error.message}) from error
    except OSError as error:
        logger.error("a form cannot be taken: %s", error)
        raise Refused(503, "no_room") from error


def _check_no_page(headers: Mapping[str, str]) -> None:
    """
    Raises:
        Refused: a page of another site can post a form without asking; browsers say where it comes from.
    """
    if "origin" in headers:
        raise Refused(403, "forbidden", "form_of_a_page")
