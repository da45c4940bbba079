"""Conversations and claims are found by what a shop knows of them, and what waits comes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.claims.model import ClaimState
from bot.db import make_engine
from bot.desk import Desk, Speaker, handoffs
from bot.store import Author
from tests.desks import ANNA, BEN, NOW, Clock, say, seeded_desk


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    yield seeded_desk(url, Clock())
    make_engine(url).dispose()


def test_what_waits_comes_first_and_the_urgent_before_the_rest(desk: Desk) -> None:
    for number, (talk, reason) in enumerate({"a": "user_requested", "b": "danger", "c": None}.items()):
        desk.store.log.append(talk, Author.BUYER, {"text": "在吗"}, NOW + timedelta(minutes=number))
        if reason:
            with desk.case(Speaker(talk, talk)) as case:
                handoffs.hand_off(case, reason)
    with desk.case(Speaker("a", "a")) as case:
        case.custody.take("小李")
    rows = desk.store.overview.conversations(None, None, 10)
    assert [(row.conversation_id, row.state, row.taken_by) for row in rows] == [
        ("b", "waiting", None),
        ("c", "bot", None),
        ("a", "person", "小李"),
    ]
    assert [row.conversation_id for row in desk.store.overview.conversations("person", None, 10)] == ["a"]
    number = rows[0].case_no
    assert number and [row.conversation_id for row in desk.store.overview.conversations(None, number, 10)] == ["b"]


def test_a_claim_is_found_by_its_order_its_buyer_and_its_item(desk: Desk) -> None:
    anna, ben = say(desk, "少一件", "T恤", missing=1), say(desk, "少一件", "台灯", BEN, missing=1)
    desk.store.log.append(ANNA.conversation_id, Author.BUYER, {"text": "少一件"}, NOW)
    assert anna.order_id
    find = desk.store.overview.claims
    assert find(None, None, 10) and len(find(None, None, 1)) == 1
    for search in (anna.claim_id, anna.order_id, ANNA.buyer_id, "T恤"):
        assert [claim.claim_id for claim in find(None, search, 10)] == [anna.claim_id], search
    assert find(ClaimState.FULFILLED, None, 10) == [] and find(None, "100%_", 10) == []
    assert ben.claim_id in {claim.claim_id for claim in find(None, "台灯", 10)}
    (row,) = desk.store.overview.conversations(None, "T恤", 10)
    assert row.claim == anna and row.state == "bot"
