"""Offers: every one on record, more within what the shop allows, then a person; one line is settled once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.claims.events import AnotherOfferAsked, OfferMade, kind_of
from bot.claims.model import Claim, ClaimState, Remedy
from bot.claims.negotiation import Counter
from bot.desk import Desk, facts, offers, promises
from bot.store import Conflict
from bot.store.switches import OFFERS_PAUSED, SUMS_CONFIRMED
from tests.desks import ANNA, ANNA_ELSEWHERE, BEN, NOW, Clock, again, do, hear, say


def settle(desk: Desk, word: str) -> Claim:
    return do(desk, offers.accept, do(desk, offers.assess, say(desk, f"{word}少一件", word, missing=1)).claim)


def test_the_history_reads_as_the_story(desk: Desk, agreed: Claim) -> None:
    done = do(desk, promises.fulfil, agreed)
    assert [kind_of(event) for _, event in desk.store.claims.history(done.claim_id)] == [
        "ClaimOpened",
        "FactsLearned",
        "FaultFound",
        "OfferMade",
        "OfferAccepted",
        "PromiseKept",
    ]


def test_three_rounds_and_then_a_person(desk: Desk, offered: Claim) -> None:
    claim, remedies = offered, [offered.offers[0].remedy]
    while True:
        claim, offer = do(desk, offers.another, claim, None)
        if offer is None:
            break
        remedies.append(offer.remedy)
    assert remedies == [Remedy.RESHIP, Remedy.REFUND, Remedy.RETURN]


def test_more_is_asked_for_and_every_offer_is_on_record(desk: Desk, offered: Claim) -> None:
    claim, first = do(desk, offers.another, offered, None, Counter(300))
    assert first is not None and (first.remedy, first.money_fen) == (Remedy.RESHIP, 300)
    claim, best = do(desk, offers.another, claim, None, Counter(10**9))
    assert best is not None and (best.remedy, best.amount_fen, best.goodwill_fen) == (Remedy.REFUND, 3656, 300)
    agreed = do(desk, offers.accept, claim)
    assert agreed.settlement is not None and agreed.settlement.refund_fen == 3956
    story = [event for _, event in desk.store.claims.history(agreed.claim_id)]
    assert [event.offer for event in story if isinstance(event, OfferMade)] == [offered.offers[0], first, best]
    assert [event.asked_fen for event in story if isinstance(event, AnotherOfferAsked)] == [300, 10**9]


def test_of_two_offers_for_the_same_line_only_one_can_be_accepted(desk: Desk, offered: Claim) -> None:
    with desk.case(ANNA_ELSEWHERE) as case:
        second = offers.assess(case, hear(case, "少一件", "T恤", missing=1)).claim
    assert second.state is ClaimState.OFFERED and facts.check(desk.open(ANNA_ELSEWHERE), second).earlier is None
    late = desk.open(ANNA_ELSEWHERE)
    agreed = do(desk, offers.accept, offered)
    offers.accept(late, second)
    with pytest.raises(Conflict), desk.store.transaction() as parts:
        late.save(parts)
    assert desk.store.claims.in_state(ClaimState.AGREED) == [agreed] and again(desk, second) == second
    assert facts.check(desk.open(ANNA_ELSEWHERE), second).earlier == agreed


def test_a_buyer_with_many_settled_claims_is_looked_at_by_a_person(desk: Desk, clock: Clock) -> None:
    for word in ("T恤", "台灯", "坚果"):
        settle(desk, word)
    fourth = do(desk, offers.assess, say(desk, "中筒袜少一双", "中筒袜", missing=1))
    assert (fourth.offer, fourth.reason) == (None, "history")
    clock.now += timedelta(days=181)
    assert do(desk, offers.assess, fourth.claim).offer is not None


def test_of_offers_that_are_accepted_at_once_no_more_are_settled_than_the_shop_allows(desk: Desk) -> None:
    for word in ("T恤", "台灯"):
        settle(desk, word)
    third = do(desk, offers.assess, say(desk, "少一袋", "坚果", missing=1)).claim
    fourth = do(desk, offers.assess, say(desk, "少一双", "中筒袜", ANNA_ELSEWHERE, missing=1)).claim
    late = desk.open(ANNA_ELSEWHERE)
    assert not offers.is_beyond_history(late, fourth)
    agreed = do(desk, offers.accept, third)
    offers.accept(late, fourth)
    with pytest.raises(Conflict), desk.store.transaction() as parts:
        late.save(parts)
    assert again(desk, fourth) == fourth and again(desk, third) == agreed
    assert offers.is_beyond_history(desk.open(ANNA_ELSEWHERE), fourth)


def test_what_was_withdrawn_does_not_count(desk: Desk) -> None:
    for word in ("T恤", "台灯", "坚果"):
        do(desk, facts.withdraw, settle(desk, word))
    assert do(desk, offers.assess, say(desk, "中筒袜少一双", "中筒袜", missing=1)).offer is not None


def test_an_offer_that_has_lapsed_comes_again_with_new_dates_and_is_no_round(
    desk: Desk, offered: Claim, clock: Clock
) -> None:
    assert not do(desk, offers.has_lapsed, offered)
    clock.now += timedelta(hours=12, seconds=1)
    assert do(desk, offers.has_lapsed, offered)
    renewed, offer = do(desk, offers.renew, offered)
    assert offer is not None and offer.remedy is Remedy.RESHIP and offer.due_at > offered.offers[0].due_at
    assert not do(desk, offers.has_lapsed, renewed)
    claim, second = do(desk, offers.another, renewed, None)
    claim, third = do(desk, offers.another, claim, None)
    assert second and third and third.remedy is Remedy.RETURN
    assert do(desk, offers.another, claim, None)[1] is None


def test_before_the_fault_is_found_the_sum_supposes_the_sellers(desk: Desk) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    assert claim.fault is None
    supposed = do(desk, offers.compensation, claim, promise_broken=True)
    found = do(desk, offers.assess, claim).claim
    assert supposed == do(desk, offers.compensation, found, promise_broken=True)
    assert supposed["penalty_fen"] == 3291  # 30 % of 109.69 元, half a fen up
    assert again(desk, found).fault == found.fault is not None


# --- a stop for money -----------------------------------------------------------------------------


def wants_money(desk: Desk) -> Claim:
    return do(desk, facts.wish, say(desk, "少一件", "T恤", missing=1), Remedy.REFUND)


def test_paused_nothing_is_offered_and_nothing_is_agreed(desk: Desk, offered: Claim) -> None:
    desk.store.switches.set(OFFERS_PAUSED, True, NOW, "店长")
    assert offers.stopped(desk.open(ANNA), offered) == "offers_paused"
    assert do(desk, offers.another, offered, Remedy.REFUND)[1] is None
    desk.store.switches.set(OFFERS_PAUSED, False, NOW, "店长")
    assert offers.stopped(desk.open(ANNA), again(desk, offered)) is None


def test_every_sum_is_confirmed_and_a_reship_needs_no_yes(desk: Desk, offered: Claim) -> None:
    desk.store.switches.set(SUMS_CONFIRMED, True, NOW, "店长")
    assert offers.stopped(desk.open(ANNA), offered) is None, "it costs no money"
    claim, offer = do(desk, offers.another, offered, Remedy.REFUND)
    assert offer is None and claim.proposal is not None and claim.proposal.money_fen == 3656
    assert offers.stopped(desk.open(ANNA), claim) == "sum_to_confirm"


def test_what_the_shop_promises_in_a_day_has_an_end(desk: Desk, clock: Clock) -> None:
    with_most = desk.policy.offers.copy(update={"per_day_fen": 5000})
    desk.policy = desk.policy.copy(update={"offers": with_most})
    claim, offer = do(desk, offers.another, do(desk, offers.assess, wants_money(desk)).claim, Remedy.REFUND)
    assert offer is not None and offer.money_fen == 3656
    do(desk, offers.accept, claim)
    assert desk.store.claims.promised_since(desk.open(ANNA).midnight) == 3656
    with desk.case(BEN) as case:
        bens = hear(case, "少一件", "T恤", missing=1)
        bens = facts.wish(case, bens, Remedy.REFUND)
        found = offers.assess(case, bens)
    assert (found.offer, found.reason) == (None, "policy_limit")
    clock.now += timedelta(days=1)
    assert offers.stopped(desk.open(BEN), again(desk, bens)) is None


def test_two_who_agree_in_the_same_moment_do_not_promise_more_than_there_is(desk: Desk) -> None:
    with_most = desk.policy.offers.copy(update={"per_day_fen": 5000})
    desk.policy = desk.policy.copy(update={"offers": with_most})
    cases = []
    for speaker in (ANNA, BEN):
        with desk.case(speaker) as case:
            offers.assess(case, facts.wish(case, hear(case, "少一件", "T恤", missing=1), Remedy.REFUND))
        cases.append(desk.open(speaker))
    for case in cases:
        assert case.active is not None and case.active.offer is not None and case.active.offer.money_fen == 3656
        offers.accept(case, case.active)
    with desk.store.transaction() as parts:
        cases[0].save(parts)
    with pytest.raises(Conflict, match="used up"), desk.store.transaction() as parts:
        cases[1].save(parts)
