"""What the inbox counts, read as Prometheus reads it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from bot.desk import Case, Desk, handoffs, offers
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, NotYours
from bot.store import Author, Session
from tests.desks import Clock, do, say
from tests.inboxes import TALK, Echo, ask, handle, message


def figures(inbox: Inbox) -> dict[str, float]:
    """By name and labels: ``shaofa_handoffs_total{reason=user_requested}``."""
    found = {}
    for family in text_string_to_metric_families(inbox.metrics.text().decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_what_is_answered_is_counted_by_door_with_the_time_it_took(inbox: Inbox, engine: Echo, clock: Clock) -> None:
    def slowly(case: Case) -> None:
        clock.now += timedelta(seconds=2)

    engine.during = slowly
    ask(inbox, "T恤少了一件", "m1")
    ask(inbox, "T恤少了一件", "m1")  # the same again is no new one
    ask(inbox, "在吗", channel="openai")
    counted = figures(inbox)
    assert counted["shaofa_messages_total{door=api}"] == counted["shaofa_messages_total{door=openai}"] == 1
    assert counted["shaofa_answer_seconds_sum{door=api}"] == 2
    assert counted["shaofa_answer_seconds_bucket{door=api,le=1.0}"] == 0
    assert counted["shaofa_answer_seconds_bucket{door=api,le=2.5}"] == 1


def test_what_goes_wrong_is_counted_by_kind(inbox: Inbox, engine: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(case: Case) -> None:
        raise LookupError("13800138000")

    engine.during = fails
    ask(inbox, "T恤少了一件")  # the buyer is told that something got stuck
    with pytest.raises(NotYours):
        handle(inbox, Incoming(TALK, "这是谁的", buyer_id="ben"))  # a refusal is no failure
    monkeypatch.setattr(inbox, "_accept", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ask(inbox, "在吗")
    failures = {name: value for name, value in figures(inbox).items() if name.startswith("shaofa_failures_total")}
    assert failures == {
        "shaofa_failures_total{error=LookupError}": 1,
        "shaofa_failures_total{error=ZeroDivisionError}": 1,
    }


def test_what_is_asked_of_the_workers_and_what_they_are_at(inbox: Inbox, engine: Echo) -> None:
    seen: list[dict[str, float]] = []
    engine.during = lambda case: seen.append(figures(inbox))
    ask(inbox, "在吗")
    assert (seen[0]["shaofa_inbox_tasks"], seen[0]["shaofa_inbox_tasks_at_work"]) == (1, 1)
    assert seen[0]["shaofa_database_connections{state=in_use}"] == 0  # none is held while the engine thinks
    after = figures(inbox)
    assert (after["shaofa_inbox_tasks"], after["shaofa_inbox_tasks_at_work"]) == (0, 0)


def test_a_task_that_is_given_up_while_it_waits_is_not_counted_for_ever(inbox: Inbox, engine: Echo) -> None:
    async def give_up() -> None:
        tasks = [asyncio.create_task(inbox.handle(message("在吗", f"m{number}"))) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(give_up())
    inbox._workers.shutdown(wait=True)
    counted = figures(inbox)
    assert (counted["shaofa_inbox_tasks"], counted["shaofa_inbox_tasks_at_work"]) == (0, 0)


def test_what_the_database_knows_outlives_the_process(inbox: Inbox, desk: Desk, clock: Clock) -> None:
    for reason in ("user_requested", "user_requested", "policy_limit"):
        do(desk, handoffs.hand_off, reason)
        do(desk, Case.give_back)
    desk.store.sessions.open(Session(TALK, None, None), clock())
    inbox.write(TALK, Author.BUYER, {"text": "在吗"})
    clock.now += timedelta(seconds=90)
    counted = figures(Inbox(inbox.engine, desk, inbox.files))
    assert counted["shaofa_handoffs_total{reason=user_requested}"] == 2
    assert counted["shaofa_handoffs_total{reason=policy_limit}"] == 1
    assert (counted["shaofa_unanswered_messages"], counted["shaofa_oldest_unanswered_seconds"]) == (1, 90)
    assert counted["shaofa_database_up"] == 1


@pytest.mark.parametrize(("hours_left", "state"), [(40, "open"), (3, "due"), (-1, "broken")])
def test_promises_are_counted_by_how_they_stand(
    inbox: Inbox, desk: Desk, clock: Clock, hours_left: float, state: str
) -> None:
    claim = do(desk, offers.accept, do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim)
    assert claim.promise is not None
    clock.now = claim.promise.due_at - timedelta(hours=hours_left)
    counted = figures(inbox)
    promises = {name: counted[f"shaofa_promises{{state={name}}}"] for name in ("open", "due", "broken")}
    assert promises == {**dict.fromkeys(promises, 0), state: 1}


def test_without_a_database_there_are_figures_still(inbox: Inbox, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(desk.store.conversations, "waiting", gone)
    counted = figures(inbox)
    assert counted["shaofa_database_up"] == 0
    assert "shaofa_inbox_tasks" in counted and "shaofa_unanswered_messages" not in counted


def test_no_buyer_is_in_it(inbox: Inbox) -> None:
    ask(inbox, "T恤少了一件 13800138000")
    text = inbox.metrics.text().decode()
    assert not any(word in text for word in (TALK, "anna", "T恤", "13800138000"))
