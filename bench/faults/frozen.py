"""A worker is frozen in the middle of an answer, another answers in its place; the first wakes, and writes nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from bench.faults.clients import Desk
from bench.faults.two_workers import judged, two_servers
from bot.db import make_engine
from bot.store import Store
from bot.store.tables import entries
from tests.server import Server

_TRIES = 200  # an answer takes some milliseconds: the moment is missed now and then
_LOOK_EVERY_S = 0.001
_WITHIN_S = 30


def run(new_server: Callable[..., Server], url: str, frozen_s: float, times: int = 1) -> dict[str, Any]:
    """``frozen_s``: longer than a lease."""
    wrong: list[str] = []
    with two_servers(new_server, url) as (frozen, other):
        try:
            for number in range(times):
                wrong += _freeze(frozen, other, make_engine(url), f"demo-frozen-{number}", frozen_s)
        finally:
            os.kill(frozen.pid, signal.SIGCONT)
    return {"times": times, "frozen_s": frozen_s, "wrong": len(wrong), "what was wrong": wrong}


def _freeze(frozen: Server, other: Server, engine: Engine, name: str, frozen_s: float) -> list[str]:
    """What was wrong."""
    slow, waiting, heard = _stopped_in_an_answer(frozen, engine, name)
    stopped_at = time.monotonic()
    # The desk's software gives up waiting, and says it again: this time it comes to the other worker.
    again = Desk(other.url, slow.buyer_id, slow.conversation_id)
    replies = again.say("T恤少了一件", "m")
    then = again.say("退款", "m2")
    time.sleep(max(0.0, frozen_s - (time.monotonic() - stopped_at)))
    os.kill(frozen.pid, signal.SIGCONT)
    waiting.join(_WITHIN_S)
    store = Store(engine)
    wrong = list(judged(store, slow.conversation_id, ["m", "m2"]))
    if waiting.is_alive():
        wrong.append("the one that was frozen answers nothing")
    elif heard != [replies]:
        wrong.append(f"the one that was frozen says {heard} instead of {replies}")
    last = again.say("接受", "m3")
    if not replies or not then or "定了" not in "".join(last):
        wrong.append(f"it does not go on: {replies}, {then}, {last}")
    return wrong


def _stopped_in_an_answer(server: Server, engine: Engine, name: str) -> tuple[Desk, threading.Thread, list[list[str]]]:
    """The client that now waits, its thread, and what it has heard: nothing yet."""
    for number in range(_TRIES):
        client = Desk(server.url, f"{name}-{number}")
        heard: list[list[str]] = []
        waiting = threading.Thread(target=_say, args=(client, heard), daemon=True)
        waiting.start()
        until = time.monotonic() + _WITHIN_S
        while _answered(engine, client.conversation_id) is None and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_S)
        os.kill(server.pid, signal.SIGSTOP)
        if _answered(engine, client.conversation_id) is False and _is_writable(engine):
            return client, waiting, heard
        os.kill(server.pid, signal.SIGCONT)  # it was done already, or holds SQLite's only lock for writing
        waiting.join(_WITHIN_S)
    raise AssertionError("the moment was missed again and again")


def _say(client: Desk, heard: list[list[str]]) -> None:
    heard.append(client.say("T恤少了一件", "m"))


def _answered(engine: Engine, conversation_id: str) -> bool | None:
    """None: it has not come yet."""
    with engine.connect() as line:
        mine = sa.select(entries.c.answer).where(entries.c.conversation_id == conversation_id)
        row = line.execute(mine.where(entries.c.author == "buyer")).first()
    return None if row is None else row.answer is not None


def _is_writable(engine: Engine) -> bool:
    if engine.dialect.name != "sqlite":
        return True
    try:
        with engine.connect() as line:
            line.exec_driver_sql("PRAGMA busy_timeout=200")
            try:
                line.exec_driver_sql("BEGIN IMMEDIATE")
                line.rollback()
            finally:
                line.exec_driver_sql("PRAGMA busy_timeout=30000")
    except OperationalError:
        return False
    return True
