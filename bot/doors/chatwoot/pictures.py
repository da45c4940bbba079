"""Fetches pictures and videos that a buyer has sent to Chatwoot: from hosts on a list alone, wherever they point to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import IO, Any
from urllib.parse import urljoin

import requests

from bot.doors.chatwoot.inboxes import ChatwootInbox, origin_of
from bot.inbox.delivery import Failed
from bot.inbox.inbox import Inbox
from bot.store import Author, Delivery
from bot.store.files import FileRejected

PICTURE = "chatwoot-picture"  # kind of delivery: it comes in, but waits and is tried again like what goes out
_PATIENCE = (5, 15)  # seconds: for a line, for the next bytes
_WITHIN_S = 60.0  # for all of it
_HOPS = 4  # Chatwoot itself points to where its storage is
_PIECE = 1 << 16
_TRIES = 4  # some half a minute


class PictureFetcher:
    """What cannot be had is in the log as an upload that failed, and the bot says so."""

    may_repeat = True

    def __init__(self, inbox: Inbox, inboxes: Mapping[str, ChatwootInbox], answer: Callable[[str], None]) -> None:
        self._inbox, self._inboxes, self._answer = inbox, inboxes, answer

    def send(self, delivery: Delivery) -> None:
        payload = delivery.payload
        door = self._inboxes.get(payload["door"])
        allowed = {door.origin, *door.files} if door else set()
        try:
            file = self._fetch(payload["url"], allowed)
        except FileRejected as rejected:
            file = {"error": rejected.code}
        except Failed:
            if delivery.attempts < _TRIES:
                raise
            file = {"error": "missing"}
        self._keep(payload, file)

    def _keep(self, payload: Mapping[str, Any], file: dict[str, Any]) -> None:
        conversation_id = payload["conversation_id"]
        entry = self._inbox.write(conversation_id, Author.BUYER, {"file": file}, payload["entry_id"])
        if payload["silent"]:
            self._inbox.log.settle(entry)
        else:
            self._answer(conversation_id)

    def _fetch(self, url: str, allowed: set[str]) -> dict[str, Any]:
        """
        Raises:
            Failed: not now. FileRejected: it is none, or lies where nothing is taken from.
        """
        until = time.monotonic() + _WITHIN_S
        for _ in range(_HOPS):
            if origin_of(url) not in allowed:
                raise FileRejected("missing")  # whoever sent it chose the address; nothing is asked of others' machines
            try:
                with closing(requests.get(url, timeout=_PATIENCE, allow_redirects=False, stream=True)) as answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["location"])
                        continue
                    return self._read(answer, until)
            except requests.RequestException as error:
                raise Failed(type(error).__name__) from error
        raise FileRejected("missing")

    def _read(self, answer: requests.Response, until: float) -> dict[str, Any]:
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Failed(f"HTTP {answer.status_code}")
        if answer.status_code != 200:
            raise FileRejected("missing")
        limits, files = self._inbox.desk.policy.evidence, self._inbox.files
        most = max(limits.max_picture_bytes, limits.max_video_bytes)
        with files.receive() as upload:
            self._copy(answer, upload, most, until)
            stored = files.accept(upload)
        return {"sha256": stored.sha256, "video": stored.is_video}

    def _copy(self, answer: requests.Response, upload: IO[bytes], most: int, until: float) -> None:
        size = 0
        for piece in answer.iter_content(_PIECE):
            size += len(piece)
            if size > most:
                raise FileRejected("too_large")
            if time.monotonic() > until:
                raise Failed("it comes too slowly")
            upload.write(piece)
