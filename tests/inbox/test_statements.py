"""What a message costs the database, counted over a real conversation of a buyer with orders of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.inbox.model import Incoming, Outcome
from tests.office import TestOffice

BUYER = "statements"
MOST_STATEMENTS = 12
MOST_COMMITS = 2  # what was said is kept; what became of it is kept


@dataclass
class Cost:
    statements: list[str] = field(default_factory=list)
    commits: int = 0

    def __str__(self) -> str:
        return "\n".join([f"{len(self.statements)} statements, {self.commits} commits:", *self.statements])


@contextmanager
def counted(engine: Engine) -> Iterator[Cost]:
    cost = Cost()

    def execute(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        cost.statements.append(" ".join(statement.split()))

    def commit(connection: Any) -> None:
        cost.commits += 1

    listeners = {"before_cursor_execute": execute, "commit": commit}
    for event, listener in listeners.items():
        sa.event.listen(engine, event, listener)
    try:
        yield cost
    finally:
        for event, listener in listeners.items():
            sa.event.remove(engine, event, listener)


def say(office: TestOffice, text: str, *files: IO[bytes] | None) -> tuple[Outcome, Cost]:
    incoming = Incoming(BUYER, text, f"id of {text}", BUYER, files=files)
    with counted(office.desk.store._engine) as cost:
        outcome = asyncio.run(office.inbox.handle(incoming))
    assert cost.statements, "it is counted elsewhere than where it is done"
    return outcome, cost


def test_a_message_costs_two_transactions_and_few_statements(office: TestOffice) -> None:
    office.welcome(BUYER)
    conversation = {
        "T恤少了一件": ("offered", MOST_STATEMENTS),
        "运费谁出": ("offered", MOST_STATEMENTS),
        "换个方案": ("offered", MOST_STATEMENTS),
        # The line is promised besides, so that nobody else promises it, and the day's money is counted under a lock.
        "接受": ("agreed", MOST_STATEMENTS + 5),
    }
    for text, (state, most) in conversation.items():
        outcome, cost = say(office, text)
        assert outcome.claim is not None and outcome.claim["state"] == state, text
        assert len(cost.statements) <= most and cost.commits <= MOST_COMMITS, f"{text}: {cost}"
    outcome, cost = say(office, "", office.file("photo.jpg"))
    assert outcome.claim is not None and len(outcome.claim["evidence"]) == 1
    assert len(cost.statements) <= MOST_STATEMENTS and cost.commits <= MOST_COMMITS, f"a photo: {cost}"


def test_the_same_message_again_costs_next_to_nothing(office: TestOffice) -> None:
    office.welcome(BUYER)
    first, _ = say(office, "在吗")
    again, cost = say(office, "在吗")
    assert again == first and len(cost.statements) <= 6, str(cost)  # one looks whose conversation it is
