"""What `shaofa doors check` finds, against a Chatwoot and a server of ours that are there, wrong, or away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.doors.chatwoot import setup
from bot.inbox import calling
from tests.doors.chatwoot.conftest import House


@pytest.fixture
def ours(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """`http://ours` is the house."""

    def post(url: str, body: bytes, headers: Any) -> Any:
        if not url.startswith("http://ours"):
            return calling.post(url, body, headers)
        return house.client.post(url.removeprefix("http://ours"), content=body, headers=headers)

    monkeypatch.setattr(setup, "post", post)
    return house


def found(house: House, server: str = "http://ours", **changed: str) -> list[bool]:
    (door,) = house.door.inboxes.values()
    return [each.is_well for each in setup.look_at(replace(door, **changed), server, 3)]


def test_all_is_well(ours: House) -> None:
    assert found(ours) == [True] * 4
    assert ours.there.conversations == {}, "nothing was changed there"


def test_what_is_wrong_is_found_where_it_is(ours: House) -> None:
    assert found(ours, token="another") == [False]
    assert found(ours, secret="another") == [True, True, False, True]
    assert found(ours, "http://127.0.0.1:1") == [True, True, False]
    assert found(ours, url="http://127.0.0.1:1") == [False]


def test_a_bot_is_registered_and_given_an_inbox(ours: House) -> None:
    made = setup.register(ours.there.url, 3, "token-of-the-bot", "https://bot.example.com/")
    setup.give_inbox(ours.there.url, 3, "token-of-the-bot", made.bot_id, 4)
    assert ours.there.bots == [
        {
            "name": "少发",
            "description": "处理少发、漏发投诉",
            "outgoing_url": "https://bot.example.com/v1/chatwoot/webhook",
        },
        {"agent_bot": made.bot_id, "inbox": 4},
    ]
    assert made.secret
