"""Through every door comes what leads to a person. Outside the conversation's own log nothing of it is written."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from bot import logs
from bot.casefile import render
from bot.casefile.gather import gather
from bot.claims import events
from bot.claims.model import ClaimLine, Platform, Shortage
from bot.desk import Case, Desk
from bot.desk.handoffs import hand_off
from bot.engine.protocol import Response
from bot.office import now
from bot.server import make_app
from bot.settings import settings as our_settings
from bot.talk.due import attend
from tests.desks import POLICY, seeded_desk
from tests.doors.test_alime import KEY_ID, SECRET, call
from tests.inboxes import Echo, open_inbox
from tests.privacy.dresses import dressed, tells

DRESSED = list(dressed())


class Trouble(Echo):
    """Says it again where errors are said; ``worst``: also where the buyer is told that something went wrong.

    Once it opens a claim about it and hands over, so that summary and case file have something to tell.
    """

    worst = False
    opens_claim = False

    def respond(self, case: Case, acts: Any, memory: Any, order_id: str | None) -> Response:
        text = " ".join(act.text for act in acts)
        if self.opens_claim:
            case.record(
                None,
                events.ClaimOpened(case.new_claim_id(), case.speaker.conversation_id, case.speaker.buyer_id),
                events.FactsLearned(None, Platform.UNKNOWN, (ClaimLine(text, missing=1, part=text),), Shortage.UNITS),
            )
            hand_off(case, "user_requested")
            return super().respond(case, acts, memory, order_id)
        raise ValueError(text, {"said": text, "order": order_id, "who": case.speaker})

    def wording(self, response: str, **values: Any) -> dict[str, Any]:
        if self.worst and response != "utter_greet":
            raise RuntimeError(f"{response} {values} {self.order_ids}")
        return super().wording(response, **values)


class Office:
    """A real app over a store of its own, and all that is written while it runs."""

    def __init__(self, folder: Path, stderr: io.StringIO) -> None:
        self.folder, self.stderr = folder, stderr
        self.desk: Desk = seeded_desk(f"sqlite:///{folder / 'shaofa.db'}", now)
        at_once = POLICY.messages.copy(update={"wait_seconds": 0.0})
        self.desk.policy = POLICY.copy(update={"messages": at_once})
        self.engine = Trouble()
        self.inbox = open_inbox(self.desk, folder, self.engine)
        self.http = TestClient(
            make_app(self.inbox),
            base_url="http://127.0.0.1",
            client=("127.0.0.1", 50000),
            raise_server_exceptions=False,
        )

    def written(self) -> Iterator[tuple[str, str]]:
        """What was written, but for the log of the conversations, and where."""
        yield "the log", self.stderr.getvalue()
        yield "the evidence", " ".join(path.name for path in (self.folder / "evidence").rglob("*"))
        for notice in attend(self.desk):
            yield "a notice", notice["for_seller"]
        for buyer in self.buyers:
            for claim in self.desk.store.claims.of_buyer(buyer):
                gathered = gather(self.desk, self.inbox.files, claim)
                yield "a case file", render.as_json(gathered).decode()
                yield "a case file as a page", render.as_html(gathered).decode()
                handoff = self.desk.store.handoffs.active(claim.conversation_id)
                yield "a summary", handoff.summary if handoff else ""

    buyers: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    patch = pytest.MonkeyPatch()
    patch.setenv("SHAOFA_ALIME_KEY_ID", KEY_ID)
    patch.setenv("SHAOFA_ALIME_KEY_SECRET", SECRET)
    our_settings.cache_clear()
    written, root = io.StringIO(), logging.getLogger()
    level = root.level
    patch.setattr(root, "handlers", [])
    patch.setattr(sys, "stderr", written)
    logs.configure()
    office = Office(tmp_path_factory.mktemp("office"), written)
    with office.http:
        yield office
    patch.undo()
    root.setLevel(level)
    our_settings.cache_clear()


def _picture() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    return picture.getvalue()


def _id(text: str) -> str:
    """As it may stand in an id or a header; what would be cut in two there is told from nothing."""
    shown = "".join(char if char.isprintable() else "-" for char in text)
    return shown if len(shown) <= 60 else uuid.uuid4().hex


def _refusal(answer: Any) -> str:
    """What a client is told, but for the id that it gave its request itself."""
    return answer.text.replace(answer.headers.get("x-request-id", "no id"), "") if answer.status_code >= 400 else ""


def _through_every_door(office: Office, text: str) -> Iterator[tuple[str, str]]:
    """Say it, name it, call oneself by it, everywhere; gives what is refused with which words."""
    http, once = office.http, uuid.uuid4().hex
    headers = {"x-request-id": quote(_id(text))[:128]}
    office.buyers = (f"{once[:6]}:{_id(text)}",)
    sender = {"id": office.buyers[0], "name": text}
    message = {
        "id": f"{_id(text)}:{once}",
        "conversation_id": f"{once[:6]}:{_id(text)}",
        "sender": sender,
        "text": text,
    }
    attached = [{"data": "?", "name": text}]
    for body in (
        {**message, "context": {"order_id": _id(text)[:64]}, "attachments": attached},
        {**message, "conversation_id": text, "channel": text, "type": text},
        {**message, "id": None, "sender": {"id": "other"}, "event": text},
        {**message, "id": None, "sender": {"id": office.buyers[0], "role": "agent"}, "text": text},
        {text: text},
    ):
        yield "messages", _refusal(http.post("/v1/messages", json=body, headers=headers))
    yield "messages", _refusal(http.post("/v1/messages", content=text.encode("utf-8", "replace"), headers=headers))
    yield "no address", _refusal(http.get(f"/v1/{quote(text, safe='')}", params={"q": text}, headers=headers))

    asked = {
        "model": "shaofa",
        "messages": [{"role": "user", "content": text}],
        "user": _id(text),
        "metadata": {text: text},
    }
    for chat in (asked, {**asked, "model": text}, {**asked, "stream": text}, {**asked, "messages": text}):
        yield "openai", _refusal(http.post("/v1/chat/completions", json=chat, headers=headers))
    yield "openai", _refusal(http.get(f"/v1/models/{quote(text, safe='')}", headers=headers))

    yield (
        "alime",
        _refusal(call(http, Utterance=text, SenderId=_id(text), SessionId=once, VendorParam=json.dumps(text))),
    )
    yield "alime", _refusal(call(http, quote(text)[:200], Utterance=text))

    opened = http.post("/v1/web/session", json={"order_id": _id(text)[:64], "token": None}, headers=headers).json()
    yield "web", _refusal(http.post("/v1/web/session", json={"token": text, "session": text}, headers=headers))
    mine = {**headers, "authorization": f"Bearer {opened['session']}"}
    yield "web", _refusal(http.post("/v1/web/messages", json={"id": once, "text": text}, headers=mine))
    yield "web", _refusal(http.post("/v1/web/messages", json={"id": text, "text": 1}, headers=mine))
    picture, as_image = _picture(), {**mine, "content-type": "image/png"}
    for file in (picture, b"no picture"):
        about = {"id": f"{once}{len(file)}", "name": f"{text}.png"}
        yield "web", _refusal(http.post("/v1/web/files", params=about, content=file, headers=as_image))
    yield "web", _refusal(http.get("/v1/web/log", params={"after": text}, headers=mine))
    yield "web", _refusal(http.get(f"/v1/web/files/{quote(text, safe='')}", headers=mine))
    yield "socket", _told_by_socket(http, {"session": text, "after": 0})
    yield "socket", _told_by_socket(http, {"session": opened["session"], "after": text})
    if not office.engine.worst:
        _wait_for_answer(http, mine)


def _told_by_socket(http: TestClient, frame: dict[str, Any]) -> str:
    with http.websocket_connect("/v1/web/socket") as socket:
        socket.send_json(frame)
        try:
            return str(socket.receive_text())
        except WebSocketDisconnect as closed:
            return closed.reason


def _wait_for_answer(http: TestClient, mine: dict[str, str]) -> None:
    until = time.monotonic() + 20
    while not any(entry["from"] == "bot" for entry in http.get("/v1/web/log", headers=mine).json()["entries"]):
        assert time.monotonic() < until
        time.sleep(0.02)


@settings(max_examples=25, phases=[Phase.generate])  # there is nothing to shrink
@given(st.sampled_from(DRESSED), st.sampled_from(["opens a claim", "fails", "fails at the worst"]))
def test_nothing_is_written_of_what_came_through_any_door(
    office: Office, dress: tuple[str, str, str], what_happens: str
) -> None:
    name, secret, written = dress
    office.engine.opens_claim = what_happens == "opens a claim"
    office.engine.worst = what_happens == "fails at the worst"
    office.stderr.seek(0)
    office.stderr.truncate()
    for door, refusal in _through_every_door(office, written):
        assert not tells(refusal, secret), f"{door} says {name} again: {refusal}"
    for where, text in office.written():
        assert not tells(text, secret), f"{where} tells {name}: {text}"
    if what_happens != "opens a claim":
        assert "Traceback" in office.stderr.getvalue()
