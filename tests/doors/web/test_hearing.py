"""What the widget hears: new and missed, from bot and people, and when the server stops."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import websockets
from websockets.exceptions import ConnectionClosed

from bot.db import make_engine
from bot.settings import ROOT
from bot.store import Author, Store
from tests.doors.web.widget import LIMITS, PATIENCE_S, Widget, code, said_by
from tests.office import fresh
from tests.server import Server

# --- hearing --------------------------------------------------------------------------------------


def test_two_tabs_hear_the_same_whichever_way_they_listen(url: str) -> None:
    widget = Widget(url)

    async def talk() -> list[list[dict[str, Any]]]:
        stream = asyncio.get_running_loop().run_in_executor(None, widget.stream, 3)
        tabs = [asyncio.create_task(widget.listen(3)) for _ in range(2)]
        await asyncio.sleep(0.3)
        for text in ("在吗", "有人吗"):
            await asyncio.to_thread(widget.say, text)
        return [await tabs[0], await tabs[1], await stream]

    first, second, third = asyncio.run(talk())
    assert first == second == third == widget.log()
    assert [entry["from"] for entry in first] == ["buyer", "buyer", "bot"]


def test_what_was_missed_is_replayed(url: str) -> None:
    widget = Widget(url)
    widget.say("在吗")
    entries = widget.answered()
    assert asyncio.run(widget.listen(len(entries))) == entries
    assert asyncio.run(widget.listen(len(entries) - 1, after=1)) == entries[1:]
    assert widget.stream(len(entries) - 1, after=1) == entries[1:]
    assert widget.log(after=1) == entries[1:] and widget.log(after=99) == []


def test_a_long_log_comes_in_several_answers(url: str) -> None:
    widget = Widget(url)
    for number in range(5):
        widget.say("x" * 250_000, f"m{number}")
    pages = [widget.log()]
    while pages[-1]:
        pages.append(widget.log(after=pages[-1][-1]["seq"]))
    entries = [entry["seq"] for page in pages for entry in page]
    assert len(pages) > 2 and entries == list(range(1, len(entries) + 1)) and len(entries) >= 5


def test_who_has_seen_nothing_begins_with_the_newest_page(url: str, folder: Path) -> None:
    widget = Widget(url)
    log = Store(make_engine(f"sqlite:///{folder / 'shaofa.db'}")).log
    for number in range(1, 121):
        log.append(widget.talk, Author.BOT, {"text": f"第{number}条"}, datetime.now(timezone.utc))

    def page(**query: int) -> list[int]:
        answer = requests.get(f"{widget.url}/log", params=query, headers=widget.headers, timeout=30)
        return [entry["seq"] for entry in answer.json()["entries"]]

    assert page() == list(range(71, 121))
    assert page(before=71) == list(range(21, 71)) and page(before=21) == list(range(1, 21)) and page(before=1) == []
    assert page(after=0) == list(range(1, 51)) and page(after=50) == list(range(51, 101)) and page(after=120) == []

    async def listen() -> list[int]:
        async with websockets.connect(widget.url.replace("http", "ws") + "/socket") as socket:
            await socket.send(json.dumps({"session": widget.session}))
            return [json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S))["seq"] for _ in range(50)]

    assert asyncio.run(listen()) == list(range(71, 121))
    with requests.get(f"{widget.url}/events", headers=widget.headers, stream=True, timeout=PATIENCE_S) as answer:
        first = next(part for part in answer.iter_lines() if part.startswith(b"data: "))
    assert json.loads(first.removeprefix(b"data: "))["seq"] == 71
    assert [entry["seq"] for entry in asyncio.run(widget.listen(120))] == list(range(1, 121))  # from 0 on: all of it
    assert Widget(url, session=widget.session).opened["last"] == 120


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "9" * 20, "", "１"])
def test_a_wrong_number_is_refused(url: str, number: str) -> None:
    widget = Widget(url)
    for path in ("log?after", "log?before", "events?after"):
        answer = requests.get(f"{widget.url}/{path}={number}", headers=widget.headers, timeout=30)
        assert code(answer) == (400, "bad_request")


@pytest.mark.parametrize(
    ("frame", "closing"),
    [
        ('{"session": "made-up", "after": 0}', 4401),
        ('{"session": "\\ud800"}', 4401),
        ("{}", 4400),
        ("hello", 4400),
        (b"\xff", 4400),
        ('{"session": "x", "after": -1}', 4400),
        ('{"session": "x", "after": 1000000000}', 4400),
        ('{"session": "x", "after": "' + "9" * 5000 + '"}', 4400),
    ],
)
def test_a_socket_is_closed_with_a_code(url: str, frame: str | bytes, closing: int) -> None:
    async def ask() -> tuple[int, int | None]:
        async with websockets.connect(url.replace("http", "ws") + "/v1/web/socket") as socket:
            await socket.send(frame)
            error = json.loads(await asyncio.wait_for(socket.recv(), 10))["error"]
            assert error["request_id"] and any("一" <= char <= "鿿" for char in error["message"])
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 10)
            return {"no_session": 4401, "bad_request": 4400}[error["code"]], socket.close_code

    assert asyncio.run(ask()) == (closing, closing)


# --- people ---------------------------------------------------------------------------------------


def test_a_persons_reply_is_pushed_and_the_hand_off_is_seen(url: str) -> None:
    widget = Widget(url)
    widget.say("在吗")
    seen = len(widget.answered())
    agent = {"conversation_id": widget.talk, "sender": {"id": "a", "role": "agent"}, "text": "我来处理", "id": "a1"}

    async def hear() -> list[dict[str, Any]]:
        tab = asyncio.create_task(widget.listen(2, after=seen))
        await asyncio.sleep(0.3)
        for _ in range(2):
            await asyncio.to_thread(requests.post, f"{url}/v1/messages", json=agent, timeout=30)
        return await tab

    state, reply = asyncio.run(hear())
    assert (state["from"], state["state"], state["text"]) == ("system", "handed_off", "人工客服接入中")
    assert (reply["from"], reply["text"], reply["id"]) == ("agent", "我来处理", "a1")
    widget.say("好的")
    time.sleep(2 * LIMITS.wait_seconds)
    assert said_by(widget.log(seen), "bot") == [] and len(widget.log(seen)) == 3


def test_a_buyer_who_wants_a_person_is_told_when_the_bot_is_back(url: str, folder: Path) -> None:
    widget = Widget(url)
    widget.say("转人工")
    assert Widget(url, session=widget.session).opened["state"] is None
    entries = widget.until(lambda entries: entries[-1].get("state") == "handed_off")
    assert Widget(url, session=widget.session).opened["state"] == "handed_off"
    assert [entry["from"] for entry in entries] == ["buyer", "bot", "bot", "system"]
    seen = len(entries)
    with ThreadPoolExecutor() as pool:
        heard = pool.submit(asyncio.run, widget.listen(1, after=seen))
        # Another process than the server writes it.
        command = [sys.executable, "-m", "bot", "give-back", widget.talk]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **fresh(folder)}, check=True)
        assert "您看行吗" in heard.result()[0]["text"]
    widget.say("好，你来吧")
    assert any(entry.get("state") == "resumed" for entry in widget.until(lambda found: len(found) >= seen + 4))
    widget.say("在吗")
    assert widget.until(lambda entries: len(entries) >= seen + 6)[-1]["from"] == "bot"


# --- the server stops -----------------------------------------------------------------------------


def test_killed_before_the_answer_it_answers_once_when_it_is_back(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        widget = Widget(server.url)
        widget.say("在吗", "m1")
        server.kill()
        assert authors(tmp_path) == ["buyer"]
        server.start()
        widget.say("在吗", "m1")  # the widget has heard nothing and sends its outbox again
        entries = widget.answered()
        time.sleep(2 * LIMITS.wait_seconds)
        assert widget.log() == entries and [entry["from"] for entry in entries] == ["buyer", "bot"]
        assert Widget(server.url, session=widget.session).talk == widget.talk
        # Asked to stop, it finishes what it was asked before and lets nobody hang.
        assert asyncio.run(stopped_while_listening(server, widget)) < 10
        assert authors(tmp_path) == ["buyer", "bot", "buyer", "bot"]
    finally:
        server.kill()


def authors(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "shaofa.db") as database:
        return [row[0] for row in database.execute("SELECT author FROM entries ORDER BY seq")]


async def stopped_while_listening(server: Server, widget: Widget) -> float:
    """The seconds it takes to stop."""
    async with websockets.connect(widget.url.replace("http", "ws") + "/socket") as socket:
        await socket.send(json.dumps({"session": widget.session, "after": 99}))
        streaming = asyncio.get_running_loop().run_in_executor(None, hang, widget)
        await asyncio.to_thread(widget.say, "还在吗")
        began = time.monotonic()
        await asyncio.to_thread(server.stop)
        await streaming
        assert json.loads(await socket.recv())["error"]["code"] == "unavailable"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1012
        return time.monotonic() - began


def hang(widget: Widget) -> None:
    address = f"{widget.url}/events?after=99"
    with requests.get(address, headers=widget.headers, stream=True, timeout=PATIENCE_S) as answer:
        for _ in answer.iter_lines():
            pass
