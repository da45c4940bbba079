"""What lies in the outbox is sent: again when it fails, in order, by one worker of many, and never silently lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bot.db import make_engine
from bot.inbox.delivery import DeliveryWorker, Failed, Refused, Unknown, pause_s
from bot.store import Conflict, Delivery, DeliveryState, Store
from tests.claims.builders import NOW
from tests.desks import Clock

TAKEN_FOR = timedelta(minutes=3)


class Post:
    """Sends by doing what a test says; keeps what it was given."""

    def __init__(self, *, may_repeat: bool = True, does: Callable[[Delivery], None] = lambda delivery: None) -> None:
        self.may_repeat = may_repeat
        self.does = does
        self.sent: list[str] = []

    def send(self, delivery: Delivery) -> None:
        self.does(delivery)
        self.sent.append(delivery.key)


def fails(error: Exception) -> Callable[[Delivery], None]:
    def fail(delivery: Delivery) -> None:
        raise error

    return fail


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    engine = make_engine(url)
    yield Store(engine)
    engine.dispose()


def put(store: Store, *keys: str, lane: str | None = None) -> None:
    for key in keys:
        store.outbox.put(key, "post", lane or key, {"text": key}, NOW)


def states(store: Store) -> dict[str, int]:
    return {state: count for (_, state), count in store.outbox.counts().items()}


def test_what_is_put_there_is_sent_once(store: Store, clock: Clock) -> None:
    post = Post()
    worker = DeliveryWorker(store, {"post": post}, clock)
    put(store, "a", "b")
    assert worker.round() and not worker.round()
    assert sorted(post.sent) == ["a", "b"] and states(store) == {"sent": 2}


def test_the_same_is_put_there_once(store: Store) -> None:
    put(store, "a")
    with pytest.raises(Conflict):
        put(store, "a")


def test_what_is_not_written_is_not_sent(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as parts:
        parts.outbox.put("a", "post", "a", {}, NOW)
        1 / 0  # noqa: B018
    assert states(store) == {}


def test_a_failure_is_tried_again_later_and_later(store: Store, clock: Clock) -> None:
    post = Post(does=fails(Failed("HTTP 503")))
    worker = DeliveryWorker(store, {"post": post}, clock)
    put(store, "a")
    assert worker.round() and not worker.round(), "not at once"
    clock.now += timedelta(seconds=2)
    assert worker.round()
    post.does = lambda delivery: None
    clock.now += timedelta(seconds=4)
    assert worker.round() and post.sent == ["a"] and states(store) == {"sent": 1}


def test_the_other_side_says_how_long_to_wait(store: Store, clock: Clock) -> None:
    worker = DeliveryWorker(store, {"post": Post(does=fails(Failed("HTTP 429", after_s=90)))}, clock)
    put(store, "a")
    worker.round()
    clock.now += timedelta(seconds=89)
    assert not worker.round()
    clock.now += timedelta(seconds=1)
    assert worker.round()


def test_but_not_longer_than_half_an_hour(store: Store, clock: Clock) -> None:
    worker = DeliveryWorker(store, {"post": Post(does=fails(Failed("HTTP 429", after_s=float("inf"))))}, clock)
    put(store, "a")
    worker.round()
    clock.now += timedelta(minutes=30)
    assert worker.round()


@pytest.mark.parametrize("attempts", range(1, 40))
def test_a_pause_doubles_up_to_half_an_hour_and_is_shaken(attempts: int) -> None:
    longest = min(2.0**attempts, 1800.0)
    assert longest / 2 <= pause_s(attempts) <= longest


@pytest.mark.parametrize("error", [Failed("HTTP 500"), ValueError("no idea"), Unknown("no answer")])
def test_what_fails_for_hours_ends_as_a_dead_letter_with_an_alarm(
    store: Store, clock: Clock, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    worker = DeliveryWorker(store, {"post": Post(does=fails(error))}, clock)
    put(store, "a")
    tries = 0
    while worker.round():
        tries += 1
        clock.now += timedelta(hours=1)
    assert (tries, states(store)) == (12, {"dead": 1})
    assert [record.levelno for record in caplog.records if "没有送出去" in record.message] == [logging.ERROR]


def test_what_is_refused_is_not_tried_again(store: Store, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    worker = DeliveryWorker(store, {"post": Post(does=fails(Refused("errcode 310000")))}, clock)
    put(store, "a")
    assert worker.round()
    clock.now += timedelta(days=1)
    assert not worker.round() and states(store) == {"dead": 1}
    assert "post通知没有送出去：a（errcode 310000）" in caplog.text


def test_what_may_have_come_is_never_sent_blindly_again(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    worker = DeliveryWorker(store, {"post": Post(may_repeat=False, does=fails(Unknown("no answer")))}, clock)
    put(store, "a")
    assert worker.round()
    clock.now += timedelta(days=1)
    assert not worker.round() and states(store) == {"unknown": 1}
    assert "不知道送到没有" in caplog.text


@pytest.mark.parametrize(("may_repeat", "ends"), [(True, {"sent": 1}), (False, {"unknown": 1})])
def test_a_worker_that_dies_over_it_leaves_it_to_the_next(
    store: Store, clock: Clock, may_repeat: bool, ends: dict[str, int]
) -> None:
    put(store, "a")
    assert store.outbox.take(["post"], "of one who died", clock(), clock() + timedelta(minutes=2), 10)
    post = Post(may_repeat=may_repeat)
    worker = DeliveryWorker(store, {"post": post}, clock)
    assert not worker.round(), "its lease still runs"
    clock.now += TAKEN_FOR
    assert worker.round() and states(store) == ends
    assert post.sent == (["a"] if may_repeat else [])


def test_one_of_two_workers_has_it(store: Store, clock: Clock) -> None:
    put(store, "a", "b", "c")
    until = clock() + timedelta(minutes=2)
    taken = [store.outbox.take(["post"], lease, clock(), until, 2) for lease in ("one", "two")]
    assert [[delivery.key for delivery in mine] for mine in taken] == [["a", "b"], ["c"]]
    late = taken[0][0]
    clock.now += TAKEN_FOR
    (again,) = store.outbox.take(["post"], "three", clock(), clock() + timedelta(minutes=2), 1)
    assert (again.key, again.attempts, again.was_cut_off) == ("a", 2, True)
    assert not store.outbox.done(late, "one", DeliveryState.SENT, clock()), "it is another's by now"
    assert store.outbox.done(again, "three", DeliveryState.SENT, clock())


def test_a_lane_keeps_its_order(store: Store, clock: Clock) -> None:
    """The second of a conversation waits until the first is sent, or given up."""
    stuck = [True]

    def fail_first(delivery: Delivery) -> None:
        if delivery.key == "1" and stuck[0]:
            raise Failed("busy")

    post = Post(does=fail_first)
    worker = DeliveryWorker(store, {"post": post}, clock)
    put(store, "1", "2", lane="talk")
    put(store, "other")
    worker.round()
    clock.now += timedelta(seconds=2)
    worker.round()
    assert post.sent == ["other"]
    stuck[0] = False
    clock.now += timedelta(seconds=4)
    while worker.round():
        pass
    assert post.sent == ["other", "1", "2"]


def test_what_nobody_here_can_send_waits_for_who_can(store: Store, clock: Clock) -> None:
    put(store, "a")
    assert not DeliveryWorker(store, {}, clock).round()
    assert not DeliveryWorker(store, {"other": Post()}, clock).round()
    assert states(store) == {"waiting": 1}


def test_what_was_sent_long_ago_is_dropped_and_a_dead_letter_stays(store: Store, clock: Clock) -> None:
    put(store, "a", "b")
    post = Post(does=lambda delivery: fails(Refused("no"))(delivery) if delivery.key == "b" else None)
    worker = DeliveryWorker(store, {"post": post}, clock)
    worker.round()
    clock.now += timedelta(days=31)
    worker.round()
    assert states(store) == {"dead": 1}
