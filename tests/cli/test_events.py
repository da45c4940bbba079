"""`shaofa events`: what did not come to the shop's own programs is shown, and sent once more."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from bot.db import make_engine
from bot.store import DeliveryState, Store
from tests.cli.calling import shaofa
from tests.office import fresh

NOW = datetime.now(timezone.utc)


def test_what_was_given_up_is_sent_once_more(tmp_path: Path) -> None:
    outbox = Store(make_engine(fresh(tmp_path)["SHAOFA_DATABASE_URL"])).outbox
    for number, state in enumerate((DeliveryState.DEAD, DeliveryState.SENT)):
        outbox.put(str(number), "event", str(number), {"event": "claim", "conversation_id": "c-1"}, NOW)
        (delivery,) = outbox.take(["event"], "a lease", NOW, NOW + timedelta(minutes=1), 1)
        outbox.done(delivery, "a lease", state, NOW, "HTTP 500" if state is DeliveryState.DEAD else None)
    assert shaofa("events", folder=tmp_path).stdout.decode() == "1\tclaim\tc-1\tdead\tHTTP 500\n"
    assert "1 个事件会再送一次" in shaofa("events", "replay", folder=tmp_path).stdout.decode()
    assert shaofa("events", folder=tmp_path).stdout.decode() == ""
    assert shaofa("events", "replay", "2", folder=tmp_path).returncode == 0
    assert shaofa("events", "replay", "9", folder=tmp_path).returncode == 1
    later = datetime.now(timezone.utc) + timedelta(minutes=1)  # the command has a clock of its own
    assert [each.attempts for each in outbox.take(["event"], "b", later, later, 9)] == [1, 1]
