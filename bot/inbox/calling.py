"""Calls to other people's servers, and how one that went wrong is taken: as failed, refused, or of unknown outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import NewConnectionError

from bot.inbox.delivery import Failed, Refused, Unknown

_PATIENCE = (5, 15)  # seconds: for a line, for an answer


def post(
    url: str, body: bytes, headers: Mapping[str, str], query: Mapping[str, str] | None = None
) -> requests.Response:
    return call("POST", url, body, headers, query)


def call(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    query: Mapping[str, str] | None = None,
) -> requests.Response:
    """The errors name no address: there may be a key in it.

    Raises:
        Failed, Unknown, Refused: no answer came.
    """
    try:
        return requests.request(
            method, url, data=body, params=query, headers=headers, timeout=_PATIENCE, allow_redirects=False
        )
    except requests.ConnectTimeout as error:
        raise Failed("no line") from error
    except (requests.ReadTimeout, requests.exceptions.ChunkedEncodingError) as error:
        raise Unknown("no answer") from error
    except requests.ConnectionError as error:
        if isinstance(getattr(error.args[0] if error.args else None, "reason", None), NewConnectionError):
            raise Failed("no line") from error
        raise Unknown("the line was cut") from error
    except requests.RequestException as error:
        raise Refused(type(error).__name__) from error


def check(answer: requests.Response) -> None:
    """
    Raises:
        Failed, Refused: by its status.
    """
    if answer.status_code in (408, 429) or answer.status_code >= 500:
        raise Failed(f"HTTP {answer.status_code}", _after_s(answer.headers.get("retry-after", "")))
    if not 200 <= answer.status_code < 300:
        raise Refused(f"HTTP {answer.status_code}")


def _after_s(said: str) -> float:
    """``Retry-After``: seconds, or a date."""
    if said.isdecimal():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
