"""Pulling the plug: a process is killed again and again, and the next one goes on where it was."""

from __future__ import annotations

import asyncio
import random
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import sqlalchemy as sa

from bot.claims.events import ClaimOpened, OfferAccepted, PromiseKept, replay
from bot.claims.model import Claim, ClaimState, Order
from bot.db import make_engine
from bot.desk import Case, Speaker, evidence, facts, handoffs, offers, promises
from bot.inbox.delivery import DeliveryWorker
from bot.inbox.model import Incoming
from bot.orders.sql import SqlOrders
from bot.store import Author, Delivery, Store
from bot.store.tables import claim_events
from bot.understanding.intake import Heard
from tests.claims.builders import line, order
from tests.databases import NewDatabase
from tests.desks import open_desk
from tests.inboxes import Echo, open_inbox

KILLS = 40
BUYERS = 70
fork = get_context("fork")  # a life begins in milliseconds, with everything imported
Life = Callable[[str, Event, int], None]  # over a database; says when it has begun; how many there were before it


def bought(number: int) -> Order:
    """Dear enough that photos are asked for."""
    ordered = order(line(paid_fen=30000), order_id=f"order-{number}")
    return replace(ordered, buyer_id=f"buyer-{number}")


def speaker(number: int) -> Speaker:
    return Speaker(f"talk-{number}", f"buyer-{number}")


def next_step(case: Case, about: Order) -> Claim:
    """What the buyer, the bot or the seller does next, wherever the claim stands."""
    claim = case.current
    if claim is None or claim.state is ClaimState.OPEN:
        return facts.hear(case, Heard("少一件", missing=1), None, about)[0]
    if claim.state is ClaimState.GATHERING and (owed := facts.check(case, claim).evidence):
        return evidence.ask(case, claim, owed)
    if claim.state is ClaimState.GATHERING and not any(item.sha256 for item in claim.evidence):
        return evidence.receive(case, claim, [("a" * 64, False)])
    if claim.state in (ClaimState.GATHERING, ClaimState.ASSESSING):
        return offers.assess(case, claim).claim
    if claim.state is ClaimState.OFFERED:
        return offers.accept(case, claim)
    return promises.fulfil(case, claim)


def settle(url: str, begun: Event, before: int) -> None:
    """One life: settle every buyer's claim, from wherever the lives before have left it."""
    make_engine.cache_clear()  # a connection does not outlive a fork
    desk = open_desk(url, lambda: datetime.now(timezone.utc))
    begun.set()
    for number in range(BUYERS):
        state = None
        while state is not ClaimState.FULFILLED:
            with desk.case(speaker(number)) as case:
                if case.current is None or case.current.state is not ClaimState.FULFILLED:
                    next_step(case, bought(number))
            state = case.current.state if case.current else None


def answer(url: str, begun: Event, before: int) -> None:
    """One life: every buyer says it all again, until the claim is settled.

    Who was killed keeps the lease of a conversation for a minute, so each life is two minutes later than the last.
    """
    make_engine.cache_clear()
    desk = open_desk(url, lambda: datetime.now(timezone.utc) + before * timedelta(minutes=2))
    engine = Echo(lambda case: next_step(case, bought(int(case.speaker.buyer_id.partition("-")[2]))) and None)
    inbox = open_inbox(desk, Path(tempfile.gettempdir()), engine)
    begun.set()
    for number in range(BUYERS // 2):
        who = speaker(number)
        for said in range(10):
            incoming = Incoming(who.conversation_id, f"{said}", f"m{said}", who.buyer_id)
            outcome = asyncio.run(inbox.handle(incoming))
            assert [reply["text"] for reply in outcome.replies][-1].endswith(f"{said}")
            if outcome.claim and outcome.claim["state"] == "fulfilled":
                break


def kill_again_and_again(life_of: Life, url: str, seed: int) -> int:
    """How many lives were ended by SIGKILL before one of them was done."""
    moments = random.Random(seed)
    killed = 0
    while True:
        begun = fork.Event()
        life = fork.Process(target=life_of, args=(url, begun, killed))
        life.start()
        begun.wait(30)
        life.join(moments.uniform(0, 0.06) if killed < KILLS else 60)
        life.kill()
        life.join()
        assert life.exitcode in (0, -signal.SIGKILL), f"seed {seed}: a life ended by itself, after {killed} kills"
        if life.exitcode == 0:
            return killed
        killed += 1


def begin(url: str) -> int:
    """Everything is bought; returns the seed of what follows."""
    seed = time.time_ns() % 10**6
    print(f"seed {seed}")
    orders = SqlOrders(make_engine(url))
    for number in range(BUYERS):
        orders.add(bought(number))
    make_engine(url).dispose()
    return seed


def check_settled_once(url: str, buyers: int) -> None:
    store = Store(make_engine(url))
    settled = store.claims.in_state(ClaimState.FULFILLED)
    assert sorted(claim.order_id or "" for claim in settled) == sorted(bought(n).order_id for n in range(buyers))
    with make_engine(url).connect() as connection:
        events = connection.execute(sa.select(claim_events).order_by(claim_events.c.version)).all()
    assert len({event.claim_id for event in events}) == buyers, "a claim was opened twice"
    for claim in settled:
        versions = [event.version for event in events if event.claim_id == claim.claim_id]
        assert versions == [*range(1, claim.version + 1)]
        story = store.claims.history(claim.claim_id)
        assert replay(story) == claim
        happened = [type(event) for _, event in story]
        assert [happened.count(kind) for kind in (ClaimOpened, OfferAccepted, PromiseKept)] == [1, 1, 1]


def test_every_claim_is_settled_exactly_once_whenever_the_process_is_killed(new_database: NewDatabase) -> None:
    url = new_database()
    killed = kill_again_and_again(settle, url, begin(url))
    assert killed >= KILLS // 2, f"only {killed} kills: too few to say anything"
    check_settled_once(url, BUYERS)


def test_every_message_is_answered_exactly_once_whenever_the_process_is_killed(new_database: NewDatabase) -> None:
    url = new_database()
    killed = kill_again_and_again(answer, url, begin(url))
    assert killed >= KILLS // 2, f"only {killed} kills: too few to say anything"
    check_settled_once(url, BUYERS // 2)
    store = Store(make_engine(url))
    for number in range(BUYERS // 2):
        talk = speaker(number).conversation_id
        entries = store.log.after(talk)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        said = [entry.text for entry in entries if entry.author is Author.BUYER]
        assert said == [f"{line}" for line in range(len(said))], "kept once, in order"
        assert store.log.unanswered(talk) == []
        conversation = store.conversations.get(talk)
        assert conversation is not None and conversation.lease is None
        assert conversation.memory == {"said": said}, "what was answered is what is remembered"
        replies = [entry.text.removeprefix("echo: ") for entry in entries if entry.author is Author.BOT]
        assert replies == said, "each answered once"


class Wire:
    """Writes down what is sent, in a file that outlives the process."""

    def __init__(self, sent: Path, *, may_repeat: bool) -> None:
        self._sent = sent
        self.may_repeat = may_repeat

    def send(self, delivery: Delivery) -> None:
        with self._sent.open("a", encoding="utf-8") as file:
            file.write(f"{delivery.payload['case_no']}\n")


def hand_over_and_send(sent: Path, url: str, begun: Event, before: int) -> None:
    """One life: hand over whoever is not yet, and send what lies in the outbox, two ways of telling the shop at once.

    Who was killed keeps what it was sending for two minutes, so each life is three minutes later than the last.
    """
    make_engine.cache_clear()
    clock = lambda: datetime.now(timezone.utc) + before * timedelta(minutes=3)  # noqa: E731
    desk = open_desk(url, clock)
    desk.tell = ("notice", "buyer")
    wires = {name: Wire(sent / name, may_repeat=name == "notice") for name in desk.tell}
    worker = DeliveryWorker(desk.store, wires, clock)
    begun.set()
    for number in range(BUYERS):
        with desk.case(speaker(number)) as case:
            if case.handoff is None:
                handoffs.hand_off(case, "user_requested")
        worker.round()
    while worker.round():
        pass


def test_every_hand_off_is_told_whenever_the_process_is_killed(new_database: NewDatabase, tmp_path: Path) -> None:
    url = new_database()
    killed = kill_again_and_again(partial(hand_over_and_send, tmp_path), url, begin(url))
    assert killed >= KILLS // 2, f"only {killed} kills: too few to say anything"
    store = Store(make_engine(url))
    waiting = sorted(handoff.case_no for handoff in store.handoffs.waiting())
    assert len(waiting) == BUYERS, "each was handed over once"
    notices, words = ((tmp_path / name).read_text("utf-8").split() for name in ("notice", "buyer"))
    counts = store.outbox.counts()
    assert counts[("notice", "sent")] == BUYERS and set(notices) == set(waiting), "a notice comes at least once"
    unknown = counts.get(("buyer", "unknown"), 0)
    assert counts[("buyer", "sent")] + unknown == BUYERS, "nothing is lost without a word"
    assert len(words) == len(set(words)), "what must not be doubled comes at most once"
    assert BUYERS - unknown <= len(words) <= BUYERS
