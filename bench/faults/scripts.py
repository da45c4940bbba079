"""The conversations of ``conversations.yml``, played step by step through the real inbox."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from bot.claims.model import ClaimState
from bot.db import make_engine
from bot.desk import Speaker, promises
from bot.engine.protocol import Engine
from bot.inbox.answering import incoming
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming
from bot.inbox.outside import agent_said, platform_stepped_in
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.store import Author, Session, Store
from bot.store.files import FileStore
from bot.talk.due import attend
from tests.desks import Clock, bought, open_desk
from tests.office import TestOffice

BEGINS = datetime(2026, 11, 20, 2, 5, tzinfo=timezone.utc)  # just after the full hour: dates are given to the hour
BUYER, TALK = Speaker("talk", "buyer"), "talk"
AFTER_A_FAULT = timedelta(minutes=2)  # the lease of one that died is over


@dataclass(frozen=True)
class Script:
    name: str
    steps: tuple[Mapping[str, Any], ...]
    order: str | None = None
    door: str = "inline"


def scripts() -> list[Script]:
    told = yaml.safe_load(Path(__file__).with_name("conversations.yml").read_text(encoding="utf-8"))
    return [Script(**{**script, "steps": tuple(script["steps"])}) for script in told]


def prepare(url: str) -> None:
    """The buyer has the demo orders, and the widget open."""
    engine = make_engine(url)
    seed(SqlOrders(engine), BUYER.buyer_id, BEGINS)
    Store(engine).sessions.open(Session(TALK, BUYER.buyer_id, None), BEGINS)
    engine.dispose()
    make_engine.cache_clear()


def warm_up(engine: Engine) -> None:
    """What a process reads once is read now, before it is forked a thousand times."""
    with tempfile.TemporaryDirectory(prefix="shaofa-faults-") as name:
        url = f"sqlite:///{name}/warm.db"
        prepare(url)
        script = scripts()[0]
        player = Player(engine, url, Path(name), script)
        for number in range(len(script.steps)):
            player.perform(number, after_a_fault=False)
        make_engine(url).dispose()


class Player:
    """One process's life in a conversation. Every step may be done again, as by a client who heard nothing."""

    def __init__(self, engine: Engine, url: str, folder: Path, script: Script) -> None:
        self.clock = Clock(BEGINS)
        self.desk = open_desk(url, self.clock)
        self.inbox = Inbox(engine, self.desk, FileStore(folder, 10**7, 10**8))
        self._script = script
        self._order_id = bought(self.desk, BUYER, script.order).order_id if script.order else None

    def perform(self, number: int, *, after_a_fault: bool) -> None:
        step = self._script.steps[number]
        hours = sum(float(before.get("later", 0)) for before in self._script.steps[: number + 1])
        late = AFTER_A_FAULT if after_a_fault else timedelta()
        self.clock.now = BEGINS + timedelta(hours=hours, minutes=number) + late
        if "buyer" in step or "upload" in step:
            self._say(step, str(number))
        elif "agent" in step:
            agent_said(self.inbox, Incoming(TALK, step["agent"], str(number), BUYER.buyer_id))
        elif "event" in step:
            platform_stepped_in(self.inbox, Incoming(TALK, buyer_id=BUYER.buyer_id))
        elif "give_back" in step:
            with self.desk.case(BUYER) as case:
                case.give_back()
        elif "fulfil" in step:
            claim = self.desk.store.claims.current(TALK)
            assert claim is not None
            if claim.state is not ClaimState.FULFILLED:
                with self.desk.case_of(claim) as case:
                    promises.fulfil(case, claim)
        if "due" in step:  # every minute, so that what fails once is done a minute later
            for _ in range(1 + after_a_fault):
                attend(self.desk)

    def _say(self, step: Mapping[str, Any], message_id: str) -> None:
        say = self._say_in_widget if self._script.door == "web" else self._say_inline
        say(step, message_id)
        last = self.inbox.log.last(TALK, Author.BOT)
        if last and last.text == self.inbox.wording("utter_trouble"):
            say(step, f"{message_id}, again")  # as the bot has asked for

    def _say_inline(self, step: Mapping[str, Any], message_id: str) -> None:
        files = tuple(TestOffice.file(name) for name in step.get("upload", ()))
        said = Incoming(TALK, step.get("buyer", ""), message_id, BUYER.buyer_id, self._order_id, files)
        asyncio.run(self.inbox.handle(said))

    def _say_in_widget(self, step: Mapping[str, Any], message_id: str) -> None:
        self.inbox.write(TALK, Author.BUYER, {"text": step["buyer"]}, message_id)
        session = Session(TALK, BUYER.buyer_id, self._order_id)
        assert asyncio.run(self.inbox.answer(incoming(session))), "another worker is at it"
