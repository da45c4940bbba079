"""The stream of the counter: who waits, and that the page which asks has something new."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request

from bot.console import lists
from bot.inbox.inbox import Inbox
from bot.store.accounts import Role
from tests.console.test_lists import Shop


def asked(query: str = "", address: str = "127.0.0.1") -> Request:
    headers = [(b"host", b"127.0.0.1:5005")]
    scope = {"type": "http", "method": "GET", "path": "/counter/events", "query_string": query.encode()}
    return Request({**scope, "headers": headers, "client": (address, 50000)})


def follow(inbox: Inbox, request: Request, *happenings: Any) -> list[dict[str, Any]]:
    """What is told, one happening after the other; then the server stops."""

    async def listen() -> list[dict[str, Any]]:
        told, left = [], list(happenings)
        async for line in lists._news(inbox, request):
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: ")))
                await asyncio.to_thread(left.pop(0) if left else inbox.feed.close)
        return told

    return asyncio.run(asyncio.wait_for(listen(), 30))


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_LOOK_EVERY_S", 0.01)


def test_who_waits_is_told_as_it_changes(inbox: Inbox) -> None:
    shop = Shop(inbox)
    shop.talk("a")
    told = follow(inbox, asked(), lambda: shop.ask_for_a_person("a", "danger"), lambda: shop.taken("a", "小王"))
    assert [one["waiting"] for one in told] == [0, 1, 0]
    assert told[0]["newest"] < told[1]["newest"] == told[2]["newest"]
    assert len({one["mark"] for one in told}) == 3


def test_in_a_conversation_every_word_is_new_and_what_others_say_is_not(inbox: Inbox) -> None:
    shop = Shop(inbox)
    shop.talk("a")
    shop.talk("b")

    def say() -> None:
        shop.talk("b", "与这个会话无关")
        shop.talk("a", "还在吗")

    told = follow(inbox, asked("conversation=a"), say, lambda: shop.claim("a", "SF-20261127-AAAAAA", "纯棉T恤"))
    assert len(told) == 3 and len({one["mark"] for one in told}) == 3


def test_who_has_been_logged_out_hears_no_more(inbox: Inbox) -> None:
    inbox.desk.store.accounts.open("小王", Role.CLERK, inbox.desk.clock())
    inbox.desk.store.accounts.set_password("小王", "hash")
    assert follow(inbox, asked()) == []
