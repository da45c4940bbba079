"""Makes the pages: templates, and what stands in them in Chinese or English."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response

from bot.casefile.words import WORDS as RECORDS
from bot.casefile.words import in_words
from bot.claims.deadlines import SHANGHAI
from bot.claims.model import Offer, Promise
from bot.claims.money import yuan
from bot.claims.yaml_file import read_mapping
from bot.console.guard import Visitor, language
from bot.desk.reasons import label
from bot.doors.refusals import CHINESE, Refused
from bot.privacy import mask_name
from bot.store import Author, Entry
from bot.talk.colleague import REFUSALS

WORDS: dict[str, dict[str, str]] = read_mapping(Path(__file__).with_name("words.yml"))


def said(key: str, language: str, **values: Any) -> str:
    """What ``words.yml`` has under this name."""
    return WORDS[key][language].format(**values) if values else WORDS[key][language]


def page(
    request: HTTPConnection, template: str, visitor: Visitor | None = None, status: int = 200, **values: Any
) -> Response:
    """``template`` without its ``.html``; ``values`` for it."""
    spoken = language(request)
    common = {
        "visitor": visitor,
        "language": spoken,
        "path": request.url.path,
        "said": request.query_params.get("said"),
    }
    return HTMLResponse(_environment(spoken).get_template(f"{template}.html").render({**common, **values}), status)


def refusal(refused: Refused, request_id: str) -> Response:
    """How the counter says that something cannot be done."""
    values = {"message": refused.message, "request_id": request_id, "language": refused.language}
    template = _environment(refused.language).get_template("refused.html")
    return HTMLResponse(template.render(visitor=None, path="", said=None, **values), refused.status, refused.headers)


@lru_cache(maxsize=2)
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def t(key: str, **values: Any) -> str:
        return said(key, language, **values)

    def named(value: Any, name: str = "") -> str:
        """What the records hold, in words."""
        return in_words(value, name) if language == CHINESE else _in_english(value) or in_words(value, name)

    def reason(code: str) -> str:
        return label(code) if language == CHINESE else code.replace("_", " ")

    def line(entry: Entry) -> str:
        """What was said, or shown, in a line."""
        if entry.author is Author.SYSTEM:
            return str(RECORDS["system"].get(entry.body.get("state"), ""))
        if entry.file:
            kind = "file_refused" if "error" in entry.file else "video" if entry.file.get("video") else "picture"
            return f"[{t(kind)}]"
        return entry.text

    def span(time: timedelta) -> str:
        minutes = max(1, int(time.total_seconds() // 60))
        if minutes < 100:
            return t("minutes", n=minutes)
        return t("hours", n=minutes // 60) if minutes < 48 * 60 else t("days", n=minutes // (24 * 60))

    in_chinese = Markup("" if language == CHINESE else ' lang="zh-CN"')  # the rulebook's words, the buyer's, the bot's
    environment.globals |= {"t": t, "known": WORDS, "in_chinese": in_chinese}
    environment.filters |= {
        "yuan": yuan,
        "named": named,
        "reason": reason,
        "line": line,
        "span": span,
    }
    environment.filters |= {
        "segment": partial(quote, safe=""),
        "clock": _clock,
        "masked": _masked,
        "refusal": REFUSALS.__getitem__,
    }
    return environment


def _in_english(value: Any) -> str:
    """Names stand for themselves. Empty for what has none: its Chinese is shown then."""
    if isinstance(value, Enum):
        return str(value.value).replace("_", " ")
    if isinstance(value, Offer):
        sums = " + ".join(yuan(fen) for fen in (value.amount_fen, value.goodwill_fen) if fen)
        return f"{value.remedy.value} {sums}, due {_clock(value.due_at)}"
    if isinstance(value, Promise):
        return f"{value.remedy.value}, due {_clock(value.due_at)}"
    return ""


def _clock(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}"


def _masked(name: str | None) -> str:
    return mask_name(name) if name else ""
