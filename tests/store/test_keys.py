"""API keys: made once, known by their hash alone, revoked for good."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.db import make_engine
from bot.store import Conflict, Store
from bot.store.keys import PREFIX, Keys

NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Store(make_engine(f"sqlite:///{tmp_path / 'keys.db'}")).keys


def test_a_key_is_found_by_itself_and_by_nothing_else(keys: Keys) -> None:
    secret = keys.make("erp", ["claims", "messages"], NOW)
    found = keys.find(secret)
    assert secret.startswith(PREFIX) and found and (found.name, found.scopes) == ("erp", {"claims", "messages"})
    assert [keys.find(other) for other in ("", "erp", secret[:-1], "\ud800")] == [None] * 4


def test_what_is_stored_opens_nothing(keys: Keys, tmp_path: Path) -> None:
    secret = keys.make("erp", ["messages"], NOW)
    with make_engine(f"sqlite:///{tmp_path / 'keys.db'}").connect() as connection:
        stored = str(connection.execute(sa.text("SELECT * FROM api_keys")).all())
    assert secret.removeprefix(PREFIX) not in stored


def test_a_revoked_key_is_over_and_its_name_free(keys: Keys) -> None:
    first = keys.make("erp", ["messages"], NOW)
    with pytest.raises(Conflict):
        keys.make("erp", ["messages"], NOW)
    assert keys.revoke("erp", NOW) and not keys.revoke("erp", NOW)
    assert keys.find(first) is None and [key.revoked_at for key in keys.all()] == [NOW]
    second = keys.make("erp", ["orders"], NOW + timedelta(days=1))
    assert keys.find(first) is None and keys.find(second) is not None
    assert [(key.name, key.revoked_at) for key in keys.all()] == [("erp", None)]


def test_the_name_of_the_settings_key_is_taken(keys: Keys) -> None:
    with pytest.raises(Conflict):
        keys.make("default", ["messages"], NOW)
