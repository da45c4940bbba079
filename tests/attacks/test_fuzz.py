"""Requests that no client sends, to every route."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.faults import fuzz
from bench.faults.plan import QUICK
from tests.databases import sqlite
from tests.server import Server


def test_whatever_is_sent_it_answers_and_stays_well(new_server: Callable[..., Server], tmp_path: Path) -> None:
    found = fuzz.run(new_server, sqlite(tmp_path)(), QUICK.requests)
    assert not found["wrong"], "\n".join(found["what was wrong"])
    assert len(found["answers"]) > 5, "too few kinds of answers to say anything"


def test_every_door_is_tried() -> None:
    paths = {target.path for target in fuzz.targets()}
    assert {"/", "/v1/messages", "/v1/chat/completions", "/v1/web/socket", "/demo/session"} <= paths
