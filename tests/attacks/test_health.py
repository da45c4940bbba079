"""It lives and says so, and when it cannot do its work it says that too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
import sqlalchemy as sa

from tests import databases
from tests.server import Server

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with databases.postgresql() as new:
        yield new()


@contextmanager
def away(url: str) -> Iterator[None]:
    """The database takes nobody in."""
    name = sa.engine.make_url(url).database
    admin = sa.create_engine(
        sa.engine.make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
    with admin.connect() as line:
        line.execute(sa.text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
        line.execute(sa.text(out), {"name": name})
        try:
            yield
        finally:
            line.execute(sa.text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))


def get(server: Server, path: str) -> requests.Response:
    return requests.get(f"{server.url}{path}", timeout=5)


def post(server: Server) -> requests.Response:
    body = {"conversation_id": "t", "sender": {"id": "b"}, "id": "m", "text": "你好"}
    return requests.post(f"{server.url}/v1/messages", json=body, timeout=30)


def test_a_database_that_is_away_is_said_and_waited_for(serve: Serve, postgresql: str) -> None:
    server = serve(SHAOFA_DATABASE_URL=postgresql)
    assert get(server, "/livez").status_code == get(server, "/readyz").status_code == 200
    with away(postgresql):
        assert get(server, "/livez").status_code == 200
        ready = get(server, "/readyz")
        assert ready.status_code == 503 and ready.json()
        refused = post(server)
        assert refused.status_code == 503 and refused.headers["Retry-After"].isdecimal()
        assert refused.json()["error"]["code"]
    assert get(server, "/readyz").status_code == 200
    assert post(server).json()["replies"], "said again, it is answered"
