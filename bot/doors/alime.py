"""小蜜's form: Alibaba Cloud's calls of 2022-04-08, and ``Chat`` of 2017-10-11, for desks whose SDK is pointed at us.
See ``docs/alime.md``.

Choices go out as ``Recommends``; the ``KnowledgeId`` that comes back is found again in what the bot said last, so a
click on an offer that no longer stands agrees to nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from bot.doors.acs3 import Gate, SignatureError, Signed
from bot.doors.http import JSON_BYTES, read_body
from bot.doors.refusals import Refused, VendorRoute, request_id
from bot.inbox.choices import Choice, choices, meant, standing
from bot.inbox.conversations import named
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, Outcome
from bot.inbox.text import clean, printable
from bot.office import now
from bot.privacy import mask
from bot.settings import settings
from bot.store.ratings import Rating
from bot.talk.phrases import CHOICES

VERSIONS = ("2022-04-08", "2017-10-11")
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
    """``POST /``, and the ``GET /`` of older SDKs; a plain one is the demo page's."""
    secret = settings().alime_key_secret
    gate = Gate(settings().alime_key_id, secret.get_secret_value() if secret else None, inbox.desk.store.nonces.use)

    async def call(request: Request) -> Response:
        # From the scope: request.url would go by the Host header, and trip over a broken one.
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
        body = await read_body(request, JSON_BYTES)
        signed = Signed(request.method, path, query, request.headers.items(), body)
        try:
            await run_in_threadpool(gate.check, signed, now())
        except SignatureError as error:
            raise Refused(error.status, error.code, error.says, error.about) from error
        if signed.version not in VERSIONS:
            raise Refused(400, "InvalidVersion", "no_version", {"version": " / ".join(VERSIONS)})
        answer = await act(inbox, signed)
        return JSONResponse({"RequestId": request_id(request), **answer})

    return [
        VendorRoute("/", call, as_error, methods=["POST"]),
        SignedGet("/", call, as_error, methods=["GET"]),
    ]


class SignedGet(VendorRoute):
    """Stands aside for whoever signs nothing."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_signed = scope.get("method") == "GET" and b"AccessKeyId=" in scope.get("query_string", b"")
        return super().matches(scope) if is_signed else (Match.NONE, {})


async def act(inbox: Inbox, signed: Signed) -> dict[str, Any]:
    """
    Raises:
        Refused: when there is no such action, or a parameter cannot be used.
    """
    given = signed.parameters
    if signed.action == "Chat":
        answer = await chat(inbox, given)
        return answer if signed.version == VERSIONS[0] else as_2017(answer)
    if signed.version == VERSIONS[0]:
        if signed.action == "BeginSession":
            return {"WelcomeMessage": inbox.wording("utter_greet", shop=inbox.desk.policy.name)}
        if signed.action == "Feedback":
            return await feedback(inbox, given)
        if signed.action == "Associate":
            return await associate(inbox, given)
        if signed.action == "Nlu":
            return await run_in_threadpool(nlu, inbox, given.get("Utterance", ""))
    raise Refused(404, "InvalidAction.NotFound", "no_action", {"action": mask(signed.action)})


async def chat(inbox: Inbox, given: Mapping[str, str]) -> dict[str, Any]:
    """
    Raises:
        Refused: when a parameter is missing or cannot be used.
    """
    _check(given)
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
        messages = as_messages(await inbox.handle(incoming), inbox.desk.policy.handoff.skill_groups)
    elif await run_in_threadpool(inbox.with_person, conversation_id):
        messages = []
    else:
        messages = [_text(CHOICES["stale"]), *_recommend(offered)]
    return {"MessageId": uuid.uuid4().hex, "SessionId": session, "Messages": messages, "QuerySegList": []}


async def feedback(inbox: Inbox, given: Mapping[str, str]) -> dict[str, Any]:
    """``good`` or ``bad`` on one answer. The desk names the session alone, the buyer is not in it."""
    liked = {"good": 5, "bad": 1}.get(given.get("Feedback", "").lower())
    message_id = given.get("MessageId", "")
    if liked is None or not message_id:
        raise Refused(400, "InvalidParameter", "no_feedback")
    _check(given)
    rating = Rating(
        f"alime:{given.get('SessionId') or message_id}"[:128],
        message_id[:128],
        liked,
        printable(given.get("FeedbackContent", ""))[:1000],
        now(),
    )
    await run_in_threadpool(inbox.desk.store.ratings.put, rating)
    return {"MessageId": message_id, "Feedback": given["Feedback"]}


async def associate(inbox: Inbox, given: Mapping[str, str]) -> dict[str, Any]:
    """What the buyer may mean to type: of what can be chosen now, what has those words in it."""
    _check(given)
    said, session = given.get("Utterance", ""), given.get("SessionId", "")
    conversation_id = named("alime", session, given.get("SenderId") or None)
    offered = await run_in_threadpool(standing, inbox.log, conversation_id) if session else []
    most = given.get("RecommendNum", "")
    fitting = [choice for choice in offered if said in choice.title][
        : int(most) if most.isdecimal() and len(most) <= 4 else None
    ]
    found = [{"Title": choice.title, "Meta": choice.payload} for choice in fitting]
    return {"MessageId": uuid.uuid4().hex, "SessionId": session, "Associate": found}


def nlu(inbox: Inbox, said: str) -> dict[str, Any]:
    """How the words are understood, without a conversation. Nothing is kept."""
    if not said:
        raise Refused(400, "MissingUtterance", "nothing_said")
    text, _ = clean(said, inbox.desk.policy.messages.max_chars)
    intent = inbox.engine.parse(text)["intent"]
    score = round(float(intent.get("confidence") or 0.0), 4)
    understood = {"IntentId": intent.get("name"), "Name": intent.get("name"), "Score": score, "SlotList": []}
    info = {"DialogHubNluInfo": {"IntentList": [understood], "EntityList": []}}
    return {"MessageId": uuid.uuid4().hex, "Messages": [info]}


def order_of(vendor_param: str) -> str | None:
    """The order that the desk names in a JSON object of its own; whatever else stands there is the desk's business."""
    try:
        named_there = json.loads(vendor_param or "{}")
    except (ValueError, RecursionError):
        return None
    order_id = str(named_there.get("order_id") or "") if isinstance(named_there, dict) else ""
    return order_id if 0 < len(order_id) <= 64 and order_id.isprintable() else None


def as_slots(claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The claim's first line and its sum, as what the dialogue has learnt. 元 with two digits."""
    line: dict[str, Any] = next(iter(claim.get("lines", ())), {})
    settled, offer = claim.get("settlement"), claim.get("offer")
    amount_fen = settled["refund_fen"] if settled else offer["amount_fen"] if offer else None
    values = {
        "order_id": claim.get("order_id"),
        "item": line.get("title"),
        **{name: line.get(name) for name in ("ordered", "received", "missing")},
        "amount": f"{amount_fen / 100:.2f}" if amount_fen is not None else None,
    }
    return [
        {"Name": name, "Value": str(value), "Origin": str(value), "Hit": True}
        for name, value in values.items()
        if value is not None
    ]


def as_messages(outcome: Outcome, skill_groups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Words and choices, and at a hand-off the command that tells the desk to move the conversation."""
    messages: list[dict[str, Any]] = []
    for reply, group in zip(outcome.replies, choices(outcome.replies), strict=True):
        messages += [_text(reply["text"], outcome), *_recommend(group)]
    if messages and outcome.claim:
        next(each["Text"] for each in messages if "Text" in each)["Slots"] = as_slots(outcome.claim)
    if messages and outcome.handoff and outcome.handoff["begun"]:
        texts = [message["Text"] for message in messages if message["AnswerType"] == "Text"]
        reason = outcome.handoff["reason"]
        taken_by = skill_groups.get(reason, skill_groups.get("default", ""))
        about = {"skillGroup": taken_by, "ext": outcome.handoff["summary"], "toAgentReason": reason}
        texts[-1]["Commands"] = {"sysToAgent": json.dumps(about, ensure_ascii=False)}
    return messages


def as_2017(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The older version has ``Type`` for ``AnswerType``."""
    return {**answer, "Messages": [{"Type": each["AnswerType"], **each} for each in answer["Messages"]]}


def as_error(refused: Refused, request_id: str) -> Response:
    code = _CODES.get(refused.code, refused.code)
    error = {"RequestId": request_id, "Code": code, "Message": refused.message, "HostId": "shaofa"}
    return JSONResponse(error, refused.status, refused.headers)


def _check(given: Mapping[str, str]) -> None:
    for name, most in _MAX.items():
        if len(given.get(name, "")) > most or not given.get(name, "").isprintable():
            raise Refused(400, f"Invalid{name}", "bad_parameter", {"name": name, "most": most})


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
