"""A buyer with a complaint, and people of each role at the counter, the real bot behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from bot.claims.model import Claim
from bot.console import passwords
from bot.inbox.model import Incoming
from bot.server import make_app
from bot.store import Author, Session
from bot.store.accounts import Role
from tests.console.conftest import HERE, PASSWORD
from tests.office import TestOffice


class Buyer:
    """In the widget, with demo orders."""

    def __init__(self, office: TestOffice) -> None:
        self._office, self.inbox = office, office.inbox
        self.id, self.talk = f"buyer-{uuid4().hex[:12]}", f"web-{uuid4().hex}"
        office.welcome(self.id)
        self.inbox.desk.store.sessions.open(Session(self.talk, self.id, None), office.now())

    def say(self, text: str, *files: str, order: str | None = None) -> None:
        opened = tuple(self._office.file(name) for name in files)
        order_id = self._office.order_id(self.id, order) if order else None
        with closing(Incoming(self.talk, text, uuid4().hex, self.id, order_id, opened, "web")) as incoming:
            asyncio.run(self.inbox.handle(incoming))

    def hears(self) -> str:
        """All that was said to the buyer."""
        entries = self.inbox.log.after(self.talk)
        return "\n".join(entry.text for entry in entries if entry.author in (Author.BOT, Author.AGENT))

    @property
    def claim(self) -> Claim:
        claim = self.inbox.desk.store.claims.current(self.talk)
        assert claim is not None
        return claim

    @property
    def path(self) -> str:
        return f"/counter/c/{self.talk}"


@pytest.fixture
def buyer(office: TestOffice) -> Buyer:
    return Buyer(office)


@pytest.fixture
def complaining(buyer: Buyer) -> Buyer:
    """Has said what is missing, and asked for a person."""
    buyer.say("T恤只到了一件", order="纯棉T恤")
    buyer.say("", "photo.jpg")
    buyer.say("转人工")
    return buyer


@pytest.fixture
def as_(office: TestOffice) -> Callable[[Role], TestClient]:
    """A browser in which somebody new of that role has logged in; ``headers["x-name"]`` is the name."""

    def log_in(role: Role) -> TestClient:
        accounts, name = office.desk.store.accounts, f"{role.value}-{uuid4().hex[:6]}"
        accounts.open(name, role, office.now())
        accounts.set_password(name, passwords.kept(PASSWORD))
        client = TestClient(make_app(office.inbox), base_url=HERE, client=("127.0.0.1", 50000))
        client.headers["Origin"] = HERE
        client.post("/counter/login", data={"name": name, "password": PASSWORD})
        client.headers["x-name"] = name
        return client

    return log_in


@pytest.fixture
def clerk(as_: Callable[[Role], TestClient]) -> TestClient:
    return as_(Role.CLERK)


@pytest.fixture
def lead(as_: Callable[[Role], TestClient]) -> TestClient:
    return as_(Role.LEAD)
