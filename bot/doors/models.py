"""The models of OpenAI's form: data in ``models.yml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Extra, Field

from bot.claims.yaml_file import read_mapping


class Model(BaseModel):
    """``most``: characters of an answer, which is one line then."""

    most: int | None = None
    commits: bool = True
    same_as: str | None = Field(default=None, alias="as")
    tool: str | None = None

    class Config:
        extra = Extra.forbid


def model_named(name: str) -> Model | None:
    found = _models().get(name)
    if found and found.same_as:
        return _models()[found.same_as].copy(update={"tool": found.tool})
    return found


def names() -> list[str]:
    """Those that are shown; other names of the same are only understood."""
    return [name for name, model in _models().items() if not model.same_as]


@lru_cache(maxsize=1)
def _models() -> dict[str, Model]:
    raw: dict[str, Any] = read_mapping(Path(__file__).with_suffix(".yml"))
    return {name: Model(**model) for name, model in raw.items()}
