"""Chatwoot's API, as far as a bot may use it. Errors are those of ``bot.inbox.delivery``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from bot.inbox.calling import call, check
from bot.inbox.delivery import Refused


@dataclass(frozen=True)
class Conversation:
    """One conversation over there; ``url`` of the server, ``token`` of the bot."""

    url: str
    token: str
    account: int
    conversation: int

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """
        Returns:
            What it answers, as JSON; None when it is none.
        """
        return _json(self._call("POST", path, json.dumps(body, ensure_ascii=False).encode()))

    def get(self, path: str) -> Any:
        return _json(self._call("GET", path, None))

    def _call(self, method: str, path: str, body: bytes | None) -> requests.Response:
        address = f"{self.url}/api/v1/accounts/{self.account}/conversations/{self.conversation}/{path}"
        return api(method, address, self.token, body)


def api(method: str, address: str, token: str, body: bytes | None = None) -> requests.Response:
    headers = {"api_access_token": token, "content-type": "application/json", "accept": "application/json"}
    answer = call(method, address, body, headers)
    check(answer)
    return answer


def is_not_allowed(refused: Refused) -> bool:
    """Older servers let a bot do less."""
    return any(status in str(refused) for status in ("401", "403", "404"))


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
