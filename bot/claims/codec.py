"""Orders and claims to JSON and back: enums by value, times in ISO 8601 with their zone, money in fen."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import parse_obj_as
from pydantic.json import pydantic_encoder

T = TypeVar("T")


def to_json(record: Any) -> dict[str, Any]:
    """A frozen dataclass of ``bot.claims.model`` as plain JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(record, default=pydantic_encoder))
    return plain


def from_json(kind: type[T], body: dict[str, Any]) -> T:
    """The record that ``to_json`` wrote.

    Raises:
        pydantic.ValidationError: when the body is no such record.
    """
    return parse_obj_as(kind, body)
