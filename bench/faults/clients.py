"""Clients that say each message, with an id, until they hear that it was taken: a desk's software, and the widget."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from bot.settings import settings

_WITHIN_S = 300  # a worker that died holds its conversation up for a minute; it may happen again and again
_AGAIN_AFTER_S = 0.1


def hasty_shop(folder: Path) -> str:
    """A copy of ``shop.yml`` for buyers who do not type in bursts: answered after a tenth of a second."""
    file = folder / "shop.yml"
    policy = settings().shop_file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"wait_seconds: \S+", "wait_seconds: 0.1", policy), encoding="utf-8")
    return str(file)


class Client(ABC):
    """One buyer, who has the demo orders, in one conversation."""

    conversation_id: str

    def __init__(self, url: str, buyer_id: str) -> None:
        """``buyer_id`` begins with ``demo-``."""
        self.url, self.buyer_id = url, buyer_id
        self.acknowledged: list[str] = []
        self.said_again = 0
        self._line = requests.Session()
        self.post("/demo/session", {"buyer_id": buyer_id})

    def have(self, said: Sequence[str]) -> None:
        for number, text in enumerate(said):
            self.say(text, f"m{number}")
        self._line.close()

    @abstractmethod
    def say(self, text: str, message_id: str) -> list[str]:
        """The replies' texts."""

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        until = time.monotonic() + _WITHIN_S
        while True:
            try:
                answer = self._line.post(f"{self.url}{path}", json=body, headers=headers, timeout=150)
            except requests.RequestException:  # cut off, perhaps in the middle of the answer
                answer = None
            if answer is not None and answer.status_code < 500:
                answer.raise_for_status()
                return answer.json()
            if time.monotonic() > until:
                raise TimeoutError(f"{path} was not taken")
            self.said_again += 1
            time.sleep(_AGAIN_AFTER_S)


class Desk(Client):
    """Answered inline."""

    def __init__(self, url: str, buyer_id: str, conversation_id: str | None = None) -> None:
        super().__init__(url, buyer_id)
        self.conversation_id = conversation_id or buyer_id

    def say(self, text: str, message_id: str) -> list[str]:
        sender = {"id": self.buyer_id}
        body = {"conversation_id": self.conversation_id, "sender": sender, "id": message_id, "text": text}
        answer = self.post("/v1/messages", body)
        self.acknowledged.append(message_id)
        return [reply["text"] for reply in answer["replies"]]


class Widget(Client):
    """Looks into the log until the answer is there."""

    def __init__(self, url: str, buyer_id: str) -> None:
        super().__init__(url, buyer_id)
        opened = self.post("/v1/web/session", {"buyer_id": buyer_id})
        self.conversation_id = opened["conversation_id"]
        self.headers = {"Authorization": f"Bearer {opened['session']}"}

    def say(self, text: str, message_id: str) -> list[str]:
        seq = self.post("/v1/web/messages", {"id": message_id, "text": text}, **self.headers)["seq"]
        self.acknowledged.append(message_id)
        until = time.monotonic() + _WITHIN_S
        while time.monotonic() < until:
            said = [entry["text"] for entry in self._after(seq) if entry["from"] == "bot"]
            if said:
                return said
            time.sleep(0.2)
        raise TimeoutError(f"{self.conversation_id}: {message_id} was not answered")

    def _after(self, seq: int) -> list[dict[str, Any]]:
        try:
            answer = self._line.get(f"{self.url}/v1/web/log?after={seq}", headers=self.headers, timeout=30)
            entries: list[dict[str, Any]] = answer.json()["entries"] if answer.ok else []
        except requests.RequestException:
            return []
        return entries
