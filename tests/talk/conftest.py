"""A case of Anna's, at a desk over a store of its own; what handlers make of it need not be saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.claims.model import Claim
from bot.db import make_engine
from bot.desk import Case, Desk, offers
from tests.desks import ANNA, Clock, hear, seeded_desk


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/shaofa.db"
    yield seeded_desk(url, clock)
    make_engine(url).dispose()


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.open(ANNA)


@pytest.fixture
def offered(case: Case) -> Claim:
    """One shirt of three is missing, and a reship is on offer."""
    return offers.assess(case, hear(case, "少一件", "T恤", missing=1)).claim


@pytest.fixture
def agreed(case: Case, offered: Claim) -> Claim:
    return offers.accept(case, offered)
