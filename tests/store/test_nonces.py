"""A nonce is good once, whoever sees it, until its time is over."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from bot.db import make_engine
from bot.store import Store

NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)
UNTIL = NOW + timedelta(minutes=30)


def test_once_whichever_process_it_meets(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nonces.db'}"
    one, other = Store(make_engine(url)).nonces, Store(make_engine(url)).nonces
    assert one.use("a", NOW, UNTIL) and not other.use("a", NOW, UNTIL)
    assert other.use("b", NOW, UNTIL) and other.use("\ud800", NOW, UNTIL)
    assert one.use("a", UNTIL + timedelta(seconds=1), UNTIL + timedelta(hours=1))  # its date would be refused by now
