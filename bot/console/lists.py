"""The queue and the other lists of conversations, and the stream that says when there is something new."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import timedelta
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
from bot.store.worklist import PAGE, Item, Worklist

TABS = ("waiting", "person", "bot", "done")
ACTIVE = timedelta(days=1)  # where nothing was said for so long, nobody is at it
_SEARCHED_CHARS = 100
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
    state = _state(query.get("state", ""))
    chosen = {
        "tab": query.get("tab", TABS[0]) if query.get("tab") in TABS else TABS[0],
        "q": query.get("q", "")[:_SEARCHED_CHARS],
        "state": state.value if state else "",
        "reason": query.get("reason", ""),
        "mine": query.get("mine", ""),
    }
    if chosen["q"] or chosen["state"]:
        chosen["tab"] = ""  # found wherever it stands
    with visit.store.reading() as parts:
        items, counts = _items(visit, parts.worklist, chosen), parts.worklist.counts()
    return visit.page(
        "queue",
        200,
        **chosen,
        items=items,
        counts=counts,
        tabs=TABS,
        states=list(ClaimState),
        reasons=list(REASONS),
        next=_next(chosen, items),
        now=visit.now,
    )


def _items(visit: Visit, worklist: Worklist, chosen: Mapping[str, str]) -> list[Item]:
    after, since, tab = visit.query.get("after") or None, visit.now - ACTIVE, chosen["tab"]
    if chosen["q"]:
        return worklist.search(chosen["q"], after)
    if chosen["state"]:
        return worklist.in_state(ClaimState(chosen["state"]), after)
    if tab == "person":
        return worklist.with_person(after, visit.visitor.name if chosen["mine"] else None)
    if tab == "bot":
        return worklist.with_bot(since, after)
    if tab == "done":
        return worklist.quiet(since, after)
    return worklist.waiting(after, chosen["reason"] or None)


def _next(chosen: Mapping[str, str], items: list[Item]) -> str | None:
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
