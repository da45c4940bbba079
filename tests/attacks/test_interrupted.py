"""Killed, frozen, cut off, or two at once: what was said is answered once, and ends as if nothing had been.

The same as ``make bench-faults``, with small numbers.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.faults import crash_points, frozen, kills, two_workers
from bench.faults.plan import QUICK
from bot.engine.protocol import Engine
from tests.server import Server

NewServer = Callable[..., Server]


def test_a_fault_at_a_commit_changes_nothing_in_the_end(engine: Engine) -> None:
    found = crash_points.run(engine, QUICK.every)
    assert found["points"] > 10 and not found["wrong"], found["what was wrong"]


def test_killed_under_load_nothing_is_lost_or_said_twice(new_server: NewServer, url: str) -> None:
    found = kills.run(new_server, url, QUICK.kills, QUICK.clients)
    assert found["messages"] > 10
    assert not (found["lost"] or found["doubled"] or found["wrong ends"]), found["what was wrong"]


def test_two_workers_at_once_open_one_claim_and_answer_once(new_server: NewServer, url: str) -> None:
    found = two_workers.run(new_server, url, QUICK.rounds)
    assert not found["wrong"], found["what was wrong"]


def test_who_was_frozen_in_an_answer_writes_nothing_when_it_wakes(new_server: NewServer, url: str) -> None:
    found = frozen.run(new_server, url, QUICK.frozen_s)
    assert not found["wrong"], found["what was wrong"]
