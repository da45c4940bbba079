"""How much of each kind is tried: all of it, or what a test has time for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from bot import logs
from bot.engine.protocol import Engine
from tests.server import ForkedServer, Server


@dataclass(frozen=True)
class Plan:
    """``forked``: servers come out of this process and leases last a second; otherwise it is ``shaofa run``."""

    forked: bool
    every: int  # of the crash points, one in so many
    kills: int
    clients: int
    rounds: int  # of two workers
    freezes: int
    frozen_s: float
    requests: int

    @property
    def engine(self) -> Engine:
        return _engine()

    @property
    def new_server(self) -> Callable[..., Server]:
        return partial(ForkedServer, self.engine, lease_s=SHORT_LEASE_S) if self.forked else Server


SHORT_LEASE_S = 1.0

FULL = Plan(False, every=1, kills=100, clients=40, rounds=200, freezes=1, frozen_s=120, requests=20_000)
QUICK = Plan(True, every=45, kills=3, clients=6, rounds=4, freezes=1, frozen_s=1.5, requests=1_000)


@lru_cache(maxsize=1)
def _engine() -> Engine:
    from bot.engine.training import trained_model
    from bot.inbox.opening import load_engine

    logs.configure()
    return load_engine(trained_model())
