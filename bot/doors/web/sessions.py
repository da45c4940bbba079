"""Whose conversation it is: a secret that only the buyer's browser knows, and the shop's token that says who it is."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import jwt
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse

from bot.doors.http import JSON_BYTES, bearer, is_local, parse, peer, read_body
from bot.doors.web.refusals import refusal
from bot.inbox.inbox import Inbox
from bot.inbox.model import MAX_FILES
from bot.inbox.text import printable
from bot.office import is_demo_buyer, sandbox
from bot.settings import settings
from bot.store import Session

_LEEWAY_S = 30  # clocks differ


class Opening(BaseModel):
    """Who comes, and with what."""

    session: str | None = None
    token: str | None = None
    buyer_id: str | None = Field(default=None, min_length=1, max_length=128)
    order_id: str | None = Field(default=None, max_length=64)


class Sessions:
    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def open(self, request: Request) -> JSONResponse:
        asked = parse(Opening, await read_body(request, JSON_BYTES, "too_long") or b"{}")
        return JSONResponse(await run_in_threadpool(self._open, asked, _is_demo(request)))

    async def of(self, request: Request) -> Session:
        """
        Raises:
            Refused: when the request carries no session, or an unknown one.
        """
        session = await self.find(bearer(request.headers))
        if session is None:
            raise refusal("no_session")
        return session

    async def find(self, secret: str) -> Session | None:
        return await run_in_threadpool(self._find, secret)

    def _find(self, secret: str) -> Session | None:
        desk = self._inbox.desk
        since = desk.clock() - timedelta(days=desk.policy.messages.session_days)
        return desk.store.sessions.find(secret, since)

    def _open(self, asked: Opening, is_demo: bool) -> dict[str, Any]:
        inbox, desk = self._inbox, self._inbox.desk
        buyer_id = _buyer_id(asked, is_demo)
        order_id = printable(asked.order_id or "") or None
        secret = asked.session or ""
        session = self._find(secret)
        if session and session.buyer_id != buyer_id:
            raise refusal("not_yours")
        if session:
            desk.store.sessions.seen(secret, order_id, desk.clock())
        else:
            session = Session(f"web-{secrets.token_hex(16)}", buyer_id, order_id)
            secret = desk.store.sessions.open(session, desk.clock())
            if buyer_id is None and is_demo:
                sandbox(session.conversation_id)
        policy = desk.policy
        return {
            "session": secret,
            "conversation_id": session.conversation_id,
            "shop": policy.name,
            "greeting": inbox.wording("utter_greet", shop=policy.name),
            "limits": {
                "text_chars": policy.messages.max_chars,
                "picture_bytes": policy.evidence.max_picture_bytes,
                "video_bytes": policy.evidence.max_video_bytes,
                "files": MAX_FILES,
            },
            "last": inbox.log.heads([session.conversation_id]).get(session.conversation_id, 0),
            "state": inbox.log.state(session.conversation_id),
        }


def _buyer_id(asked: Opening, is_demo: bool) -> str | None:
    """The buyer whom the shop's token names; in the demo, whom the page names; else nobody."""
    if asked.token:
        return _subject(asked.token)
    if asked.buyer_id and is_demo and is_demo_buyer(asked.buyer_id):
        return asked.buyer_id
    return None


def _subject(token: str) -> str:
    secret = settings().widget_secret
    if secret is None:
        raise refusal("bad_token")
    try:
        claims = jwt.decode(
            token,
            secret.get_secret_value(),
            algorithms=["HS256"],
            options={"require": ["sub", "exp"]},
            leeway=_LEEWAY_S,
        )
    except (jwt.InvalidTokenError, UnicodeEncodeError) as error:  # the latter over half a character
        raise refusal("bad_token") from error
    subject: str = claims["sub"]
    if not subject or len(subject) > 128 or printable(subject) != subject:
        raise refusal("bad_token")
    return subject


def _is_demo(request: HTTPConnection) -> bool:
    config = settings()
    no_shop = config.demo and config.api_key is None and config.widget_secret is None
    return no_shop and is_local(request.headers, peer(request))
