"""A page for Chatwoot's sidebar (a Dashboard App): the case beside the conversation, for the desk's people.

Chatwoot loads it in a frame and tells it which conversation is open. Its address holds a key that is made of the
inbox's secret: who knows the address, which the desk's people alone load, may see the cases of that inbox, and nothing
of any other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.claims.money import yuan
from bot.desk.reasons import REASONS, label
from bot.doors.chatwoot.inboxes import ChatwootInbox
from bot.doors.http import check_json, parse, read_body
from bot.doors.refusals import Refused
from bot.inbox.claim_view import claim_as_json
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming
from bot.inbox.outside import owner
from bot.privacy import mask
from bot.settings import ROOT

PATH = "/v1/chatwoot/panel"
_FOLDER = ROOT / "bot" / "web" / "chatwoot"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'"
_BODY_BYTES = 1_000


class Wanted(BaseModel):
    account: int
    conversation: int


def key_of(door: ChatwootInbox) -> str:
    return hmac.new(door.secret.encode(), b"shaofa panel", hashlib.sha256).hexdigest()[:32]


def routes(inbox: Inbox, inboxes: Mapping[str, ChatwootInbox]) -> list[BaseRoute]:
    page = (_FOLDER / "panel.html").read_text(encoding="utf-8")
    script = (_FOLDER / "panel.js").read_text(encoding="utf-8")

    def door_of(request: Request) -> ChatwootInbox:
        given = request.path_params["key"].encode()
        for door in inboxes.values():
            if hmac.compare_digest(key_of(door).encode(), given):
                return door
        raise Refused(404, "not_found")

    async def show(request: Request) -> Response:
        door = door_of(request)
        headers = {
            "Content-Security-Policy": f"{_POLICY}; frame-ancestors {door.origin}",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(page.replace("{desk}", door.origin).replace("{key}", key_of(door)), headers=headers)

    async def load_script(request: Request) -> Response:
        door_of(request)
        return Response(script, media_type="text/javascript; charset=utf-8")

    async def case(request: Request) -> Response:
        door = door_of(request)
        check_json(request.headers)
        wanted = parse(Wanted, await read_body(request, _BODY_BYTES))
        found = await run_in_threadpool(_case, inbox, f"{door.name}:{wanted.account}.{wanted.conversation}")
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    return [
        Route(f"{PATH}/{{key}}", show),
        Route(f"{PATH}/{{key}}/panel.js", load_script),
        Route(f"{PATH}/{{key}}/case", case, methods=["POST"]),
    ]


def _case(inbox: Inbox, place: str) -> dict[str, Any]:
    """Lines to show, masked; the latest conversation of those that were there."""
    threads = inbox.desk.store.threads.at(place)
    if not threads:
        return {"lines": ["少发还没有接待过这个会话"], "suggested": ""}
    case = inbox.desk.open(owner(inbox, Incoming(threads[-1].conversation_id)))
    lines: list[str] = []
    handoff = case.handoff
    if handoff:
        lines += [f"已转人工：{label(handoff.reason)}", f"编号：{handoff.case_no}", *handoff.summary.splitlines()]
    for claim in map(claim_as_json, case.here):
        lines.append(f"索赔单 {claim['claim_id']}（{claim['state']}），订单 {claim['order_id'] or '未知'}")
        lines += [f"　{line['title']}：少 {line['missing']}" for line in claim["lines"]]
        if offer := claim["offer"]:
            lines.append(f"　方案：{offer['remedy']} {yuan(offer['amount_fen'])}")
    reason = REASONS.get(handoff.reason) if handoff else None
    return {"lines": [mask(line) for line in lines] or ["还没有索赔单"], "suggested": reason.next if reason else ""}
