"""The pipeline killed at every step: nothing is lost, nothing comes twice. And 200 conversations at once, in order."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.requests import ClientDisconnect

from bot.db import make_engine
from bot.desk import Case
from bot.desk.handoffs import hand_off
from bot.doors.chatwoot import client
from bot.inbox import calling
from tests.desks import Clock
from tests.doors.chatwoot.conftest import House, build, use
from tests.doors.chatwoot.fake import Chatwoot
from tests.inboxes import Echo

KILLS = 200
REAL_KILLS = 12
CONVERSATIONS = 200
fork = get_context("fork")  # a life begins in milliseconds, with everything imported


class Killed(BaseException):
    """The process is gone; nobody catches it."""


class Steps:
    """Every statement to the database is a step, and every call of Chatwoot is two: before it, and after it."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.done = 0
        sa.event.listen(make_engine(url), "before_cursor_execute", lambda *_: self.step())
        monkeypatch.setattr(client, "call", self._call)

    def step(self) -> None:
        self.done += 1
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            raise Killed

    def _call(self, *given: Any) -> Any:
        self.step()
        answer = calling.call(*given)
        self.step()
        return answer

    @contextmanager
    def killed_after(self, steps: int) -> Iterator[None]:
        self.left = steps
        with suppress(Killed, ClientDisconnect):
            yield
        self.left = None


def asks_for_a_person(case: Case) -> None:
    if not case.handoff:
        hand_off(case, "user_requested")


def run(house: House, event: dict[str, Any]) -> int:
    status = house.post(event)
    house.work()
    return status


def test_killed_at_every_step_nothing_is_lost_and_nothing_comes_twice(
    there: Chatwoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(there, tmp_path, monkeypatch)
    url = f"sqlite:///{tmp_path / 'shaofa.db'}"
    clock, engine = Clock(), Echo(asks_for_a_person)
    house = build(there, url, tmp_path, clock, engine)
    run(house, there.said(9999, "找人"))
    steps = Steps(url, monkeypatch)
    run(house, there.said(10000, "找人"))
    of_one = steps.done
    assert of_one > 40
    for kill in range(KILLS):
        number, event = kill + 1, there.said(kill + 1, f"第{kill}个")
        house = build(there, url, tmp_path, clock, engine)  # a process is begun
        with steps.killed_after(kill * of_one // KILLS):
            run(house, event)
        house = build(there, url, tmp_path, clock, engine)  # and the next one, after the leases of the first
        house.later(200)
        if not there.conversations[number].calls:
            house.post(event)  # Chatwoot has had no answer, and sends it again
        for _ in range(3):
            house.later(200)
        it = there.conversations[number]
        assert it.public() == [f"echo: 第{kill}个", it.public()[-1]], f"killed at step {kill * of_one // KILLS}"
        notes = [each for each in it.messages if each["private"]]
        assert (len(notes), it.status, it.calls[-1]) == (1, "open", "toggle_status")
    assert set(house.states()) == {"sent"}
    make_engine(url).dispose()


def live(there: Chatwoot, url: str, folder: Path, before: int, events: list[dict[str, Any]], begun: Event) -> None:
    """One life: Chatwoot posts what was not answered yet. Each is later than the leases of the last."""
    make_engine.cache_clear()  # a connection does not outlive a fork
    clock = Clock()
    clock.now += before * timedelta(seconds=200)
    house = build(there, url, folder, clock, Echo(asks_for_a_person))
    begun.set()
    house.work()
    for event in events:
        if house.post(event) == 200:
            house.work()
    for _ in range(3):
        house.later(200)


def test_killed_by_the_system_at_random_nothing_is_lost_and_nothing_comes_twice(
    there: Chatwoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(there, tmp_path, monkeypatch)
    url = f"sqlite:///{tmp_path / 'shaofa.db'}"
    make_engine(url).dispose()
    events = [there.said(number, f"第{number}个") for number in range(1, 41)]
    moments, killed = random.Random(7), 0
    while True:
        begun = fork.Event()
        life = fork.Process(target=live, args=(there, url, tmp_path, killed * 5, events, begun))
        life.start()
        begun.wait(30)
        life.join(moments.uniform(0.02, 0.25) if killed < REAL_KILLS else 60)
        life.kill()
        life.join()
        assert life.exitcode in (0, -signal.SIGKILL), f"a life ended by itself, after {killed} kills"
        if life.exitcode == 0:
            break
        killed += 1
    assert killed >= REAL_KILLS // 2
    for number in range(1, 41):
        it = there.conversations[number]
        assert it.public()[0] == f"echo: 第{number}个" and len(it.public()) == 2, f"conversation {number}"
        assert len([each for each in it.messages if each["private"]]) == 1 and it.status == "open"


def test_many_at_once_are_answered_in_order_once_each(house: House) -> None:
    """Two messages each, every one of them delivered twice."""
    first = [house.there.said(number, "一") for number in range(1, CONVERSATIONS + 1)]
    second = [house.there.said(number, "二") for number in range(1, CONVERSATIONS + 1)]
    with ThreadPoolExecutor(8) as callers:
        for events in (first, second):
            assert set(callers.map(house.post, [*events, *events])) == {200}
    house.work()
    answers = [house.there.conversations[number].public() for number in range(1, CONVERSATIONS + 1)]
    assert answers == [["echo: 一\n二"]] * CONVERSATIONS, "a burst is answered together, in order"
    assert set(house.states()) == {"sent"}
