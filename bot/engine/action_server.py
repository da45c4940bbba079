"""A handler of ``bot.talk`` as a class of Rasa's SDK, and an executor of them, for ``rasa shell`` and ``rasa run``.

Whoever calls an action server says whose conversation it is, and is told of that buyer's orders: so it is for Rasa on
the same machine alone, and asks for a token.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import re
from collections.abc import Mapping
from typing import Any

import pluggy
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, ConversationPaused, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from rasa_sdk.plugin import plugin_manager
from rasa_sdk.utils import check_version_compatibility
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.desk import Speaker
from bot.office import default_buyer, desk
from bot.settings import settings
from bot.talk.turn import Handler, Happened, Memory, Step, Turn


def as_action(name: str, handler: Handler) -> type[Action]:
    """The action of that name; the SDK registers classes."""

    def run(
        self: Action, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        with desk().case(_speaker(tracker)) as case:
            turn = Turn(case, tracker.latest_message, _memory(tracker))
            step = handler(turn)
        for reply in turn.replies:
            dispatcher.utter_message(
                response=reply.response, json_message=reply.card, buttons=list(reply.buttons), **reply.values
            )
        return _events(step)

    return type(name, (Action,), {"name": lambda self: name, "run": run, "__module__": __name__})


def _speaker(tracker: Tracker) -> Speaker:
    """Whoever reaches the server can name any conversation: it is no buyer's id, whatever it looks like."""
    return Speaker(tracker.sender_id, default_buyer(f"rasa:{tracker.sender_id}"))


def _memory(tracker: Tracker) -> Memory:
    story = [happened for event in tracker.events if (happened := _happened(event))]
    said = [event.get("text") or "" for event in tracker.events if event.get("event") == "user"]
    return Memory(tracker.current_slot_values(), (tracker.active_loop or {}).get("name"), story, said)


def _happened(event: Mapping[str, Any]) -> Happened | None:
    kind, name = event.get("event"), event.get("name")
    if kind == "user":
        intent = (event.get("parse_data") or {}).get("intent") or {}
        return Happened("user", intent.get("name"), event.get("text") or "")
    if kind == "action":
        return Happened("action", name)
    if kind == "bot":
        return Happened("said", (event.get("metadata") or {}).get("utter_action"), event.get("text") or "")
    if kind == "active_loop":
        return Happened("form", name)
    if kind == "action_execution_rejected":
        return Happened("stepped_back", name)
    return None


def _events(step: Step) -> list[EventType]:
    events: list[EventType] = [SlotSet(name, value) for name, value in step.slots.items()]
    if step.then:
        events.append(FollowupAction(step.then))
    if step.hands_over:
        events += [ActiveLoop(None), ConversationPaused()]
    return events


# --- the server -----------------------------------------------------------------------------------

_IN_HEADER = re.compile(r'Token +token="?([^"]*)"?', re.IGNORECASE)


class Actions:
    """The SDK's executor over the actions of a module."""

    def __init__(self, module: str) -> None:
        self._executor = ActionExecutor()
        self._executor.register_package(module)

    @property
    def names(self) -> list[str]:
        return list(self._executor.actions)

    def run(self, call: Mapping[str, Any]) -> tuple[int, Any]:
        """Status and body as the SDK's own webhook has them. Blocks; may be called from several threads."""
        check_version_compatibility(call.get("version"))
        try:
            return 200, asyncio.run(self._executor.run(call))
        except ActionExecutionRejection as rejection:
            return 400, {"error": rejection.message, "action_name": rejection.action_name}
        except ActionNotFoundException as unknown:
            return 404, {"error": unknown.message, "action_name": unknown.action_name}


def has_token(headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    """Did the caller send the token of the settings, as ``endpoints.yml`` does or as Rasa's ``token:`` would?"""
    token = settings().actions_token
    if token is None:
        return False
    in_header = _IN_HEADER.fullmatch(headers.get("authorization", ""))
    given = in_header[1] if in_header else query.get("token") or ""
    return hmac.compare_digest(given.encode(errors="replace"), token.get_secret_value().encode())


def keep_to_ourselves() -> None:
    """``rasa run actions`` answers anybody who reaches it, on every address. Once ours are loaded it answers this
    machine, unless SANIC_HOST says otherwise, and with a token in the settings nobody without it."""
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")
    plugins = plugin_manager()
    if not plugins.is_registered(_guard):
        plugins.register(_guard)


class _Guard:
    @pluggy.HookimplMarker("rasa_sdk")
    def attach_sanic_app_extensions(self, app: Sanic) -> None:
        app.on_request(_refuse_strangers)


_guard = _Guard()


async def _refuse_strangers(request: Request) -> HTTPResponse | None:
    if settings().actions_token is None or request.path == "/health" or has_token(request.headers, request.args):
        return None
    return json({"error": "SHAOFA_ACTIONS_TOKEN"}, 401)
