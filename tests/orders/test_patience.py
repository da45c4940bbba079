"""A slow source holds nobody up for long, and is not asked twice for the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event

import pytest

from bot.claims.model import Order
from bot.orders import patience
from bot.orders.base import OrdersSlow, OrdersUnavailable, OrdersUnreadable
from bot.orders.patience import PatientOrders
from tests.claims.builders import order

ORDER = order()


@dataclass
class Source:
    """Answers when it is let; ``fails`` with an error instead."""

    answers: Event = field(default_factory=Event)
    fails: OrdersUnavailable | None = None
    asked: list[str] = field(default_factory=list)

    def get(self, order_id: str) -> Order | None:
        self._think(order_id)
        return ORDER if order_id == ORDER.order_id else None

    def recent(self, buyer_id: str, limit: int = 5) -> list[Order]:
        self._think(buyer_id)
        return [ORDER][:limit]

    def _think(self, about: str) -> None:
        self.asked.append(about)
        assert self.answers.wait(10)
        if self.fails:
            raise self.fails


@pytest.fixture
def source() -> Iterator[Source]:
    source = Source()
    source.answers.set()
    yield source
    source.answers.set()  # nobody is left waiting


@pytest.fixture
def seconds() -> list[float]:
    return [100.0]


@pytest.fixture
def orders(source: Source, seconds: list[float], monkeypatch: pytest.MonkeyPatch) -> PatientOrders:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    return PatientOrders(source, clock=lambda: seconds[0])


def test_a_quick_answer_is_the_sources_own(orders: PatientOrders, source: Source) -> None:
    assert orders.get(ORDER.order_id) == ORDER and orders.recent("buyer", 3) == [ORDER]
    assert orders.get("another") is None


def test_it_is_kept_for_a_while_but_not_that_there_is_none(
    orders: PatientOrders, source: Source, seconds: list[float]
) -> None:
    for _ in range(3):
        orders.get(ORDER.order_id)
        orders.get("another")
    assert source.asked == [ORDER.order_id, "another", "another", "another"]
    seconds[0] += patience.KNOWN_S
    orders.get(ORDER.order_id)
    assert source.asked[4:] == [ORDER.order_id]


def test_a_slow_answer_is_said_to_be_slow_and_is_there_the_next_time(orders: PatientOrders, source: Source) -> None:
    source.answers.clear()
    for _ in range(3):
        with pytest.raises(OrdersSlow) as slow:
            orders.recent("buyer")
    assert source.asked == ["buyer"], "one question is on its way"
    source.answers.set()
    wait([slow.value.coming], 5)
    assert orders.recent("buyer") == [ORDER] and source.asked == ["buyer"]


def test_a_slow_answer_that_fails_fails_the_next_time(
    orders: PatientOrders, source: Source, seconds: list[float]
) -> None:
    source.answers.clear()
    source.fails = OrdersUnavailable("status 500")
    with pytest.raises(OrdersSlow) as slow:
        orders.recent("buyer")
    source.answers.set()
    wait([slow.value.coming], 5)
    with pytest.raises(OrdersUnavailable, match="status 500"):
        orders.recent("buyer")
    assert source.asked == ["buyer"]
    source.fails = None
    seconds[0] += 60
    assert orders.recent("buyer") == [ORDER]


def test_only_few_wait_and_for_the_others_it_is_slow_at_once(
    orders: PatientOrders, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 5)
    source.answers.clear()
    with ThreadPoolExecutor(2) as waiting:
        early = [waiting.submit(orders.recent, f"buyer-{number}") for number in range(2)]
        until = time.monotonic() + 5
        while len(source.asked) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        began = time.monotonic()
        for number in range(2, 12):
            with pytest.raises(OrdersSlow):
                orders.recent(f"buyer-{number}")
        assert time.monotonic() - began < 3
        source.answers.set()
        assert [found.result(5) for found in early] == [[ORDER], [ORDER]]


def test_too_many_questions_at_once_are_refused(
    orders: PatientOrders, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_ASKED", 3)
    source.answers.clear()
    for number in range(3):
        with pytest.raises(OrdersSlow):
            orders.recent(f"buyer-{number}")
    with pytest.raises(OrdersUnavailable, match="too much at once"):
        orders.recent("one more")


def test_a_source_that_is_away_is_left_alone(orders: PatientOrders, source: Source) -> None:
    source.fails = OrdersUnavailable("status 500")
    for number in range(8):
        with pytest.raises(OrdersUnavailable):
            orders.recent(f"buyer-{number}")
    assert len(source.asked) == 5


def test_one_order_that_cannot_be_read_keeps_no_other_buyer_waiting(orders: PatientOrders, source: Source) -> None:
    source.fails = OrdersUnreadable("an order that makes no sense")
    for number in range(8):
        with pytest.raises(OrdersUnreadable):
            orders.recent(f"buyer-{number}")
    source.fails = None
    assert orders.recent("another") == [ORDER]
