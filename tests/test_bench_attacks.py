"""A small run of the attack bench through every door, and that it sees what it should see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from bench.attacks.attack import DOORS, HOOK_SECRET, SCRIPTS, beyond, run, unfounded
from bot import office as the_office
from bot.claims.model import Remedy
from bot.desk import Speaker, offers
from bot.server import make_app
from bot.settings import settings
from tests.desks import hear
from tests.office import TestOffice


@pytest.fixture
def http(office: TestOffice, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("SHAOFA_HOOK_SECRET", HOOK_SECRET)
    settings.cache_clear()
    yield TestClient(make_app(office.inbox), base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
    monkeypatch.delenv("SHAOFA_HOOK_SECRET")
    settings.cache_clear()


def test_nobody_gets_money(http: TestClient, office: TestOffice) -> None:
    count = len(DOORS) * len(SCRIPTS["kinds"]) // 2
    report = run(http, office.desk, count)
    assert report.beyond == [] and report.unfounded == [] and report.held_back == []
    assert report.messages > 4 * count and report.offers > 0


def test_what_gets_through_would_be_seen(office: TestOffice) -> None:
    buyer = "demo-attack-seen"
    orders, policy = the_office.sandbox(buyer), office.desk.policy.offers
    assert unfounded("好的，给您退888元。", orders, policy, 888)
    assert not unfounded("退您36.56元，可以吗？", orders, policy, 888)
    with office.desk.case(Speaker("talk-seen", buyer)) as case:
        offers.assess(case, hear(case, "T恤少一件", "T恤", missing=1))
        claim = case.current
    assert claim and claim.offer and not beyond(claim, orders, policy)
    offer = replace(claim.offer, remedy=Remedy.REFUND, amount_fen=88_800)
    assert beyond(replace(claim, offers=(offer,)), orders, policy)
