"""An inbox without a model, over either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.db import make_engine
from bot.desk import Desk
from bot.inbox.inbox import Inbox
from tests.databases import NewDatabase
from tests.desks import Clock, seeded_desk
from tests.inboxes import Echo, open_inbox


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(new_database: NewDatabase, clock: Clock) -> Iterator[Desk]:
    url = new_database()
    yield seeded_desk(url, clock)
    make_engine(url).dispose()


@pytest.fixture
def engine() -> Echo:
    return Echo()


@pytest.fixture
def inbox(desk: Desk, tmp_path: Path, engine: Echo) -> Inbox:
    return open_inbox(desk, tmp_path, engine)
