"""Sends to Chatwoot what lies in the outbox, and finds out about what was cut off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from bot.desk import Case
from bot.desk.handoffs import hand_off
from bot.doors.chatwoot.client import Conversation, is_not_allowed
from bot.doors.chatwoot.inboxes import ChatwootInbox
from bot.doors.chatwoot.outlet import WORDS
from bot.inbox import outside
from bot.inbox.answer import HANDED_OFF
from bot.inbox.delivery import Failed, Refused, Unknown
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming
from bot.store import Author, Delivery

logger = logging.getLogger(__name__)

_TRIES = 8  # over some four minutes: what comes later than that, a person says
UNDELIVERED = "undelivered"


class WordsSender:
    """A line to the buyer, or a note to the desk's people: it must not come twice."""

    may_repeat = False

    def __init__(self, inbox: Inbox, inboxes: Mapping[str, ChatwootInbox]) -> None:
        self._inbox, self._inboxes = inbox, inboxes

    def send(self, delivery: Delivery) -> str | None:
        payload = delivery.payload
        if delivery.attempts > 1:  # a server that has failed may have done it all the same
            with suppress(Unknown, Failed):
                if found := self.look_up(delivery):
                    return found
        mark = {"echo_id": delivery.key, **({"source_id": delivery.key} if payload["marked"] else {})}
        try:
            answer = _conversation(self._inboxes, payload).post("messages", {**payload["body"], **mark})
        except Failed as failed:
            if delivery.attempts >= _TRIES:
                raise Refused(str(failed)) from failed
            raise
        return _id(answer)

    def look_up(self, delivery: Delivery) -> str | None:
        """By our own mark where it was kept, else by the words: nobody else writes them as a bot's."""
        try:
            answer = _conversation(self._inboxes, delivery.payload).get("messages")
        except Refused as refused:
            raise Unknown(f"it cannot be looked up: {refused}") from refused
        except Unknown as unknown:
            raise Failed(str(unknown)) from unknown
        messages = answer.get("payload") if isinstance(answer, dict) else answer
        if not isinstance(messages, list):
            raise Unknown("what came back is no list of messages")
        begun_s = delivery.created_at.timestamp()
        for message in messages:
            if isinstance(message, dict) and _is_it(message, delivery, begun_s):
                return _id(message)
        return None

    def given_up(self, delivery: Delivery, why: str) -> None:
        """The rest of the answer goes with it, and a person has the conversation."""
        payload = delivery.payload
        if payload["body"].get("private"):
            return  # the buyer misses nothing
        self._inbox.desk.store.outbox.drop(
            payload["lane"], WORDS, delivery, self._inbox.desk.clock(), "a line before it did not come"
        )

        def call_a_person(case: Case) -> None:
            if case.handoff is None:
                hand_off(case, UNDELIVERED)
                case.tell(Author.SYSTEM, {"state": HANDED_OFF})

        outside.change(self._inbox, Incoming(payload["conversation_id"]), call_a_person)


class StateSender:
    """Who has it, and what stands beside it: the same twice harms nobody."""

    may_repeat = True

    def __init__(self, inbox: Inbox, inboxes: Mapping[str, ChatwootInbox]) -> None:
        self._inbox, self._inboxes = inbox, inboxes

    def send(self, delivery: Delivery) -> None:
        payload = delivery.payload
        there = _conversation(self._inboxes, payload)
        if payload["what"] == "status":
            there.post("toggle_status", {"status": payload["value"]})
            store, now = self._inbox.desk.store, self._inbox.desk.clock()
            store.threads.switched(payload["conversation_id"], now, is_open=payload["value"] == "open")
            return
        try:
            self._set[payload["what"]](self, there, payload)
        except Refused as refused:
            if not is_not_allowed(refused):
                raise
            logger.info("%s: this server does not let a bot set %s", payload["door"], payload["what"])

    def _attributes(self, there: Conversation, payload: Mapping[str, Any]) -> None:
        """The call replaces them all: others' are sent along."""
        thread = self._inbox.desk.store.threads.of(payload["conversation_id"])
        others = thread.about.get("attributes", {}) if thread else {}
        there.post("custom_attributes", {"custom_attributes": {**others, **payload["value"]}})

    def _labels(self, there: Conversation, payload: Mapping[str, Any]) -> None:
        found = there.get("labels")
        kept = found.get("payload") if isinstance(found, dict) else None
        if isinstance(kept, list):  # else others' would be lost
            there.post("labels", {"labels": list(dict.fromkeys([*kept, *payload["value"]]))})

    def _priority(self, there: Conversation, payload: Mapping[str, Any]) -> None:
        there.post("toggle_priority", {"priority": payload["value"]})

    _set: Mapping[str, Callable[[StateSender, Conversation, Mapping[str, Any]], None]] = {
        "attributes": _attributes,
        "labels": _labels,
        "priority": _priority,
    }


def _conversation(inboxes: Mapping[str, ChatwootInbox], payload: Mapping[str, Any]) -> Conversation:
    door = inboxes.get(payload["door"])
    if door is None:
        raise Refused(f"there is no door {payload['door']} any more")
    return Conversation(door.url, door.token, payload["account"], payload["conversation"])


def _is_it(message: Mapping[str, Any], delivery: Delivery, begun_s: float) -> bool:
    if delivery.payload["marked"] and message.get("source_id"):
        return bool(message["source_id"] == delivery.key)
    body = delivery.payload["body"]
    if message.get("content") != body["content"] or bool(message.get("private")) is not bool(body.get("private")):
        return False
    written = 0.0
    with suppress(TypeError, ValueError):
        written = float(message.get("created_at") or 0)
    return written >= begun_s - 1 or not written


def _id(message: Any) -> str | None:
    found = message.get("id") if isinstance(message, dict) else None
    return str(found) if found is not None else None
