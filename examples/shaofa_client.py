"""A small client of Shaofa's neutral API, to copy into your own program. Needs ``requests`` alone. See docs/api.md.

shop = Shaofa("http://127.0.0.1:5005", "sk-shaofa-…")
answer = shop.say("conversation-1", "buyer-1", "T恤少了一件", message_id="m-1")
for reply in answer.replies:
    print(reply.text, reply.choices)
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

_PATIENCE_S = 60
_TRIES = 3
_WINDOW_S = 300


@dataclass(frozen=True)
class Reply:
    """``choices``: by title, what is to be said for it."""

    id: str
    text: str
    choices: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """``decision``: send, handoff, no_reply or suggest. ``handoff`` and ``case`` as docs/api.md has them."""

    replies: Sequence[Reply]
    decision: str
    handoff: Mapping[str, Any] | None
    case: Mapping[str, Any] | None


class ShaofaError(RuntimeError):
    """What was refused: ``code`` is for programs, the message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Shaofa:
    """``session``: whatever has ``requests``' ``request``."""

    def __init__(self, url: str, key: str, session: Any = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"}
        self._session = session or requests.Session()

    def say(self, conversation_id: str, buyer_id: str, text: str, *, message_id: str, order_id: str = "") -> Answer:
        """What the buyer has said. With the same ``message_id`` it may be sent again, and changes nothing."""
        return _answer(self._post("/v1/messages", _message(conversation_id, buyer_id, text, message_id, order_id)))

    def suggest(self, conversation_id: str, buyer_id: str, text: str, *, order_id: str = "") -> Answer:
        """What could be answered; nothing is kept, nothing promised."""
        return _answer(self._post("/v1/suggestions", _message(conversation_id, buyer_id, text, "", order_id)))

    def conversation(self, conversation_id: str, after: int = 0) -> dict[str, Any]:
        return self._call("GET", f"/v1/conversations/{quote(conversation_id, safe='')}", params={"after": after})

    def hand_over(self, conversation_id: str, by: str | None = None) -> dict[str, Any]:
        return self._post(f"/v1/conversations/{quote(conversation_id, safe='')}/handoff", {"by": by})

    def claim(self, claim_id: str) -> dict[str, Any]:
        return self._call("GET", f"/v1/claims/{quote(claim_id, safe='')}")

    def fulfilled(self, claim_id: str, carrier: str | None = None, number: str | None = None) -> dict[str, Any]:
        body = {"carrier": carrier, "number": number}
        return self._post(f"/v1/claims/{quote(claim_id, safe='')}/fulfilled", body)

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """
        Raises:
            ShaofaError: it was refused, and again and again where it may be sent again.
        """
        for left in reversed(range(_TRIES)):
            answer = self._session.request(method, self._url + path, headers=self._headers, timeout=_PATIENCE_S, **more)
            if answer.status_code in (429, 503) and left:
                time.sleep(float(answer.headers.get("Retry-After", "1")))
                continue
            said: dict[str, Any] = answer.json()
            if answer.status_code >= 400:
                raise ShaofaError(answer.status_code, said["error"]["code"], said["error"]["message"])
            return said
        raise AssertionError("the last try has answered")


def is_ours(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> bool:
    """Is this event from Shaofa, and sent within five minutes? ``body`` as it came, ``now`` in seconds since 1970."""
    stamp = headers.get("X-Shaofa-Timestamp", "")
    if not stamp.isdecimal() or abs(now - int(stamp)) > _WINDOW_S:
        return False
    signed = stamp.encode() + b"." + body
    ours = [f"sha256={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in secrets]
    given = headers.get("X-Shaofa-Signature", "").split(",")
    return any(hmac.compare_digest(each.strip().encode(), seal.encode()) for each in given for seal in ours)


def _message(conversation_id: str, buyer_id: str, text: str, message_id: str, order_id: str) -> dict[str, Any]:
    return {
        "id": message_id or None,
        "conversation_id": conversation_id,
        "sender": {"id": buyer_id},
        "text": text,
        "context": {"order_id": order_id or None},
    }


def _answer(said: Mapping[str, Any]) -> Answer:
    replies = [
        Reply(each["id"], each["text"], {choice["title"]: choice["payload"] for choice in each["quick_replies"]})
        for each in said["replies"]
    ]
    return Answer(replies, said["decision"], said["handoff"], said["case"])
