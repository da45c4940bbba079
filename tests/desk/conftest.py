"""A desk in either database, and a claim of Anna's with an offer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.claims.events import replay
from bot.claims.model import Claim
from bot.db import make_engine
from bot.desk import Desk, offers
from tests.databases import NewDatabase
from tests.desks import ANNA, BEN, Clock, do, say, seeded_desk


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(new_database: NewDatabase, clock: Clock) -> Iterator[Desk]:
    """Whatever a test does with it, every claim is what its events say."""
    url = new_database()
    made = seeded_desk(url, clock)
    yield made
    for speaker in (ANNA, BEN):
        for claim in made.store.claims.of_buyer(speaker.buyer_id):
            assert replay(made.store.claims.history(claim.claim_id)) == claim
    make_engine(url).dispose()


@pytest.fixture
def offered(desk: Desk) -> Claim:
    """One shirt of three is missing, and a reship is on offer."""
    return do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim


@pytest.fixture
def agreed(desk: Desk, offered: Claim) -> Claim:
    """A reship is promised until 48 hours from now."""
    return do(desk, offers.accept, offered)
