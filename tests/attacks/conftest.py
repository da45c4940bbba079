"""What attacks have found once, held to: ``test_rows.py`` has the list. Servers are forked from the trained office."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bench.faults.plan import QUICK
from bench.faults.scripts import warm_up
from bot.engine.protocol import Engine
from tests.office import TestOffice
from tests.server import ForkedServer, Server


@pytest.fixture(scope="session")
def engine(office: TestOffice) -> Engine:
    """The trained model, with all that it reads once already read."""
    warm_up(office.engine)
    return office.engine


@pytest.fixture(scope="session")
def new_server(engine: Engine) -> Callable[..., Server]:
    """Takes a folder and settings; a worker that is heard of no more is waited for a second."""
    return partial(ForkedServer, engine, lease_s=QUICK.lease_s)


@pytest.fixture(scope="module")
def demo(new_server: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a key, for the tests of a file that need nothing else."""
    server = new_server(Path(tmp_path_factory.mktemp("demo")))
    yield server
    server.kill()


@pytest.fixture
def serve(new_server: Callable[..., Server], tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A server of the test's own, with the settings given."""
    servers: list[Server] = []

    def start(**environment: str) -> Server:
        servers.append(new_server(tmp_path, **environment))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()
