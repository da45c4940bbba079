"""What happens at the inbox, counted for Prometheus. Nothing of a buyer is in it, no text and no id.

What the database knows by itself is asked when somebody looks, and so outlives a restart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from cachetools import TTLCache, cachedmethod
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.claims.deadlines import falls_due, is_broken
from bot.desk import Desk, promises
from bot.inbox.answer import Answer
from bot.inbox.model import Later, NotYours
from bot.store import Entry

logger = logging.getLogger(__name__)

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_NO_FAILURES = (NotYours, Later)  # what is as it should be
_PROMISES_FOR_S = 60  # every open promise is read for it; the clock moves them by the minute

Result = TypeVar("Result")


class Metrics:
    """One for an inbox. Used from its loop and its threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._registry = registry = CollectorRegistry()
        self._messages = Counter("shaofa_messages", "Buyers' messages that were answered", ["door"], registry=registry)
        self._seconds = Histogram(
            "shaofa_answer_seconds",
            "From the first message of an answer to the answer; the widget's wait for more is in it",
            ["door"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._failures = Counter(
            "shaofa_failures",
            "Messages over which something went wrong, by kind of error",
            ["error"],
            registry=registry,
        )
        self._asked = Gauge("shaofa_inbox_tasks", "Tasks of the inbox, waiting or at work", registry=registry)
        self._at_work = Gauge("shaofa_inbox_tasks_at_work", "Tasks of the inbox at work", registry=registry)
        ProcessCollector(registry=registry)
        registry.register(_Kept(desk))

    def text(self) -> bytes:
        """All of it in Prometheus' text form; asks the database."""
        return generate_latest(self._registry)

    def answered(self, door: str, said: Sequence[Entry], answer: Answer) -> None:
        self._messages.labels(door).inc(len(said))
        self._seconds.labels(door).observe(max(0.0, (self._desk.clock() - said[0].at).total_seconds()))
        if answer.error:
            self._failures.labels(answer.error).inc()

    def asked(self) -> AbstractContextManager[None]:
        """Around waiting for a worker and its work."""
        tracking: AbstractContextManager[None] = self._asked.track_inprogress()
        return tracking

    def watched(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """The work, to be done by a worker."""

        def done() -> Result:
            with self._at_work.track_inprogress():
                try:
                    return work()
                except _NO_FAILURES:
                    raise
                except Exception as error:
                    self._failures.labels(type(error).__name__).inc()
                    raise

        return done


class _Kept(Collector):
    """What stands in the database."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._counted: TTLCache[object, dict[str, int]] = TTLCache(1, _PROMISES_FOR_S)

    def describe(self) -> list[Metric]:
        """Nothing beforehand: the registry would collect instead."""
        return []

    def collect(self) -> Iterator[Metric]:
        answers = True
        try:
            yield from list(self._of_database())
        except Exception as error:  # the rest is wanted just then
            logger.warning("the database has no figures to give: %s", error)
            answers = False
        yield GaugeMetricFamily("shaofa_database_up", "Does the database answer?", float(answers))
        in_use, idle = self._desk.store.connections()
        connections = GaugeMetricFamily("shaofa_database_connections", "Connections of the pool", labels=["state"])
        connections.add_metric(["in_use"], in_use)
        connections.add_metric(["idle"], idle)
        yield connections

    def _of_database(self) -> Iterator[Metric]:
        store, now = self._desk.store, self._desk.clock()
        count, oldest = store.conversations.waiting()
        yield GaugeMetricFamily(
            "shaofa_unanswered_messages", "Messages of the widget that nobody has answered yet", count
        )
        age = (now - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("shaofa_oldest_unanswered_seconds", "Age of the oldest of them", age)
        handoffs = CounterMetricFamily("shaofa_handoffs", "Conversations given to a person", labels=["reason"])
        for reason, number in store.handoffs.by_reason().items():
            handoffs.add_metric([reason], number)
        yield handoffs
        queue = store.handoffs.count_waiting()
        yield GaugeMetricFamily("shaofa_waiting_handoffs", "Conversations that wait for a person", queue)
        deliveries = GaugeMetricFamily(
            "shaofa_deliveries", "What lies in the outbox; dead and unknown ones want a look", labels=["kind", "state"]
        )
        for (kind, state), number in store.outbox.counts().items():
            deliveries.add_metric([kind, state], number)
        yield deliveries
        open_ones = GaugeMetricFamily("shaofa_promises", "Promises that are not kept yet", labels=["state"])
        for state, number in self._promises().items():
            open_ones.add_metric([state], number)
        yield open_ones

    @cachedmethod(lambda self: self._counted)
    def _promises(self) -> dict[str, int]:
        """``open``: in time; ``due``: of which the seller is warned; ``broken``."""
        counted = {"open": 0, "due": 0, "broken": 0}
        now, policy = self._desk.clock(), self._desk.policy.promises
        for claim in promises.promised(self._desk):
            assert claim.promise is not None  # that is what was asked for
            broken = claim.promise.broken_at is not None or is_broken(claim.promise, now)
            counted["broken" if broken else "due" if falls_due(claim.promise, now, policy) else "open"] += 1
        return counted
