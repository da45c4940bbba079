"""OpenAI's form: ``POST /v1/chat/completions`` and ``GET /v1/models``. See ``docs/openai.md``.

What a request says is read in ``openai_in.py``; whose conversation it is, ``bot.inbox.posted`` finds out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from bot.claims.doors import DoorPolicy
from bot.doors.http import LARGE_BYTES, called_by, check_json, read_body
from bot.doors.models import names
from bot.doors.openai_in import Chat, known, read
from bot.doors.refusals import Refused, VendorRoute, WrongField
from bot.inbox.inbox import Inbox
from bot.inbox.modes import spoken
from bot.inbox.posted import Answered, answer
from bot.inbox.upstream import Upstream

DOOR = "openai"


def routes(inbox: Inbox, upstream: Upstream | None = None) -> list[BaseRoute]:
    """Each address with and without ``/v1``: people forget it in the base URL."""

    async def complete(request: Request) -> Response:
        caller = await called_by(request, "messages")
        check_json(request.headers)
        raw = await read_body(request, LARGE_BYTES)
        policy = inbox.desk.policy.door(DOOR, caller.name)
        chat, posted = await run_in_threadpool(read, raw, request.headers, caller.name, policy.tool)
        with closing(posted):
            commits = known(chat.model).commits
            answered = await answer(inbox, posted, policy, commits=commits, upstream=upstream)
        completion = as_completion(chat, answered, policy)
        if not chat.stream:
            return JSONResponse(completion)
        usage = bool(chat.stream_options and chat.stream_options.include_usage)
        events = as_events(completion, include_usage=usage)
        return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

    async def models(request: Request) -> Response:
        await called_by(request, "messages")
        return JSONResponse({"object": "list", "data": [as_model(name) for name in names()]})

    async def model(request: Request) -> Response:
        await called_by(request, "messages")
        known(request.path_params["name"])
        return JSONResponse(as_model(request.path_params["name"]))

    async def elsewhere(request: Request) -> Response:
        raise Refused(404, "not_found", "no_responses")

    return [
        route
        for base in ("/v1", "")
        for route in (
            VendorRoute(f"{base}/chat/completions", complete, as_error, methods=["POST"]),
            VendorRoute(f"{base}/models", models, as_error),
            VendorRoute(f"{base}/models/{{name}}", model, as_error),
            VendorRoute(f"{base}/responses", elsewhere, as_error, methods=["GET", "POST"]),
            _InAnthropicsForm(f"{base}/messages", elsewhere, as_anthropic_error, methods=["POST"]),
        )
    ]


class _InAnthropicsForm(VendorRoute):
    """Anthropic's address is the neutral door's as well; its callers name a version of their API."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_theirs = any(name == b"anthropic-version" for name, _ in scope.get("headers", ()))
        return super().matches(scope) if is_theirs else (Match.NONE, {})


# --- out ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tool:
    """A tool of the caller's by which a person is called; ``parameters`` is its JSON schema."""

    name: str
    parameters: Mapping[str, Any]


def as_completion(chat: Chat, answered: Answered, policy: DoorPolicy) -> dict[str, Any]:
    """The whole answer. We count no tokens: ``usage`` counts characters."""
    dealt = answered.dealt
    content = spoken(dealt, policy, known(chat.model).most)
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
    reason = "stop"
    tool = _transfer(chat)
    if tool and dealt.hands_over and not chat.has_tool_result:
        arguments = json.dumps(_arguments(tool.parameters, dealt.outcome.handoff or {}), ensure_ascii=False)
        function = {"name": tool.name, "arguments": arguments}
        message |= {
            "content": None,
            "tool_calls": [{"id": f"call_{answered.id[:24]}", "type": "function", "function": function}],
        }
        reason = "tool_calls"
    asked = sum(len(part.text) for said in chat.messages for part in said.parts)
    return {
        "id": f"chatcmpl-{answered.id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": chat.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": {"prompt_tokens": asked, "completion_tokens": len(content), "total_tokens": asked + len(content)},
        "shaofa": {
            "decision": dealt.decision,
            "mode": dealt.mode.value,
            "handoff": dealt.outcome.handoff,
            "claim": dealt.outcome.claim,
        },
    }


def _transfer(chat: Chat) -> _Tool | None:
    if chat.tool_choice == "none":
        return None
    for tool in chat.tools if isinstance(chat.tools, list) else ():
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        words = ("transfer", "handoff", "hand_off", "human", "转人工")
        if isinstance(function, dict) and isinstance(name, str) and any(word in name.lower() for word in words):
            parameters = function.get("parameters")
            return _Tool(name, parameters if isinstance(parameters, dict) else {})
    return None


# A value of each type of JSON schema, for what is required and nothing we know.
_EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
_OF_HANDOFF = {"reason": "reason", "summary": "summary", "note": "summary", "message": "summary", "remark": "summary"}


def _arguments(schema: Mapping[str, Any], handoff: Mapping[str, Any]) -> dict[str, Any]:
    """What the tool's own schema asks for, as far as a hand-off has it."""
    properties = schema.get("properties")
    required = schema.get("required")
    found: dict[str, Any] = {}
    for name, about in properties.items() if isinstance(properties, dict) else ():
        kind = about.get("type") if isinstance(about, dict) else None
        kind = kind[0] if isinstance(kind, list) and kind else kind
        ours = next((value for word, value in _OF_HANDOFF.items() if word in str(name).lower()), None)
        choices = about.get("enum") if isinstance(about, dict) else None
        if ours and kind in ("string", None) and not choices:
            found[name] = str(handoff.get(ours) or "")
        elif isinstance(required, list) and name in required:
            found[name] = choices[0] if isinstance(choices, list) and choices else _EMPTY.get(str(kind))
    return found


def as_events(completion: Mapping[str, Any], *, include_usage: bool) -> Iterator[str]:
    """The same answer as server-sent events: the role, the words line by line or the tool that is called, the end."""
    head = {name: completion[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    head |= {"usage": None} if include_usage else {}
    choice = completion["choices"][0]
    content, calls = choice["message"]["content"], choice["message"].get("tool_calls", ())
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "" if content is not None else None}]
    deltas += [{"content": line} for line in (content or "").splitlines(keepends=True)]
    deltas += [{"tool_calls": [{"index": place, **call}]} for place, call in enumerate(calls)]
    for delta in deltas:
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]})
    end = [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": choice["finish_reason"]}]
    yield _event({**head, "choices": end, "shaofa": completion["shaofa"]})
    if include_usage:
        yield _event({**head, "choices": [], "usage": completion["usage"]})
    yield "data: [DONE]\n\n"


def as_model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "shaofa"}


def as_error(refused: Refused, request_id: str) -> Response:
    error = {
        "message": refused.message,
        "type": "server_error" if refused.status >= 500 else "invalid_request_error",
        "param": refused.field if isinstance(refused, WrongField) else None,
        "code": "invalid_api_key" if refused.status == 401 else refused.code,
        "request_id": request_id,
    }
    return JSONResponse({"error": error}, refused.status, refused.headers)


def as_anthropic_error(refused: Refused, request_id: str) -> Response:
    kind = "not_found_error" if refused.status == 404 else "invalid_request_error"
    error = {"type": kind, "message": refused.message}
    return JSONResponse({"type": "error", "error": error, "request_id": request_id}, refused.status, refused.headers)


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
