"""Promises: kept in their very second, warned of once, broken once, told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from bot.claims import events
from bot.claims.events import SaidBy, kind_of
from bot.claims.model import Claim, ClaimState, Remedy
from bot.desk import Case, Desk, handoffs, offers, promises
from bot.desk.promises import Notice
from tests.desks import ANNA, BEN, Clock, again, do, hear, say


def due(claim: Claim) -> datetime:
    assert claim.promise is not None
    return claim.promise.due_at


def look(desk: Desk) -> list[Notice]:
    return list(promises.look_after(desk))


def kinds(notices: list[Notice]) -> list[str]:
    return [notice.kind.value for notice in notices]


def ids(claims: list[Claim]) -> list[str]:
    return [claim.claim_id for claim in claims]


def test_a_promise_is_kept_in_its_very_second_and_broken_after_it(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed)
    assert not do(desk, promises.is_broken, agreed)
    clock.now += timedelta(seconds=1)
    assert do(desk, promises.is_broken, agreed)
    claim = do(desk, promises.open_penalty, agreed)
    assert claim.promise is not None and claim.promise.told_at == clock.now
    assert claim.settlement is not None
    assert claim.settlement.penalty_fen == 3291  # 30 % of 109.69 元, half a fen up
    assert claim.settlement.penalty_points == 3291
    assert do(desk, promises.open_penalty, claim) == again(desk, claim) == claim


def test_a_kept_promise_stays_kept(desk: Desk, agreed: Claim, clock: Clock) -> None:
    done = do(desk, promises.fulfil, agreed)
    clock.now += timedelta(days=30)
    assert done.state is ClaimState.FULFILLED and not do(desk, promises.is_broken, done)
    with pytest.raises(ValueError, match="no promise"):
        do(desk, promises.fulfil, say(desk, "面霜少了", "面霜", missing=1))


def test_the_seller_is_warned_once_and_the_breach_found_once(desk: Desk, agreed: Claim, clock: Clock) -> None:
    moments = {
        due(agreed) - timedelta(hours=6, seconds=1): [],
        due(agreed) - timedelta(hours=6): ["warned"],
        due(agreed) - timedelta(hours=5): [],
        due(agreed): [],
        due(agreed) + timedelta(seconds=1): ["broken"],
        due(agreed) + timedelta(days=1): [],
    }
    for clock.now, expected in moments.items():
        assert kinds(look(desk)) == expected, clock.now
    broken = again(desk, agreed)
    assert broken.state is ClaimState.AGREED and broken.settlement is not None
    assert broken.settlement.penalty_fen == 3291
    story = [kind_of(event) for _, event in desk.store.claims.history(agreed.claim_id)]
    assert story[-3:] == ["PromiseWarned", "PromiseBroken", "PenaltyOpened"]


def test_a_notice_has_the_claim_as_it_is_now_and_the_case_it_is_in(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed) + timedelta(seconds=1)
    (notice,) = look(desk)
    assert notice.claim == notice.case.current == again(desk, agreed)
    assert notice.case.order_of(notice.claim) is not None


def test_a_clock_that_was_off_all_weekend_finds_the_breach(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed) + timedelta(days=3)
    assert kinds(look(desk)) == ["broken"]


@pytest.mark.parametrize("late", [False, True])
def test_a_kept_promise_is_neither_warned_of_nor_broken_again(
    desk: Desk, agreed: Claim, clock: Clock, late: bool
) -> None:
    clock.now = due(agreed) + timedelta(seconds=late)
    done = do(desk, promises.fulfil, agreed)
    assert done.promise_broken is late, "the very second is in time"
    assert done.settlement is not None and bool(done.settlement.penalty_fen) is late
    clock.now += timedelta(days=1)
    assert look(desk) == [] and promises.promised(desk) == []


def test_of_many_processes_that_look_at_once_one_finds_it(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed) + timedelta(seconds=1)
    together = Barrier(4)

    def look_with_others() -> list[Notice]:
        together.wait()
        return look(desk)

    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(look_with_others) for _ in range(4)]
    assert kinds([notice for each in looks for notice in each.result()]) == ["broken"]


def test_what_falls_due_first_is_first(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now += timedelta(hours=1)
    with desk.case(BEN) as case:
        later = offers.accept(case, offers.assess(case, hear(case, "少一件", "T恤", missing=1)).claim)
    assert ids(promises.promised(desk)) == [agreed.claim_id, later.claim_id]


def test_what_was_promised_counts_while_a_person_has_the_conversation(desk: Desk, agreed: Claim, clock: Clock) -> None:
    do(desk, handoffs.hand_off, "user_requested")
    assert ids(promises.promised(desk)) == [agreed.claim_id]
    clock.now = due(agreed) + timedelta(seconds=1)
    assert kinds(look(desk)) == ["broken"]
    assert promises.untold_of_all(desk) == [], "that person tells"


def test_what_was_promised_counts_when_the_platform_has_stepped_in(desk: Desk, agreed: Claim, clock: Clock) -> None:
    do(desk, handoffs.step_aside, SaidBy.BUYER)
    assert ids(promises.promised(desk)) == [agreed.claim_id]
    clock.now = due(agreed) + timedelta(seconds=1)
    assert kinds(look(desk)) == ["broken"]
    assert promises.untold_of_all(desk) == [] and promises.untold(desk.open(ANNA)) is None, "the bot is silent"


def test_a_promise_instead_of_a_broken_one_keeps_its_penalty(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed) + timedelta(seconds=1)
    look(desk)
    claim, offer = do(desk, offers.another, again(desk, agreed), Remedy.REFUND)
    assert offer is not None
    instead = do(desk, offers.accept, claim)
    assert instead.settlement is not None
    assert (instead.settlement.refund_fen, instead.settlement.penalty_fen) == (3656, 3291)
    done = do(desk, promises.fulfil, instead)
    assert done.settlement is not None and done.settlement.penalty_fen == 3291


def test_an_order_that_is_gone_does_not_keep_other_promises_waiting(
    desk: Desk, agreed: Claim, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = do(desk, offers.accept, do(desk, offers.assess, say(desk, "台灯少一件", "台灯", missing=1)).claim)
    clock.now = due(agreed) + timedelta(hours=1)
    found = desk.orders.get
    monkeypatch.setattr(desk.orders, "get", lambda order_id: None if order_id == agreed.order_id else found(order_id))
    assert [notice.claim.claim_id for notice in look(desk)] == [other.claim_id]


def test_a_buyer_is_told_once(desk: Desk, agreed: Claim, clock: Clock) -> None:
    def tell(case: Case) -> None:
        claim = promises.untold(case)
        assert claim is not None
        promises.told(case, claim)
        assert promises.untold(case) is None

    assert promises.untold(desk.open(ANNA)) is None, "it is not broken yet"
    clock.now = due(agreed) + timedelta(seconds=1)
    look(desk)
    assert ids(promises.untold_of_all(desk)) == [agreed.claim_id]
    assert promises.untold(desk.open(BEN)) is None
    do(desk, tell)
    assert promises.untold_of_all(desk) == [] and promises.untold(desk.open(ANNA)) is None


def test_a_reship_keeps_its_courier_and_waybill(desk: Desk, agreed: Claim) -> None:
    done = do(desk, promises.fulfil, agreed, "圆通", "YT8812345678901")
    assert done.promise is not None
    assert (done.promise.carrier, done.promise.number) == ("圆通", "YT8812345678901")


def test_the_time_of_a_refund_runs_from_the_application(desk: Desk, offered: Claim, clock: Clock) -> None:
    refund, _ = do(desk, offers.another, offered, Remedy.REFUND)
    claim = do(desk, offers.accept, refund)
    assert promises.waits_for_application(claim)
    clock.now += timedelta(days=30)
    assert look(desk) == [] and not do(desk, promises.is_broken, claim), "the buyer has not asked for it yet"
    claim = do(desk, promises.applied, claim)
    assert clock.now + timedelta(hours=23) < due(claim) <= clock.now + timedelta(hours=24)
    clock.now = due(claim) + timedelta(seconds=1)
    assert kinds(look(desk)) == ["broken"]
    with pytest.raises(events.OutOfPlace):
        do(desk, promises.applied, claim)


def test_a_refund_that_was_paid_before_it_was_asked_for_is_kept(desk: Desk, offered: Claim, clock: Clock) -> None:
    refund, _ = do(desk, offers.another, offered, Remedy.REFUND)
    claim = do(desk, offers.accept, refund)
    clock.now += timedelta(days=3)
    done = do(desk, promises.fulfil, claim)
    assert done.promise is not None and done.promise.broken_at is None and not do(desk, promises.is_broken, done)
