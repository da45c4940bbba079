"""The arithmetic of `make bench-server` and `make bench-nlu`. Nothing is timed here: speed is no matter of tests."""

from __future__ import annotations

import json

import pytest

from bench import load, nlu, server
from bench.faults import __main__ as faults


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (1, 1), (50, 50), (50.5, 51), (99, 99), (100, 100)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: int) -> None:
    assert load.percentile(range(100, 0, -1), percent) == value
    assert load.percentile([7.0], percent) == 7.0


def test_a_conversation_says_every_kind_once_and_its_photo_is_its_own() -> None:
    said = dict(load.conversation("a"))
    assert [*said] == ["complaint", "count", "photo", "offer", "yes", "question"]
    assert all(json.loads(body)["sender"]["id"] == "a" for body in said.values())
    (photo,) = json.loads(said["photo"])["attachments"]
    assert photo == {"type": "image", "data": load.photo("a")} and load.photo("a") != load.photo("b")


def test_a_long_conversation_goes_on_with_questions() -> None:
    kinds = [kind for kind, _ in load.long_conversation("a", 9)]
    assert kinds == ["complaint", "count", "photo", *["question"] * 6]


def test_late_turns_are_set_against_early_ones() -> None:
    times = [float(turn) for turn in range(1, 505)]
    assert load.early_and_late(times) == (6.0, 500.0)


def test_a_run_in_figures() -> None:
    times = {"complaint": [0.010, 0.030], "yes": [0.020, 0.040]}
    row = load.Measured(times, wall_s=0.5, settled=2).summary()
    assert (row["messages"], row["per_second"], row["p50_ms"], row["p99_ms"]) == (4, 8.0, 20.0, 40.0)
    assert row["p50_ms_of"] == {"complaint": 10.0, "yes": 20.0}


def test_the_table_shows_what_was_measured_and_a_dash_for_the_rest() -> None:
    lines = server.table({"after": {"commit": "abc", "sql": {"statements": 12.5}}}).splitlines()
    assert "| commit | abc |  |" in lines and "| SQL statements a message | 12.5 |  |" in lines
    assert "| commits a message | – |  |" in lines
    assert len(lines) == len(server.ROWS) + 2


def test_the_table_of_faults_shows_what_was_tried_and_what_was_wrong() -> None:
    rows = {"kills, SQLite": {"kills": 100, "lost": 1, "doubled": 0, "messages": 5, "what was wrong": ["m1"]}}
    assert faults.table(rows).splitlines()[2:] == ["| kills, SQLite | 100 kills | 1 | messages: 5 |"]


def test_an_interval_is_wide_where_little_was_seen() -> None:
    """Against the values of the textbook (Newcombe 1998)."""
    assert nlu.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert nlu.wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert nlu.wilson(48, 48)[1] == pytest.approx(1)


def test_a_score_is_by_channel_as_labelled_and_by_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {
        "short_shipment.jsonl": [{"id": "a", "channel": "chat", "core": True, "subtype": "gift", "text": "…"}],
        "contrast.jsonl": [
            {"id": "b", "channel": "sms", "hard": False, "text": "…"},
            {"id": "c", "channel": "chat", "hard": True, "text": "…"},
        ],
    }
    monkeypatch.setattr(nlu, "_rows", held.get)
    monkeypatch.setattr(nlu, "_corrections", lambda: {"c": True})
    parsed = [[name, 0.9] for name in (nlu.COMPLAINT, "greet", nlu.COMPLAINT, "thanks", "praise", "greet")]
    spoken = [("…", "praise", "terse"), ("…", "thanks", "terse")]
    scores = nlu.score({"parsed": parsed}, [("…", "thanks")], spoken)
    assert scores["as_labelled"] == {"recall": {"chat": [1, 1]}, "false_alarms": {"chat": [1, 1], "no shop": [0, 1]}}
    assert scores["by_the_guide"] == {"recall": {"chat": [2, 2]}, "false_alarms": {"no shop": [0, 1]}}
    assert (scores["near_misses"], scores["voices"]) == ({"hard": [1, 1]}, {"terse": [1, 2]})
    assert scores["own_accuracy"] == 1
