"""Pulling the plug: a process that settles claims is killed again and again, and the next one goes on where it was."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import replace
from datetime import datetime, timezone
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import sqlalchemy as sa

from bot.claims.events import ClaimOpened, OfferAccepted, PromiseKept, replay
from bot.claims.model import Claim, ClaimState, Order
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.db import make_engine
from bot.desk import Desk, Speaker
from bot.orders.sql import SqlOrders
from bot.store import Store
from bot.store.tables import claim_events
from bot.understanding.intake import Heard
from tests.claims.builders import line, order
from tests.databases import NewDatabase

ROOT = Path(__file__).resolve().parent.parent
RULEBOOK, POLICY = Rulebook.load(ROOT / "rulebook"), ShopPolicy.load(ROOT / "shop.yml")
KILLS = 40
BUYERS = 70
fork = get_context("fork")  # a life begins in milliseconds, with everything imported


def bought(number: int) -> Order:
    """Dear enough that photos are asked for."""
    ordered = order(line(paid_fen=30000), order_id=f"order-{number}")
    return replace(ordered, buyer_id=f"buyer-{number}")


def open_desk(url: str) -> Desk:
    engine = make_engine(url)
    return Desk(SqlOrders(engine), Store(engine), RULEBOOK, POLICY, lambda: datetime.now(timezone.utc))


def next_step(desk: Desk, speaker: Speaker, about: Order, claim: Claim | None) -> Claim:
    """What the buyer, the bot or the seller does next, wherever the claim stands."""
    if claim is None or claim.state is ClaimState.OPEN:
        return desk.hear(speaker, Heard("少一件", missing=1), None, about)[0]
    if claim.state is ClaimState.GATHERING and (owed := desk.check(claim).evidence):
        return desk.ask_evidence(claim, owed)
    if claim.state is ClaimState.GATHERING and not any(item.sha256 for item in claim.evidence):
        return desk.receive(claim, [("a" * 64, False)])
    if claim.state in (ClaimState.GATHERING, ClaimState.ASSESSING):
        return desk.assess(claim).claim
    if claim.state is ClaimState.OFFERED:
        return desk.accept(claim)
    return desk.fulfil(claim)


def live(url: str, begun: Event) -> None:
    """One life: settle every buyer's claim, from wherever the lives before have left it."""
    make_engine.cache_clear()  # a connection does not outlive a fork
    desk = open_desk(url)
    begun.set()
    for number in range(BUYERS):
        speaker, about = Speaker(f"talk-{number}", f"buyer-{number}"), bought(number)
        claim = desk.current(speaker.conversation_id)
        while claim is None or claim.state is not ClaimState.FULFILLED:
            claim = next_step(desk, speaker, about, claim)


def kill_again_and_again(url: str, seed: int) -> int:
    """How many lives were ended by SIGKILL before one of them was done."""
    moments = random.Random(seed)
    killed = 0
    while True:
        begun = fork.Event()
        life = fork.Process(target=live, args=(url, begun))
        life.start()
        begun.wait(30)
        life.join(moments.uniform(0, 0.06) if killed < KILLS else 60)
        life.kill()
        life.join()
        assert life.exitcode in (0, -signal.SIGKILL), f"seed {seed}: a life ended by itself, after {killed} kills"
        if life.exitcode == 0:
            return killed
        killed += 1


def test_every_claim_is_settled_exactly_once_whenever_the_process_is_killed(new_database: NewDatabase) -> None:
    seed = time.time_ns() % 10**6
    print(f"seed {seed}")
    url = new_database()
    orders = SqlOrders(make_engine(url))
    for number in range(BUYERS):
        orders.add(bought(number))
    make_engine(url).dispose()

    killed = kill_again_and_again(url, seed)

    assert killed >= KILLS // 2, f"only {killed} kills: too few to say anything"
    store = Store(make_engine(url))
    settled = store.claims.in_state(ClaimState.FULFILLED)
    assert sorted(claim.order_id or "" for claim in settled) == sorted(bought(n).order_id for n in range(BUYERS))
    with make_engine(url).connect() as connection:
        events = connection.execute(sa.select(claim_events).order_by(claim_events.c.version)).all()
    assert len({event.claim_id for event in events}) == BUYERS, "a claim was opened twice"
    for claim in settled:
        versions = [event.version for event in events if event.claim_id == claim.claim_id]
        assert versions == [*range(1, claim.version + 1)]
        story = store.claims.history(claim.claim_id)
        assert replay(story) == claim
        happened = [type(event) for _, event in story]
        assert [happened.count(kind) for kind in (ClaimOpened, OfferAccepted, PromiseKept)] == [1, 1, 1]
