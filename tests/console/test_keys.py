"""API keys at the counter: the owner makes and revokes them, sees a new one once, and all is on the trail."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from bot.inbox.inbox import Inbox
from bot.store.accounts import Role

Browser = Callable[..., TestClient]
MAKE = {"do": "make", "name": "进销存 <b>", "scope_messages": "on", "scope_claims": "on"}


@pytest.fixture
def owner(as_: Browser) -> TestClient:
    return as_(Role.OWNER, "店主")


def test_a_key_is_made_shown_once_and_revoked(inbox: Inbox, owner: TestClient) -> None:
    shown = owner.post("/counter/keys", data=MAKE).text
    key = re.search(r"sk-shaofa-[\w-]+", shown)
    assert key and "只显示这一次" in shown and "进销存 &lt;b&gt;" in shown and "<b>的" not in shown
    found = inbox.desk.store.keys.find(key[0])
    assert found and found.scopes == {"messages", "claims"}
    assert key[0] not in owner.get("/counter/keys").text
    assert owner.post("/counter/keys", data=MAKE).status_code == 409  # it is in use
    owner.post("/counter/keys", data={"do": "revoke", "name": MAKE["name"]})
    assert inbox.desk.store.keys.find(key[0]) is None and "已停用" in owner.get("/counter/keys").text
    assert owner.post("/counter/keys", data={"do": "revoke", "name": MAKE["name"]}).status_code == 404
    trail = owner.get("/counter/audit").text
    assert "做了密钥" in trail and "停用了密钥" in trail and key[0] not in trail


@pytest.mark.parametrize(
    "form",
    [
        {**MAKE, "name": ""},
        {**MAKE, "name": "x" * 65},
        {**MAKE, "name": "a\nb"},
        {"do": "make", "name": "none"},
        {"do": "make", "name": "other", "scope_everything": "on"},
        {"name": "neither"},
    ],
)
def test_what_is_no_key_is_not_made(inbox: Inbox, owner: TestClient, form: dict[str, str]) -> None:
    assert owner.post("/counter/keys", data=form).status_code == 400
    assert inbox.desk.store.keys.all() == []


@pytest.mark.parametrize("role", [Role.CLERK, Role.LEAD])
def test_keys_are_the_owners(inbox: Inbox, as_: Browser, role: Role) -> None:
    here = as_(role, "小王")
    assert here.get("/counter/keys").status_code == 403
    assert here.post("/counter/keys", data=MAKE).status_code == 403
    assert inbox.desk.store.keys.all() == []
