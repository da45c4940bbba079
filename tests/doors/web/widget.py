"""What the widget does, without a browser, and what its tests share."""

from __future__ import annotations

import asyncio
import io
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import requests
import websockets
from PIL import Image

from bot.claims.shop import ShopPolicy
from bot.settings import ROOT

SECRET = "a-secret-for-tests-of-32-characters"
SHOP = "https://shop.example"
PATIENCE_S = 30
LIMITS = ShopPolicy.load(ROOT / "shop.yml").messages


class Widget:
    """What the widget does, without a browser."""

    def __init__(self, url: str, **opening: Any) -> None:
        self.url = f"{url}/v1/web"
        answer = requests.post(f"{self.url}/session", json=opening, timeout=30)
        answer.raise_for_status()
        self.opened: dict[str, Any] = answer.json()
        self.session: str = self.opened["session"]
        self.talk: str = self.opened["conversation_id"]
        self.headers = {"Authorization": f"Bearer {self.session}"}

    def post(self, text: Any, message_id: Any = None) -> requests.Response:
        body = {"id": message_id or uuid.uuid4().hex, "text": text}
        return requests.post(f"{self.url}/messages", json=body, headers=self.headers, timeout=30)

    def say(self, text: str, message_id: str | None = None) -> int:
        answer = self.post(text, message_id)
        assert answer.status_code == 202, answer.text
        seq: int = answer.json()["seq"]
        return seq

    def upload(self, data: bytes, name: str = "a.jpg", kind: str = "image/jpeg", **more: Any) -> requests.Response:
        query = {"id": uuid.uuid4().hex, "name": name, **more}
        headers = {**self.headers, "Content-Type": kind}
        return requests.post(f"{self.url}/files", params=query, data=data, headers=headers, timeout=30)

    def fetch(self, sha256: str, **query: str) -> requests.Response:
        return requests.get(f"{self.url}/files/{sha256}", params=query, headers=self.headers, timeout=30)

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/log", params={"after": after}, headers=self.headers, timeout=30)
        answer.raise_for_status()
        entries: list[dict[str, Any]] = answer.json()["entries"]
        return entries

    def until(self, enough: Callable[[list[dict[str, Any]]], Any]) -> list[dict[str, Any]]:
        """The log as soon as it is ``enough``."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            entries = self.log()
            if enough(entries):
                return entries
            time.sleep(0.1)
        raise AssertionError(f"still not: {self.log()}")

    def answered(self) -> list[dict[str, Any]]:
        return self.until(lambda entries: entries[-1]["from"] != "buyer")

    async def listen(self, count: int, after: int = 0) -> list[dict[str, Any]]:
        """The next so many entries, by socket."""
        async with websockets.connect(self.url.replace("http", "ws") + "/socket") as socket:
            await socket.send(json.dumps({"session": self.session, "after": after}))
            return [json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S)) for _ in range(count)]

    def stream(self, count: int, after: int = 0) -> list[dict[str, Any]]:
        """The next so many entries, where sockets are blocked."""
        address, query = f"{self.url}/events", {"after": after}
        with requests.get(address, params=query, headers=self.headers, stream=True, timeout=PATIENCE_S) as answer:
            answer.raise_for_status()
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            lines = (line for line in answer.iter_lines() if line.startswith(b"data: "))
            return [json.loads(next(lines).removeprefix(b"data: ")) for _ in range(count)]


def said_by(entries: list[dict[str, Any]], author: str) -> list[str]:
    return [entry["text"] for entry in entries if entry["from"] == author]


def token(
    subject: Any = "buyer-1", lasts_s: int = 600, secret: str = SECRET, algorithm: str = "HS256", **more: Any
) -> str:
    return jwt.encode({"sub": subject, "exp": int(time.time()) + lasts_s, **more}, secret, algorithm)


def picture(size: tuple[int, int] = (640, 480), kind: str = "JPEG") -> bytes:
    data = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(data, kind)
    return data.getvalue()


def code(answer: requests.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert any("一" <= char <= "鿿" for char in error["message"])
    return answer.status_code, error["code"]
