"""The neutral door to what is on record: conversations and claims, what the desk's people do there, and what a buyer
thought of it. See ``docs/api.md``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from bot.doors.http import JSON_BYTES, STORABLE, Caller, called_by, check_json, parse, read_body, stream_body
from bot.doors.refusals import Refused
from bot.inbox import outside, people, records
from bot.inbox.answer_view import answer_as_json
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming
from bot.store.files import FileRejected

_ANY = Field(default=None, max_length=64, regex=STORABLE)
_EVIDENCE = ("image/", "video/", "application/octet-stream")


class HandOver(BaseModel):
    """``by``: who takes it over at once; without a name it goes into the queue."""

    by: str | None = _ANY


class Resume(BaseModel):
    by: str | None = _ANY


class Rating(BaseModel):
    """``message_id``: of the answer that is meant, else the whole conversation."""

    score: int = Field(ge=1, le=5)
    comment: str = Field(default="", max_length=1000, regex=STORABLE)
    message_id: str = Field(default="", max_length=128, regex=STORABLE)


class Fulfilled(BaseModel):
    by: str | None = _ANY
    carrier: str | None = _ANY
    number: str | None = Field(default=None, regex=r"^[0-9A-Za-z-]{6,32}\Z")


def routes(inbox: Inbox) -> list[BaseRoute]:
    async def conversation(request: Request) -> JSONResponse:
        caller = await called_by(request, "messages")
        name = _name(request, caller)
        after = request.query_params.get("after", "0")
        if not (after.isdecimal() and len(after) <= 9):
            raise Refused(400, "bad_request")
        return JSONResponse(await _do(records.conversation, inbox, name, _buyer(request), int(after)))

    async def message(request: Request) -> JSONResponse:
        caller = await called_by(request, "messages")
        name, message_id = _name(request, caller), request.path_params["message_id"]
        _check_id(message_id)
        outcome = await _do(records.answer_to, inbox, name, message_id, _buyer(request))
        if outcome is None:
            return JSONResponse({"conversation_id": name, "message_id": message_id, "status": "waiting"}, 202)
        return JSONResponse(answer_as_json(name, message_id, outcome))

    async def evidence(request: Request) -> JSONResponse:
        """A picture or video as it is, sent by the buyer: answered as a message."""
        caller = await called_by(request, "messages")
        kind = request.headers.get("content-type", "").lower()
        if not kind.startswith(_EVIDENCE):
            raise Refused(400, "bad_request", "no_evidence_type")
        name, buyer, message_id = _name(request, caller), _buyer(request), request.query_params.get("id") or None
        if buyer is None:
            raise Refused(400, "bad_request", "no_buyer")
        _check_id(message_id)
        limits = inbox.desk.policy.evidence
        limit = limits.max_picture_bytes if kind.startswith("image/") else limits.max_video_bytes
        try:
            with inbox.files.receive() as upload:
                async for part in stream_body(request, limit):
                    await run_in_threadpool(upload.write, part)
                outcome = await inbox.handle(Incoming(name, "", message_id, buyer, files=(upload,)))
        except FileRejected as rejected:
            raise Refused(503, rejected.code) from rejected
        return JSONResponse(answer_as_json(name, message_id, outcome))

    async def hand_over(request: Request) -> JSONResponse:
        caller = await called_by(request, "events")
        asked = await _read(request, HandOver)
        return JSONResponse(await _do(records.hand_over, inbox, _name(request, caller), asked.by))

    async def resume(request: Request) -> JSONResponse:
        caller = await called_by(request, "events")
        asked = await _read(request, Resume)
        name = _name(request, caller)
        await _do(people.give_back, inbox, name, by=asked.by or outside.SOMEBODY)
        return JSONResponse(await _do(records.state, inbox, name))

    async def rating(request: Request) -> JSONResponse:
        caller = await called_by(request, "messages")
        rated = await _read(request, Rating)
        await _do(records.rate, inbox, _name(request, caller), rated.message_id, rated.score, rated.comment)
        return JSONResponse({"score": rated.score})

    async def claim(request: Request) -> JSONResponse:
        await called_by(request, "claims")
        return JSONResponse(await _do(records.claim, inbox, _claim(request)))

    async def fulfilled(request: Request) -> JSONResponse:
        await called_by(request, "claims")
        done = await _read(request, Fulfilled)
        claim_id, by = _claim(request), done.by or outside.SOMEBODY
        await _do(people.fulfilled, inbox, claim_id, by=by, carrier=done.carrier, number=done.number)
        return JSONResponse(await _do(records.claim, inbox, claim_id))

    here = "/v1/conversations/{conversation_id:path}"
    return [
        Route(f"{here}/messages/{{message_id:path}}", message),
        Route(f"{here}/evidence", evidence, methods=["POST"]),
        Route(f"{here}/handoff", hand_over, methods=["POST"]),
        Route(f"{here}/resume", resume, methods=["POST"]),
        Route(f"{here}/rating", rating, methods=["POST"]),
        Route(here, conversation),
        Route("/v1/claims/{claim_id}/fulfilled", fulfilled, methods=["POST"]),
        Route("/v1/claims/{claim_id}", claim),
    ]


async def _do(act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """In a thread; what cannot be done is refused in words.

    Raises:
        Refused: 404 where there is no such thing, 409 where it is not as far.
    """
    try:
        return await run_in_threadpool(act, *given, **named)
    except people.NoConversation as error:
        raise Refused(404, "not_found", "no_such_conversation") from error
    except records.NoMessage as error:
        raise Refused(404, "not_found", "no_such_message") from error
    except people.TakenByOther as error:
        raise Refused(409, "not_possible", "taken_by_other", {"name": error.name}) from error
    except people.NotPossible as error:
        if error.code == "no_claim":
            raise Refused(404, "not_found", "no_such_claim") from error
        raise Refused(409, "not_possible", f"not_possible_{error.code}") from error


async def _read(request: Request, kind: type[Any]) -> Any:
    """The body; none at all says nothing, but a page of another site could send none without asking."""
    raw = await read_body(request, JSON_BYTES)
    if raw or "origin" in request.headers:
        check_json(request.headers)
    return parse(kind, raw or b"{}")


def _name(request: Request, caller: Caller) -> str:
    name: str = request.path_params["conversation_id"]
    _check_id(name)
    caller.check_conversation(name)
    return name


def _claim(request: Request) -> str:
    claim_id: str = request.path_params["claim_id"]
    _check_id(claim_id)
    return claim_id


def _buyer(request: Request) -> str | None:
    """Whose it must be, where the caller says so; another buyer's is refused."""
    buyer = request.query_params.get("buyer_id") or None
    _check_id(buyer)
    return buyer


def _check_id(name: str | None) -> None:
    if name is not None and not (0 < len(name) <= 128 and name.isprintable()):
        raise Refused(400, "bad_request", "bad_id")
