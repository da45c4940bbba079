"""The lists read on from page to page, and find by what a shop knows; what is on each: tests/console/test_lists.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from bot.db import make_engine
from bot.desk import Desk, Speaker, handoffs
from bot.store import Author
from bot.store.worklist import PAGE, every
from tests.desks import ANNA, BEN, NOW, Clock, say, seeded_desk


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    yield seeded_desk(url, Clock())
    make_engine(url).dispose()


def test_each_is_with_one_and_says_with_whom(desk: Desk) -> None:
    for number, (talk, reason) in enumerate({"a": "user_requested", "b": "danger", "c": None}.items()):
        desk.store.log.append(talk, Author.BUYER, {"text": "在吗"}, NOW + timedelta(minutes=number))
        if reason:
            with desk.case(Speaker(talk, talk)) as case:
                handoffs.hand_off(case, reason)
    with desk.case(Speaker("a", "a")) as case:
        case.custody.take("小李")
    lists = desk.store.worklist
    found = [*lists.waiting(), *lists.with_person(), *lists.with_bot()]
    assert [(item.conversation_id, item.state) for item in found] == [("b", "waiting"), ("a", "person"), ("c", "bot")]
    number = found[0].handoff and found[0].handoff.case_no
    assert number and [item.conversation_id for item in lists.search(number)] == ["b"]


def test_a_claim_is_found_by_its_order_its_buyer_and_its_item(desk: Desk) -> None:
    anna, ben = say(desk, "少一件", "T恤", missing=1), say(desk, "少一件", "台灯", BEN, missing=1)
    desk.store.log.append(ANNA.conversation_id, Author.BUYER, {"text": "少一件"}, NOW)
    assert anna.order_id

    def find(text: str) -> list[str]:
        return [item.claim.claim_id for item in desk.store.worklist.search(text) if item.claim]

    for search in (anna.claim_id, anna.order_id, ANNA.buyer_id, ANNA.conversation_id, "T恤"):
        assert find(search) == [anna.claim_id], search
    assert find("台灯") == [ben.claim_id] and find("100%_") == []
    assert desk.store.claims.several([ben.claim_id, "none", anna.claim_id]) == [ben, anna]


def test_a_list_is_read_to_its_end(desk: Desk) -> None:
    names = [f"talk-{number:03d}" for number in range(2 * PAGE)]
    for number, name in enumerate(names):
        desk.store.log.append(name, Author.BUYER, {"text": "在吗"}, NOW - timedelta(minutes=number))
    assert [item.conversation_id for item in every(partial(desk.store.worklist.with_bot, None))] == names
    assert list(every(desk.store.worklist.waiting)) == []
