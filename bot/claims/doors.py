"""``doors:`` of ``shop.yml``: what the shop lets the bot do behind a door, or for one program's key."""

from __future__ import annotations

from enum import Enum

from pydantic import BaseModel, Extra, Field, validator


class Mode(str, Enum):
    AUTO = "auto"  # an answer counts: what is agreed is agreed
    SUGGEST = "suggest"  # worked out for the seller to look at; nothing is written
    OFF = "off"  # not a word


class Outside(str, Enum):
    """What is said to that which is none of the bot's business."""

    ANSWER = "answer"  # the bot says so in its own words
    SILENT = "silent"
    LINE = "line"  # ``outside_line``
    UPSTREAM = "upstream"  # what another model of the shop's says (SHAOFA_UPSTREAM_URL)


class DoorPolicy(BaseModel):
    """``night`` is the mode at hours when nobody is there. ``sure_percent``: an answer of which the bot is less sure is
    only suggested. ``marker``: put at the end of the answer that hands over, and in no other. ``hold_line``: said
    instead of nothing while a person has it. ``tool``: one of ``bot/doors/prompts.yml`` whose prompts name the buyer.
    """

    mode: Mode = Mode.AUTO
    night: Mode | None = None
    sure_percent: int = Field(default=0, ge=0, le=100)
    marker: str | None = Field(default=None, min_length=2, max_length=20)
    hold_line: str | None = Field(default=None, max_length=200)
    outside: Outside = Outside.ANSWER
    outside_line: str | None = Field(default=None, max_length=200)
    tool: str | None = None

    class Config:
        extra = Extra.forbid
        frozen = True

    @validator("outside_line", always=True)
    def _goes_with_line(cls, line: str | None, values: dict[str, object]) -> str | None:
        if (values.get("outside") is Outside.LINE) != bool(line):
            raise ValueError("goes with outside: line, and only with it")
        return line

    def mode_at(self, is_open: bool) -> Mode:
        return self.mode if is_open or self.night is None else self.night
