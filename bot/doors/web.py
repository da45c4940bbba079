"""The web widget's door: ``docs/web-channel.md`` says what is spoken here."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any, TypeVar

import jwt
from pydantic import BaseModel, Field, StrictStr, ValidationError
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, ResponseStream, file_stream
from sanic.response import json as respond

from bot.doors.demo import is_demo_buyer
from bot.doors.messages import is_local
from bot.doors.widget_files import widget_file
from bot.inbox.answering import Answering
from bot.inbox.inbox import MAX_FILES, Inbox, inbox_of, printable
from bot.office import sandbox
from bot.settings import settings
from bot.store import Author, Entry, Session
from bot.store.files import FileRejected

logger = logging.getLogger(__name__)

_API = "/v1/web"
_BODY_BYTES = 1_000_000  # far more than anybody types
_FIRST_FRAME_WITHIN_S = 10
_LEEWAY_S = 30  # clocks differ
_MESSAGE_ID = re.compile(r"[!-~]{1,128}")
_FILE_ID = "[0-9a-f]{64}"
_NO_SESSION, _BAD_FRAME = 4401, 4400  # closing codes of the socket
_MINUTE = timedelta(minutes=1)

STATUS = {
    "bad_request": 400,
    "bad_token": 401,
    "no_session": 401,
    "not_yours": 403,
    "bad_origin": 403,
    "not_found": 404,
    "too_long": 413,
    "too_many": 429,
}
_UPLOAD_STATUS = {"too_large": 413, "not_a_picture": 415, "unreadable": 415}


class Refused(Exception):
    """``code``: a key of ``STATUS`` or ``_UPLOAD_STATUS``; ``domain.yml`` has the words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Opening(BaseModel):
    """Who comes, and with what."""

    session: str | None = None
    token: str | None = None
    buyer_id: str | None = Field(default=None, min_length=1, max_length=128)
    order_id: str | None = Field(default=None, max_length=64)


class Said(BaseModel):
    id: StrictStr = Field(regex=rf"^{_MESSAGE_ID.pattern}$")
    text: StrictStr


class Listening(BaseModel):
    """The first frame on a socket."""

    session: str
    after: int = Field(default=0, ge=0, lt=10**9)  # what the database takes for a number


Body = TypeVar("Body", bound=BaseModel)


class WebInput(InputChannel):
    """A Rasa input channel, so that ``rasa run`` opens the same door as ``shaofa run``."""

    @classmethod
    def name(cls) -> str:
        return "web"

    def url_prefix(self) -> str:
        return "/"  # Rasa mounts channels under /webhooks/; this takes the door out of there

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]] | None = None) -> Blueprint:
        door = Blueprint("web")
        for handler, path in ((open_session, "session"), (say, "messages"), (upload, "files")):
            # Sanic reads a body before it asks anybody, unless the handler reads it.
            door.add_route(handler, f"{_API}/{path}", methods=["POST", "OPTIONS"], stream=True)
        for handler, path in ((events, "events"), (log, "log")):
            door.add_route(handler, f"{_API}/{path}", methods=["GET", "OPTIONS"])
        door.add_route(stored, f"{_API}/files/<sha256:{_FILE_ID}>", methods=["GET", "OPTIONS"])
        door.add_websocket_route(socket, f"{_API}/socket")
        door.add_route(widget_file, "/widget/<name:path>")
        door.middleware(check_origin, "request")
        door.middleware(allow_origin, "response")
        door.exception(Refused)(refusal)
        door.listener("after_server_start")(start)
        door.listener("before_server_stop")(stop)
        return door


# --- the session ----------------------------------------------------------------------------------


async def open_session(request: Request) -> HTTPResponse:
    asked = _parse(Opening, await _read(request, _BODY_BYTES) or b"{}")
    inbox = inbox_of(request.app)
    sessions, now = inbox.desk.store.sessions, inbox.desk.clock()
    buyer_id = _buyer_id(request, asked)
    order_id = printable(asked.order_id or "") or None
    secret = asked.session or ""
    session = _find(inbox, secret)
    if session and session.buyer_id != buyer_id:
        raise Refused("not_yours")
    if session:
        sessions.seen(secret, order_id, now)
    else:
        session = Session(f"web-{secrets.token_hex(16)}", buyer_id, order_id)
        secret = sessions.open(session, now)
        if buyer_id is None and _is_demo(request):
            sandbox(session.conversation_id)
    policy = inbox.desk.policy
    return respond(
        {
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
        }
    )


def _buyer_id(request: Request, asked: Opening) -> str | None:
    """The buyer whom the shop's token names; in the demo, whom the page names; else nobody."""
    if asked.token:
        return _subject(asked.token)
    if asked.buyer_id and _is_demo(request) and is_demo_buyer(asked.buyer_id):
        return asked.buyer_id
    return None


def _subject(token: str) -> str:
    secret = settings().widget_secret
    if secret is None:
        raise Refused("bad_token")
    try:
        claims = jwt.decode(
            token,
            secret.get_secret_value(),
            algorithms=["HS256"],
            options={"require": ["sub", "exp"]},
            leeway=_LEEWAY_S,
        )
    except (jwt.InvalidTokenError, UnicodeEncodeError) as error:  # the latter over half a character
        raise Refused("bad_token") from error
    subject: str = claims["sub"]
    if not subject or len(subject) > 128 or printable(subject) != subject:
        raise Refused("bad_token")
    return subject


def _is_demo(request: Request) -> bool:
    config = settings()
    return config.demo and config.api_key is None and config.widget_secret is None and is_local(request)


def _find(inbox: Inbox, secret: str) -> Session | None:
    days = timedelta(days=inbox.desk.policy.messages.session_days)
    return inbox.desk.store.sessions.find(secret, inbox.desk.clock() - days)


def _session(request: Request) -> Session:
    session = _find(inbox_of(request.app), request.token or "")
    if session is None:
        raise Refused("no_session")
    return session


# --- saying something -----------------------------------------------------------------------------


async def say(request: Request) -> HTTPResponse:
    session = _session(request)
    said = _parse(Said, await _read(request, _BODY_BYTES, "too_long"))
    text = printable(said.text)
    if not text:
        raise Refused("bad_request")
    return _accept(request, session, said.id, {"text": text})


async def upload(request: Request) -> HTTPResponse:
    session = _session(request)
    entry_id = request.args.get("id", "")
    if not _MESSAGE_ID.fullmatch(entry_id):
        raise Refused("bad_request")
    known = _known(request, session, entry_id)
    if known:
        return known  # what would be thrown away is not read, let alone stored
    inbox = inbox_of(request.app)
    limits = inbox.desk.policy.evidence
    is_picture = (request.content_type or "").startswith("image/")
    data = await _read(request, limits.max_picture_bytes if is_picture else limits.max_video_bytes)
    try:
        kept = await asyncio.to_thread(inbox.files.accept, data)  # a large picture takes a second
    except FileRejected as rejected:
        raise Refused(rejected.code) from rejected
    name = printable(request.args.get("name", ""))[:128]
    return _accept(request, session, entry_id, {"file": {"sha256": kept.sha256, "video": kept.is_video, "name": name}})


def _known(request: Request, session: Session, entry_id: str) -> HTTPResponse | None:
    """The answer to what came before; None for what is new.

    Raises:
        Refused: when it is new and one too many.
    """
    inbox = inbox_of(request.app)
    entry = inbox.log.get(session.conversation_id, entry_id)
    if entry:
        return respond({"seq": entry.seq}, status=202)
    count = inbox.log.count(session.conversation_id, Author.BUYER, inbox.desk.clock() - _MINUTE)
    if count >= inbox.desk.policy.messages.max_per_minute:
        raise Refused("too_many")
    return None


def _accept(request: Request, session: Session, entry_id: str, body: dict[str, Any]) -> HTTPResponse:
    known = _known(request, session, entry_id)  # others may have come while the body was read
    if known:
        return known
    entry = inbox_of(request.app).write(session.conversation_id, Author.BUYER, body, entry_id)
    _answering(request.app).start(session.conversation_id)
    return respond({"seq": entry.seq}, status=202)


async def stored(request: Request, sha256: str) -> ResponseStream:
    """A file of this conversation; of any other it is as good as not there."""
    session = _session(request)
    inbox = inbox_of(request.app)
    files = (entry.file for entry in inbox.log.after(session.conversation_id))
    if not any(file and file.get("sha256") == sha256 for file in files):
        raise Refused("not_found")
    if request.args.get("thumb"):
        path = await asyncio.to_thread(inbox.files.thumbnail, sha256)
    else:
        path = inbox.files.path(sha256)
    if path is None:
        raise Refused("not_found")
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return await file_stream(path, chunk_size=65536, headers=headers)


# --- hearing --------------------------------------------------------------------------------------


async def log(request: Request) -> HTTPResponse:
    session, after = _session(request), _after(request)
    inbox = inbox_of(request.app)
    entries = inbox.log.after(session.conversation_id, after)
    return respond({"entries": [entry_as_json(inbox, entry) for entry in entries]})


async def events(request: Request) -> None:
    session, after = _session(request), _after(request)
    inbox = inbox_of(request.app)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would collect before it passes on
    response = await request.respond(content_type="text/event-stream; charset=utf-8", headers=headers)
    await response.send(": ping\n\n")
    async with aclosing(inbox.feed.follow(session.conversation_id, after)) as news:
        async for entries in news:
            lines = [f"data: {_dumps(entry_as_json(inbox, entry))}\n\n" for entry in entries]
            await response.send("".join(lines) or ": ping\n\n")


async def socket(request: Request, ws: Any) -> None:
    inbox = inbox_of(request.app)
    try:
        wish = _parse(Listening, await ws.recv(_FIRST_FRAME_WITHIN_S) or b"")
    except Refused:
        await ws.close(_BAD_FRAME, "bad_request")
        return
    session = _find(inbox, wish.session)
    if session is None:
        await ws.close(_NO_SESSION, "no_session")
        return
    async with aclosing(inbox.feed.follow(session.conversation_id, wish.after)) as news:
        async for entries in news:
            for entry in entries:
                await ws.send(_dumps(entry_as_json(inbox, entry)))
            if not entries:
                await ws.send('{"ping": true}')


def entry_as_json(inbox: Inbox, entry: Entry) -> dict[str, Any]:
    shown = {
        "seq": entry.seq,
        "id": entry.entry_id,
        "at": entry.at.isoformat(),
        "from": entry.author.value,
        "text": "",
        **entry.body,
    }
    if entry.author is Author.SYSTEM:
        shown["text"] = inbox.wording(f"utter_state_{entry.body['state']}")
    return shown


# --- origins --------------------------------------------------------------------------------------


async def check_origin(request: Request) -> HTTPResponse | None:
    """Pages of other origins only when the settings name them. What is no page sends no ``Origin``."""
    if not request.path.startswith(_API):
        return None
    if not _origin_is_ours(request):
        raise Refused("bad_origin")
    return HTTPResponse(status=204) if request.method == "OPTIONS" else None


async def allow_origin(request: Request, response: Any) -> None:
    origin = request.headers.get("origin")
    if origin and request.path.startswith(_API) and _origin_is_ours(request):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Max-Age"] = "600"
        response.headers["Vary"] = "Origin"


def _origin_is_ours(request: Request) -> bool:
    origin = request.headers.get("origin")
    # A proxy that ends TLS makes https into http, so the scheme is not compared.
    return origin is None or origin.partition("://")[2] == request.host or origin in settings().allowed_origins


# --- small things ---------------------------------------------------------------------------------


async def start(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
    inbox = inbox_of(app)
    app.ctx.web_tasks = [asyncio.create_task(inbox.feed.watch()), asyncio.create_task(_answering(app).sweep())]


async def stop(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
    for task in app.ctx.web_tasks:
        task.cancel()
    await _answering(app).stop()
    inbox_of(app).feed.close()


def _answering(app: Sanic) -> Answering:
    if not hasattr(app.ctx, "answering"):
        app.ctx.answering = Answering(inbox_of(app))
    answering: Answering = app.ctx.answering
    return answering


def refusal(request: Request, refused: Refused) -> HTTPResponse:
    inbox = inbox_of(request.app)
    if refused.code in _UPLOAD_STATUS:
        limit = inbox.desk.policy.evidence.max_picture_bytes // 1_000_000
        status, message = _UPLOAD_STATUS[refused.code], inbox.wording(f"utter_upload_{refused.code}", limit=limit)
    else:
        status, message = STATUS[refused.code], inbox.wording(f"utter_web_{refused.code}")
    return respond({"error": {"code": refused.code, "message": message}}, status=status)


async def _read(request: Request, limit: int, code: str = "too_large") -> bytes:
    """The body, unless it is longer than ``limit`` bytes; what says so beforehand is not read."""
    if int(request.headers.get("content-length") or 0) > limit:
        raise Refused(code)
    parts, size = [], 0
    async for part in request.stream:
        size += len(part)
        if size > limit:
            raise Refused(code)
        parts.append(part)
    return b"".join(parts)


def _parse(kind: type[Body], raw: bytes | str) -> Body:
    try:
        return kind.parse_raw(raw)
    except (ValidationError, RecursionError) as error:
        raise Refused("bad_request") from error


def _after(request: Request) -> int:
    after = request.args.get("after", "0")
    if not re.fullmatch("[0-9]{1,9}", after):
        raise Refused("bad_request")
    return int(after)


def _dumps(entry: dict[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
