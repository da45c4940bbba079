"""小蜜's form: Alibaba Cloud's ``Chat`` of 2022-04-08, for desks whose SDK is pointed at us. See ``docs/alime.md``.

Choices go out as ``Recommends``; the ``KnowledgeId`` that comes back is found again in what the bot said last, so a
click on an offer that no longer stands agrees to nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from bot.doors.acs3 import Gate, SignatureError, Signed
from bot.doors.http import JSON_BYTES, read_body
from bot.doors.refusals import Refused, VendorRoute, request_id
from bot.inbox.choices import Choice, choices, meant, standing
from bot.inbox.conversations import named
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, Outcome
from bot.office import now
from bot.privacy import mask
from bot.settings import settings
from bot.talk.phrases import CHOICES

VERSION = "2022-04-08"
_FORM = "application/x-www-form-urlencoded"
_SOURCE = "BotFramework"  # a dialogue answered, not a knowledge base
_MAX = {"SessionId": 64, "SenderId": 128}  # characters
# What refuses a request in every door, by Alibaba Cloud's names.
_CODES = {
    "bad_request": "InvalidParameter",
    "busy": "ServiceUnavailable",
    "internal": "InternalError",
    "method_not_allowed": "UnsupportedHTTPMethod",
    "timeout": "RequestTimeout",
    "not_yours": "Forbidden",
    "too_large": "RequestEntityTooLarge",
    "unavailable": "ServiceUnavailable",
}


def routes(inbox: Inbox) -> list[BaseRoute]:
    """``POST /``; a plain ``GET /`` is the demo page's."""
    secret = settings().alime_key_secret
    gate = Gate(settings().alime_key_id, secret.get_secret_value() if secret else None)

    async def call(request: Request) -> Response:
        # From the scope: request.url would go by the Host header, and trip over a broken one.
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
        body = await read_body(request, JSON_BYTES)
        signed = Signed(request.method, path, query, request.headers.items(), body)
        try:
            gate.check(signed, now())
        except SignatureError as error:
            raise Refused(error.status, error.code, error.says, error.about) from error
        if signed.header("x-acs-version") != VERSION:
            raise Refused(400, "InvalidVersion", "no_version", {"version": VERSION})
        action = signed.header("x-acs-action")
        if action == "Chat":
            answer = await chat(inbox, parameters(signed))
        elif action == "BeginSession":
            answer = {"WelcomeMessage": inbox.wording("utter_greet", shop=inbox.desk.policy.name)}
        else:
            raise Refused(404, "InvalidAction.NotFound", "no_action", {"action": mask(action)})
        return JSONResponse({"RequestId": request_id(request), **answer})

    return [VendorRoute("/", call, as_error, methods=["POST"])]


async def chat(inbox: Inbox, given: Mapping[str, str]) -> dict[str, Any]:
    """
    Raises:
        Refused: when a parameter is missing or cannot be used.
    """
    for name, most in _MAX.items():
        if len(given.get(name, "")) > most or not given.get(name, "").isprintable():
            raise Refused(400, f"Invalid{name}", "bad_parameter", {"name": name, "most": most})
    said, clicked = given.get("Utterance", ""), given.get("KnowledgeId")
    if not (said or clicked):
        raise Refused(400, "MissingUtterance", "nothing_said")
    session = given.get("SessionId") or uuid.uuid4().hex
    buyer_id = given.get("SenderId") or None
    conversation_id = named("alime", session, buyer_id)
    offered = await run_in_threadpool(standing, inbox.log, conversation_id)
    text = next((choice.payload for choice in offered if choice.id == clicked), said and meant(said, offered))
    if text:
        order_id = order_of(given.get("VendorParam", ""))
        incoming = Incoming(conversation_id, text, buyer_id=buyer_id, order_id=order_id, channel="alime")
        messages = as_messages(await inbox.handle(incoming))
    elif await run_in_threadpool(inbox.with_person, conversation_id):
        messages = []
    else:
        messages = [_text(CHOICES["stale"]), *_recommend(offered)]
    return {"MessageId": uuid.uuid4().hex, "SessionId": session, "Messages": messages, "QuerySegList": []}


def parameters(request: Signed) -> dict[str, str]:
    """Those of the query and of a form in the body: SDKs differ in where they put them."""
    pairs = (
        parse_qsl(request.body.decode("utf-8", "replace")) if request.header("content-type").startswith(_FORM) else []
    )
    return dict([*pairs, *parse_qsl(request.query)])


def order_of(vendor_param: str) -> str | None:
    """The order that the desk names in a JSON object of its own; whatever else stands there is the desk's business."""
    try:
        named_there = json.loads(vendor_param or "{}")
    except (ValueError, RecursionError):
        return None
    order_id = str(named_there.get("order_id") or "") if isinstance(named_there, dict) else ""
    return order_id if 0 < len(order_id) <= 64 and order_id.isprintable() else None


def as_messages(outcome: Outcome) -> list[dict[str, Any]]:
    """Words and choices, and at a hand-off the command that tells the desk to move the conversation."""
    messages: list[dict[str, Any]] = []
    for reply, group in zip(outcome.replies, choices(outcome.replies), strict=True):
        messages += [_text(reply["text"], outcome), *_recommend(group)]
    if messages and outcome.handoff and outcome.handoff["begun"]:
        texts = [message["Text"] for message in messages if message["AnswerType"] == "Text"]
        about = {"skillGroup": "", "ext": outcome.handoff["summary"], "toAgentReason": outcome.handoff["reason"]}
        texts[-1]["Commands"] = {"sysToAgent": json.dumps(about, ensure_ascii=False)}
    return messages


def as_error(refused: Refused, request_id: str) -> Response:
    code = _CODES.get(refused.code, refused.code)
    error = {"RequestId": request_id, "Code": code, "Message": refused.message, "HostId": "shaofa"}
    return JSONResponse(error, refused.status, refused.headers)


def _text(content: str, outcome: Outcome | None = None) -> dict[str, Any]:
    text: dict[str, Any] = {"Content": content, "ContentType": "PLAIN_TEXT", "AnswerSource": _SOURCE}
    if outcome and outcome.intent:
        text |= {"IntentName": outcome.intent, "Score": outcome.confidence}
    return {"AnswerType": "Text", "AnswerSource": _SOURCE, "Text": text}


def _recommend(group: Sequence[Choice]) -> list[dict[str, Any]]:
    if not group:
        return []
    recommends = [{"KnowledgeId": choice.id, "Title": choice.title, "AnswerSource": _SOURCE} for choice in group]
    title = CHOICES["pick"]
    return [{"AnswerType": "Recommend", "AnswerSource": _SOURCE, "Title": title, "Recommends": recommends}]
