"""Claims that nobody has spoken of for long expire: once, and never what was promised."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from bot.claims.events import Expired, SaidBy, kind_of
from bot.claims.model import Claim, ClaimState, Remedy
from bot.desk import Case, Desk, expiry, facts, handoffs, offers, promises
from bot.store import Author
from bot.store.claims import Claims
from tests.desks import ANNA, BEN, Clock, again, change, do, say

DAYS = timedelta(days=14)


def expire(desk: Desk) -> list[str]:
    return [claim.claim_id for claim in expiry.expire(desk)]


def speak(desk: Desk, clock: Clock, author: Author = Author.BUYER) -> None:
    desk.store.log.append(ANNA.conversation_id, author, {"text": "在吗"}, clock.now)


def open_only(case: Case) -> Claim:
    return facts.open_claim(case)


def test_a_claim_expires_when_the_days_are_over_and_not_before(desk: Desk, offered: Claim, clock: Clock) -> None:
    clock.now += DAYS
    assert expire(desk) == []
    clock.now += timedelta(seconds=1)
    assert expire(desk) == [offered.claim_id]
    after = again(desk, offered)
    assert after.state is ClaimState.EXPIRED and after.offers == offered.offers
    assert desk.store.claims.history(offered.claim_id)[-1][1] == Expired(14)
    assert desk.open(ANNA).active is None and expire(desk) == []


def test_the_days_are_the_shops(desk: Desk, offered: Claim, clock: Clock) -> None:
    claims = desk.policy.claims.copy(update={"expire_days": 30})
    desk.policy = desk.policy.copy(update={"claims": claims})
    clock.now += DAYS + timedelta(days=1)
    assert expire(desk) == []
    clock.now += timedelta(days=16)
    assert expire(desk) == [offered.claim_id]


def test_every_state_before_an_agreement_expires(desk: Desk, clock: Clock) -> None:
    opened = do(desk, open_only)
    assert opened.state is ClaimState.OPEN
    gathering = say(desk, "少一件", "T恤", BEN, missing=1)
    clock.now += DAYS + timedelta(hours=1)
    assert set(expire(desk)) == {opened.claim_id, gathering.claim_id}


@pytest.mark.parametrize("author", [Author.BUYER, Author.BOT, Author.AGENT])
def test_a_word_in_the_conversation_keeps_it(desk: Desk, offered: Claim, clock: Clock, author: Author) -> None:
    clock.now += timedelta(days=10)
    speak(desk, clock, author)
    clock.now += timedelta(days=10)
    assert expire(desk) == []
    clock.now += timedelta(days=5)
    assert expire(desk) == [offered.claim_id]


def test_a_word_elsewhere_does_not(desk: Desk, offered: Claim, clock: Clock) -> None:
    clock.now += DAYS + timedelta(hours=1)
    desk.store.log.append(BEN.conversation_id, Author.BUYER, {"text": "在吗"}, clock.now)
    assert expire(desk) == [offered.claim_id]


def test_what_was_promised_does_not_expire(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now += timedelta(days=400)
    assert expire(desk) == []
    claim, offer = do(desk, offers.another, again(desk, agreed), Remedy.REFUND)
    assert offer is not None and claim.state is ClaimState.OFFERED
    clock.now += timedelta(days=400)
    assert expire(desk) == [], "something else was asked for, and the shop owes one of the two"


def test_what_replaces_a_promise_does_not_expire(desk: Desk, agreed: Claim, clock: Clock) -> None:
    corrected = change(desk, agreed, "是少两件", missing=2)
    assert corrected.claim_id != agreed.claim_id and corrected.state is ClaimState.GATHERING
    clock.now += timedelta(days=400)
    assert expire(desk) == []


@pytest.mark.parametrize("over", ["with a person", "with the platform", "withdrawn", "kept"])
def test_what_is_not_the_bots_any_more_does_not_expire(desk: Desk, offered: Claim, clock: Clock, over: str) -> None:
    if over == "with a person":
        do(desk, handoffs.hand_off, "angry")
    elif over == "with the platform":
        do(desk, handoffs.step_aside, SaidBy.BUYER)
    elif over == "withdrawn":
        do(desk, facts.withdraw, offered)
    else:
        do(desk, promises.fulfil, do(desk, offers.accept, offered))
    before = again(desk, offered)
    clock.now += timedelta(days=400)
    assert expire(desk) == [] and again(desk, offered) == before


def test_of_many_who_look_at_once_one_finds_it(desk: Desk, offered: Claim, clock: Clock) -> None:
    clock.now += DAYS + timedelta(hours=1)
    together = Barrier(4)

    def look(_: int) -> list[str]:
        together.wait()
        return expire(desk)

    with ThreadPoolExecutor(4) as pool:
        found = [claim_id for each in pool.map(look, range(4)) for claim_id in each]
    assert found == [offered.claim_id]
    story = [kind_of(event) for _, event in desk.store.claims.history(offered.claim_id)]
    assert story.count("Expired") == 1


@pytest.mark.parametrize("step", ["history", "append"])
def test_one_that_fails_does_not_keep_the_others_waiting(
    desk: Desk, offered: Claim, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    other = say(desk, "少一件", "T恤", BEN, missing=1)
    clock.now += DAYS + timedelta(hours=1)
    right = getattr(Claims, step)

    def fail(claims: Claims, claim: Claim | str, *more: object) -> object:
        if (claim if isinstance(claim, str) else claim.claim_id) == offered.claim_id:
            raise RuntimeError("no")
        return right(claims, claim, *more)

    with monkeypatch.context() as failing:
        failing.setattr(Claims, step, fail)
        assert expire(desk) == [other.claim_id]
    assert expire(desk) == [offered.claim_id]


def test_a_buyer_who_comes_back_just_then_is_not_shut_out(
    desk: Desk, offered: Claim, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now += DAYS + timedelta(hours=1)
    history = Claims.history

    def accept_meanwhile(claims: Claims, claim_id: str) -> object:
        monkeypatch.setattr(Claims, "history", history)
        do(desk, offers.accept, offered)
        return history(claims, claim_id)

    monkeypatch.setattr(Claims, "history", accept_meanwhile)
    assert expire(desk) == []
    assert again(desk, offered).state is ClaimState.AGREED


def test_a_new_complaint_about_the_same_is_a_new_claim(desk: Desk, offered: Claim, clock: Clock) -> None:
    clock.now += DAYS + timedelta(hours=1)
    expire(desk)
    fresh = say(desk, "少一件", "T恤", missing=1)
    assert fresh.claim_id != offered.claim_id and fresh.lines == offered.lines
    with desk.case(ANNA) as case:
        assert facts.check(case, fresh).earlier is None
        settled = offers.accept(case, offers.assess(case, fresh).claim)
    assert settled.state is ClaimState.AGREED


def test_what_has_expired_can_be_taken_up_with_all_that_was_said(desk: Desk, offered: Claim, clock: Clock) -> None:
    assert do(desk, facts.renewed) is None
    clock.now += DAYS + timedelta(hours=1)
    expire(desk)
    fresh = do(desk, facts.renewed)
    assert fresh is not None and fresh.claim_id != offered.claim_id
    assert (fresh.order_id, fresh.lines, fresh.offers) == (offered.order_id, offered.lines, ())
    assert again(desk, offered).state is ClaimState.EXPIRED


def test_what_is_asked_after_is_what_still_counts(desk: Desk, agreed: Claim, clock: Clock) -> None:
    """我的补发呢, and a later claim of the conversation has expired."""
    clock.now += timedelta(minutes=1)
    later = say(desk, "台灯少一件", "台灯", missing=1)
    clock.now += DAYS + timedelta(hours=1)
    assert expire(desk) == [later.claim_id]
    found = facts.latest(desk.open(ANNA))
    assert found is not None and found.claim_id == agreed.claim_id


def test_who_looks_needs_no_more_than_the_claims_of_those_states(desk: Desk, offered: Claim, clock: Clock) -> None:
    """The query is asked every minute: an index leads to the claims that may expire, and to their conversations."""
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    engine = desk.store._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        desk.store.claims.unspoken([ClaimState.OPEN, ClaimState.OFFERED], clock.now)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1 and "updated_at <" in asked[0] and "claim_events" not in asked[0]
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            statement = asked[0]
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("open", "offered", "a", "b")).all()
        steps = " ".join(row[-1] for row in plan)
        assert "ix_claims_state" in steps and "SCAN" not in steps
