"""The counter over a real store and real handlers' desk, with an engine that is never asked: the pages alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot import office
from bot.console import passwords
from bot.inbox.inbox import Inbox
from bot.server import make_app
from bot.settings import settings
from bot.store.accounts import Role
from tests.office import fresh

PASSWORD = "a long enough password"
HERE = "http://127.0.0.1:5005"
_CACHED = (settings, office.desk, office.default_buyer)


class Engine:
    """Reads nothing, and says the names of what is said."""

    def parse(self, text: str) -> dict[str, Any]:
        return {"intent": {"name": "report_short_shipment", "confidence": 0.93}, "entities": []}

    def wording(self, response: str, **values: Any) -> dict[str, Any]:
        return {"text": f"{response} {values}", "buttons": [], "custom": None}

    def respond(self, *args: Any) -> Any:
        raise AssertionError("no buyer speaks at the counter")


@pytest.fixture
def database(tmp_path: Path) -> str:
    return fresh(tmp_path)["SHAOFA_DATABASE_URL"]


@pytest.fixture
def inbox(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    for name, value in {**fresh(tmp_path), "SHAOFA_DATABASE_URL": database}.items():
        monkeypatch.setenv(name, value)
    for cached in _CACHED:
        cached.cache_clear()
    passwords._HASHER = passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # quick, for tests
    yield Inbox(Engine(), office.desk(), office.file_store())
    for cached in _CACHED:
        cached.cache_clear()


@pytest.fixture
def browser(inbox: Inbox) -> Callable[..., TestClient]:
    """A browser that nobody has used yet; ``address``: where it is."""

    def new(address: str = "127.0.0.1", base_url: str = HERE) -> TestClient:
        app = make_app(inbox)
        client = TestClient(app, base_url=base_url, client=(address, 50000), raise_server_exceptions=False)
        client.headers["Origin"] = base_url
        return client

    return new


@pytest.fixture
def as_(inbox: Inbox, browser: Callable[..., TestClient]) -> Callable[..., TestClient]:
    """A browser in which somebody of that role has logged in, by that name."""

    def log_in(role: Role, name: str) -> TestClient:
        accounts, now = inbox.desk.store.accounts, inbox.desk.clock()
        if not accounts.get(name):
            accounts.open(name, role, now)
            accounts.set_password(name, passwords.kept(PASSWORD))
        client = browser()
        answer = client.post("/counter/login", data={"name": name, "password": PASSWORD}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return client

    return log_in
