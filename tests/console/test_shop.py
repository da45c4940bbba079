"""The switches of the counter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from bot.inbox.inbox import Inbox
from bot.store.accounts import Role
from bot.store.switches import OFFERS_PAUSED


def test_a_lead_pauses_the_offers_and_lets_them_go_on(inbox: Inbox, as_: Callable[..., TestClient]) -> None:
    lead, switches = as_(Role.LEAD, "组长"), inbox.desk.store.switches
    assert "开着" in lead.post("/counter/shop", data={"name": OFFERS_PAUSED, "to": "on"}).text
    assert switches.is_on(OFFERS_PAUSED)
    lead.post("/counter/shop", data={"name": OFFERS_PAUSED, "to": "off"})
    assert not switches.is_on(OFFERS_PAUSED)
    done = [(deed.who, deed.did) for deed in inbox.desk.store.accounts.deeds() if deed.about == OFFERS_PAUSED]
    assert done == [("组长", "switched_off"), ("组长", "switched_on")]


def test_a_clerk_does_not(inbox: Inbox, as_: Callable[..., TestClient]) -> None:
    clerk = as_(Role.CLERK, "小王")
    assert clerk.get("/counter/shop").status_code == 403
    assert clerk.post("/counter/shop", data={"name": OFFERS_PAUSED, "to": "on"}).status_code == 403
    assert not inbox.desk.store.switches.is_on(OFFERS_PAUSED)


@pytest.mark.parametrize("name", ["", "promising", "nonsense"])
def test_only_what_is_a_switch_is_switched(as_: Callable[..., TestClient], name: str) -> None:
    assert as_(Role.LEAD, "组长").post("/counter/shop", data={"name": name, "to": "on"}).status_code == 400
