"""A long conversation: its two hundredth turn costs what its twentieth did, and opens no line to the database."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from bot.inbox.model import Incoming
from tests.inbox.test_statements import counted
from tests.office import TestOffice

QUESTIONS = ("运费谁出", "多久能到", "违约金怎么算", "你是机器人吗")


def say(office: TestOffice, talk: str, text: str) -> None:
    asyncio.run(office.inbox.handle(Incoming(talk, text, buyer_id=talk)))


def test_turn_200_costs_what_turn_20_did(office: TestOffice) -> None:
    talk = "turn-after-turn"
    office.welcome(talk)
    engine = office.desk.store._engine
    cost = {}
    say(office, talk, "T恤少了一件")
    for number in range(2, 201):
        with counted(engine) as counts:
            say(office, talk, QUESTIONS[number % len(QUESTIONS)])
        row = office.desk.store.conversations.get(talk)
        assert row is not None and row.memory is not None
        cost[number] = (len(counts.statements), counts.commits, len(row.memory["events"]))
    assert cost[200] == cost[20] and cost[20][0] > 0
    assert max(cost.values()) == max(cost[number] for number in range(2, 21))


def test_no_line_to_the_database_is_opened_for_a_message(office: TestOffice) -> None:
    talk = "pool"
    office.welcome(talk)
    say(office, talk, "你好")
    engine, opened = office.desk.store._engine, []
    sa.event.listen(engine, "connect", listener := lambda line, record: opened.append(line))
    try:
        for number in range(40):
            say(office, talk, QUESTIONS[number % len(QUESTIONS)])
    finally:
        sa.event.remove(engine, "connect", listener)
    assert len(opened) <= 4, "one for each of the inbox's threads, and no more"
