"""How much of each kind is tried: all of it, or what a test has time for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from bench.faults.scripts import warm_up
from bot import logs
from bot.engine.protocol import Engine
from tests.server import ForkedServer, Server


@dataclass(frozen=True)
class Plan:
    """``forked``: servers come out of this process, and their leases last a second; otherwise it is ``shaofa run``."""

    forked: bool
    lease_s: float  # of the servers that are killed, which come out of this process in any case
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
        return self.new_mortal if self.forked else Server

    @property
    def new_mortal(self) -> Callable[..., Server]:
        """One that comes back at once: what is killed again and again should spend its life under load."""
        return partial(ForkedServer, self.engine, lease_s=self.lease_s)


FULL = Plan(False, lease_s=5, every=1, kills=100, clients=40, rounds=200, freezes=1, frozen_s=120, requests=20_000)
QUICK = Plan(True, lease_s=1, every=45, kills=3, clients=6, rounds=4, freezes=1, frozen_s=1.5, requests=1_000)


@lru_cache(maxsize=1)
def _engine() -> Engine:
    from bot.engine.training import trained_model
    from bot.inbox.opening import load_engine

    logs.configure()
    engine = load_engine(trained_model())
    warm_up(engine)
    return engine
