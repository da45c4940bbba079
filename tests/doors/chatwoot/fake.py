"""A Chatwoot that does what its contract says, and on demand what a bad day brings."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN, SECRET = "token-of-the-bot", "secret-of-the-bot"
ACCOUNT = 3


@dataclass
class Conversation:
    status: str = "pending"
    messages: list[dict[str, Any]] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=lambda: {"vip": "yes"})
    labels: list[str] = field(default_factory=lambda: ["老客户"])
    calls: list[str] = field(default_factory=list)  # what the bot has called, in order
    identifier: str | None = "anna"
    channel: str = "Channel::WebWidget"

    def public(self, kind: str = "outgoing") -> list[str]:
        return [each["content"] for each in self.messages if each["message_type"] == kind and not each["private"]]


class Chatwoot:
    """``bad`` may answer a call instead, or return None; ``hook`` gets what Chatwoot posts to the bot."""

    def __init__(self) -> None:
        self.conversations: defaultdict[int, Conversation] = defaultdict(Conversation)
        self.bad: Callable[[str, int], Response | str | None] = lambda call, number: None
        self.may: set[str] = {"messages", "labels", "custom_attributes", "toggle_status", "toggle_priority", "read"}
        self.files: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.echoes: Callable[[dict[str, Any]], None] = lambda event: None
        self.times: Counter[str] = Counter()
        self.bots: list[dict[str, Any]] = []
        self._ids = itertools.count(1000)
        self._lock = threading.Lock()
        path = "/api/v1/accounts/{account:int}/conversations/{number:int}"
        routes = [
            Route(f"{path}/messages", self._messages, methods=["GET", "POST"]),
            Route(f"{path}/{{call}}", self._call, methods=["GET", "POST"]),
            Route("/files/{name}", self._file),
            Route("/api", self._about),
            Route("/api/v1/accounts/{account:int}/agent_bots", self._bot, methods=["POST"]),
            Route("/api/v1/accounts/{account:int}/inboxes/{inbox:int}/set_agent_bot", self._bot, methods=["POST"]),
        ]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = uvicorn.Config(
            Starlette(routes=routes), port=self.port, log_level="critical", lifespan="off", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Chatwoot:
        self._thread.start()
        while self._thread.is_alive() and not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    # --- what it posts to a bot -------------------------------------------------------------------

    def said(self, number: int, text: str | None, **more: Any) -> dict[str, Any]:
        """The buyer says something; the event of it."""
        conversation = self.conversations[number]
        message = self._message(text, "incoming", False, **more)
        conversation.messages.append(message)
        return self.event("message_created", number, message)

    def typed(self, number: int, text: str, *, private: bool = False) -> dict[str, Any]:
        """A colleague types."""
        message = self._message(text, "outgoing", private, sender={"id": 5, "name": "小李", "type": "user"})
        self.conversations[number].messages.append(message)
        return self.event("message_created", number, message)

    def clicked(self, number: int, message: dict[str, Any], value: str) -> dict[str, Any]:
        submitted = {"submitted_values": [{"title": value, "value": value}]}
        return self.event("message_updated", number, {**message, "content_attributes": submitted})

    def event(self, name: str, number: int, message: dict[str, Any] | None = None) -> dict[str, Any]:
        it = self.conversations[number]
        conversation = {
            "id": number,
            "status": it.status,
            "channel": it.channel,
            "inbox_id": 1,
            "account_id": ACCOUNT,
            "custom_attributes": dict(it.attributes),
            "labels": list(it.labels),
            "meta": {"sender": {"id": number, "identifier": it.identifier}, "assignee": {"name": "小李"}},
            "messages": [{"account_id": ACCOUNT}],
        }
        if message is None:
            return {**conversation, "event": name}
        return {**message, "event": name, "account": {"id": ACCOUNT}, "conversation": conversation}

    def _message(self, text: str | None, kind: str, private: bool, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        base = {"id": next(self._ids), "content": text, "message_type": kind, "private": private, "created_at": now}
        return {**base, "sender": {"type": "contact"}, **more}

    # --- its API ----------------------------------------------------------------------------------

    async def _messages(self, request: Request) -> Response:
        number, conversation = request.path_params["number"], self.conversations[request.path_params["number"]]
        if request.method == "GET":
            refused = self._refused(request, "read")
            return refused or JSONResponse({"payload": conversation.messages[-20:]})
        refused = self._refused(request, "messages")
        if refused:
            return refused
        body = await request.json()
        with self._lock:
            self.times["messages"] += 1
            spoilt = self.bad("messages", self.times["messages"])
        if isinstance(spoilt, Response):
            return spoilt
        source = {"source_id": body["source_id"]} if body.get("source_id") else {}
        by_bot = {"sender": {"id": 1, "name": "少发", "type": "agent_bot"}}
        about = {"content_attributes": body.get("content_attributes") or {}, "content_type": body.get("content_type")}
        message = self._message(body["content"], "outgoing", bool(body.get("private")), **by_bot, **about, **source)
        conversation.messages.append(message)
        conversation.calls.append("note" if body.get("private") else "message")
        self.echoes(self.event("message_created", number, message))
        if spoilt == "done":  # and says that it was not
            return Response(status_code=500)
        return JSONResponse(message)

    async def _about(self, request: Request) -> Response:
        return self._refused(request, "read") or JSONResponse({"version": "4.18.0"})

    async def _bot(self, request: Request) -> Response:
        self.bots.append({**await request.json(), **({"inbox": 4} if "inbox" in request.path_params else {})})
        return JSONResponse({"id": 9, "access_token": TOKEN, "secret": SECRET})

    async def _call(self, request: Request) -> Response:
        if request.path_params["number"] == 0:
            return self._refused(request, "messages") or JSONResponse({"error": "Resource could not be found"}, 404)
        call, conversation = request.path_params["call"], self.conversations[request.path_params["number"]]
        if refused := self._refused(request, call):
            return refused
        with self._lock:
            self.times[call] += 1
            spoilt = self.bad(call, self.times[call])
        if isinstance(spoilt, Response):
            return spoilt
        body = await request.json() if request.method == "POST" else {}
        if call == "labels" and request.method == "GET":
            return JSONResponse({"payload": conversation.labels})
        conversation.calls.append(call)
        if call == "labels":
            conversation.labels = body["labels"]
        elif call == "custom_attributes":
            conversation.attributes = body["custom_attributes"]
        elif call == "toggle_status":
            conversation.status = body["status"]
        return JSONResponse({"ok": True})

    async def _file(self, request: Request) -> Response:
        status, headers, content = self.files[request.path_params["name"]]
        return Response(content, status, headers)

    def _refused(self, request: Request, call: str) -> Response | None:
        if request.headers.get("api_access_token") != TOKEN:
            return JSONResponse({"error": "Invalid Access Token"}, 401)
        if call not in self.may:
            return JSONResponse({"error": "Access to this endpoint is not authorized for bots"}, 401)
        return None


def signed(event: dict[str, Any], secret: str = SECRET, at: float | None = None) -> dict[str, Any]:
    """The content and headers to post."""
    body = json.dumps(event, ensure_ascii=False).encode()
    stamp = str(int(time.time() if at is None else at))
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    head = {"x-chatwoot-signature": f"sha256={made}", "x-chatwoot-timestamp": stamp, "content-type": "application/json"}
    return {"content": body, "headers": head}
