"""The queue and the other lists of conversations, and the stream that says when there is something new."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.claims.model import ClaimState
from bot.console.guard import HOME, visitor
from bot.console.visit import Visit, route
from bot.desk.reasons import REASONS
from bot.doors.refusals import Refused
from bot.inbox.inbox import Inbox
from bot.inbox.text import printable
from bot.store import UNREACHABLE
from bot.store.worklist import PAGE, Item

TABS = ("waiting", "person", "bot", "done")
ACTIVE = timedelta(days=1)  # where nothing was said for so long, nobody is at it
_LOOK_EVERY_S = 1.0
_PING_EVERY = 15  # looks


def routes(inbox: Inbox) -> list[BaseRoute]:
    async def events(request: Request) -> Response:
        if await run_in_threadpool(visitor, inbox.desk, request) is None:
            raise Refused(403, "forbidden", "not_logged_in")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would collect before it passes on
        return StreamingResponse(_news(inbox, request), headers=headers, media_type="text/event-stream")

    return [route(inbox, "/", show), Route("/events", events)]


def show(visit: Visit) -> Response:
    query = visit.query
    tab, text, after = query.get("tab", TABS[0]), query.get("q", "").strip()[:100], query.get("after") or None
    state = _state(query.get("state", ""))
    reason, mine = query.get("reason", ""), bool(query.get("mine"))
    worklist, since = visit.store.worklist, visit.now - ACTIVE
    if text:
        items, tab = worklist.search(text, after), ""
    elif state:
        items, tab = worklist.in_state(state, after), ""
    elif tab == "person":
        items = worklist.with_person(after, visit.visitor.name if mine else None)
    elif tab == "bot":
        items = worklist.with_bot(since, after)
    elif tab == "done":
        items = worklist.quiet(since, after)
    else:
        items, tab = worklist.waiting(after, reason or None), TABS[0]
    chosen: dict[str, Any] = {
        "tab": tab,
        "q": text,
        "state": state.value if state else "",
        "reason": reason,
        "mine": "1" if mine else "",
    }
    return visit.page(
        "queue",
        items=items,
        counts=worklist.counts(),
        tabs=TABS,
        states=list(ClaimState),
        reasons=list(REASONS),
        next=_next(chosen, items),
        now=visit.now,
        **chosen,
    )


def _next(chosen: dict[str, Any], items: list[Item]) -> str | None:
    """Where the next page is; None: this one is the last."""
    if len(items) < PAGE or not items[-1].key:
        return None
    given = {name: value for name, value in chosen.items() if value}
    return f"{HOME}?{urlencode({**given, 'after': items[-1].key})}"


def _state(name: str) -> ClaimState | None:
    with suppress(ValueError):
        return ClaimState(name)
    return None


# --- what is new ----------------------------------------------------------------------------------


async def _news(inbox: Inbox, request: Request) -> AsyncIterator[str]:
    """How many wait, and a mark that changes when the page that asks has something new; until the server stops."""
    conversation_id = printable(request.query_params.get("conversation", ""))
    told, looks = None, 0
    with suppress(*UNREACHABLE):  # the stream ends, and the browser comes back
        while not inbox.feed.is_closed:
            if looks % _PING_EVERY == 0:
                if await run_in_threadpool(visitor, inbox.desk, request) is None:
                    return  # logged out meanwhile
                yield ": ping\n\n"
            found = await run_in_threadpool(_mark, inbox, conversation_id)
            if found != told:
                told = found
                yield f"data: {json.dumps(found)}\n\n"
            looks += 1
            await asyncio.sleep(_LOOK_EVERY_S)


def _mark(inbox: Inbox, conversation_id: str) -> dict[str, object]:
    with inbox.desk.store.reading() as parts:
        counts = parts.worklist.counts()
        mark = [counts.waiting, counts.with_person, counts.newest]
        if conversation_id:
            mark = [*parts.worklist.mark(conversation_id)]
    return {"waiting": counts.waiting, "newest": counts.newest, "mark": "-".join(map(str, mark))}
