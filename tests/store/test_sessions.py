"""Sessions: found by their secret only, which is not stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db import make_engine
from bot.store import Session, Store
from tests.claims.builders import NOW

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sessions") / "shaofa.db"


@pytest.fixture(scope="module")
def store(file: Path) -> Iterator[Store]:
    engine = make_engine(f"sqlite:///{file}")
    yield Store(engine)
    engine.dispose()


@pytest.fixture
def session() -> Session:
    return Session(f"web-{uuid.uuid4().hex}", "buyer", "1")


def test_a_session_is_found_by_its_secret(store: Store, session: Session) -> None:
    secret = store.sessions.open(session, NOW)
    assert len(secret) >= 43  # 256 bits
    assert store.sessions.find(secret, NOW - DAY) == session
    assert store.sessions.of(session.conversation_id) == session
    for wrong in ("", secret[:-1], secret.swapcase(), "\ud800", "%"):
        assert store.sessions.find(wrong, NOW - DAY) is None


def test_the_secret_is_not_stored(store: Store, session: Session, file: Path) -> None:
    secret = store.sessions.open(session, NOW)
    kept = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert session.conversation_id.encode() in kept and secret.encode() not in kept


def test_a_session_ends_unless_its_buyer_comes_back(store: Store, session: Session) -> None:
    secret = store.sessions.open(session, NOW)
    assert store.sessions.find(secret, NOW) is None
    store.sessions.seen(secret, None, NOW + DAY)
    assert store.sessions.find(secret, NOW) == session


def test_the_order_is_the_one_last_come_from(store: Store, session: Session) -> None:
    secret = store.sessions.open(session, NOW)
    store.sessions.seen(secret, "2", NOW)
    store.sessions.seen(secret, None, NOW)
    assert store.sessions.of(session.conversation_id) == Session(session.conversation_id, "buyer", "2")
