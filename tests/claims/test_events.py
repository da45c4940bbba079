"""A claim is what its events say: each changes what it tells of and nothing else, and none is lost in storing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.claims import events
from bot.claims.causes import CauseKind
from bot.claims.codec import to_json
from bot.claims.events import Change, ClaimImported, ClaimOpened, Event, OutOfPlace, SaidBy, UnknownEvent, apply, replay
from bot.claims.model import Claim, ClaimState, Fault, Offer, Platform, Promise, Remedy, Settlement, Shortage
from bot.claims.states import IllegalTransition
from tests.claims.builders import NOW, claim, claimed

LATER = NOW + timedelta(hours=1)
OPENED = ClaimOpened("SF-1", "talk", "buyer")
FACTS = events.FactsLearned("1", Platform.TMALL, (claimed("T恤"), claimed("袜子")), Shortage.UNITS)
OFFER = Offer(Remedy.RESHIP, 0, LATER, NOW)
PROMISE = Promise(Remedy.RESHIP, LATER)
SETTLEMENT = Settlement(0, 0, 0, "seller")
FAULT = events.FaultFound(Fault.SELLER, ("weight",))


def told(*story: Event) -> Claim:
    """The claim after the story, an hour from one event to the next."""
    after = replay((NOW + timedelta(hours=hour), event) for hour, event in enumerate(story))
    assert after is not None
    return after


def test_a_story_from_the_complaint_to_the_kept_promise() -> None:
    settled = told(
        OPENED,
        FACTS,
        events.ItemsFound((claimed("袜子"),)),
        events.WishNoted(Remedy.RESHIP),
        FAULT,
        events.OfferMade(OFFER),
        events.OfferAccepted(PROMISE, SETTLEMENT),
        events.PromiseKept(),
    )
    assert settled == Claim(
        claim_id="SF-1",
        conversation_id="talk",
        buyer_id="buyer",
        opened_at=NOW,
        state=ClaimState.FULFILLED,
        platform=Platform.TMALL,
        order_id="1",
        lines=(claimed("T恤"),),
        fault=Fault.SELLER,
        reasons=("weight",),
        wish=Remedy.RESHIP,
        offers=(OFFER,),
        promise=replace(PROMISE, kept_at=NOW + timedelta(hours=7)),
        settlement=SETTLEMENT,
        version=8,
    )


def test_new_facts_take_the_offer_back() -> None:
    offered = told(OPENED, FACTS, FAULT, events.OfferMade(OFFER))
    for news in (FACTS, events.OrderForgotten(), events.ItemsFound(FACTS.lines[:1])):
        after = apply(offered, news, NOW)
        assert (after.state, after.offers) == (ClaimState.GATHERING, ())
    assert apply(offered, events.OrderForgotten(), NOW).order_id is None


def test_another_offer_takes_the_agreement_back() -> None:
    agreed = told(OPENED, FACTS, FAULT, events.OfferMade(OFFER), events.OfferAccepted(PROMISE, SETTLEMENT))
    asked = apply(agreed, events.AnotherOfferAsked(Remedy.REFUND), NOW)
    assert (asked.state, asked.wish, asked.promise) == (ClaimState.AGREED, Remedy.REFUND, PROMISE)
    offered = apply(asked, events.OfferMade(replace(OFFER, remedy=Remedy.REFUND)), NOW)
    assert (offered.state, offered.promise, offered.settlement) == (ClaimState.OFFERED, None, None)
    assert [offer.remedy for offer in offered.offers] == [Remedy.RESHIP, Remedy.REFUND]


def test_a_corrected_claim_knows_what_was_explained_before() -> None:
    renewed = told(replace(OPENED, replaces="SF-0", explained=("CAP",)), FACTS)
    assert renewed.explained == ("CAP",)


def test_nothing_happens_to_a_claim_that_was_never_opened() -> None:
    with pytest.raises(OutOfPlace, match="WishNoted cannot happen to no claim"):
        apply(None, events.WishNoted(Remedy.REFUND), NOW)


def test_a_claim_is_opened_once() -> None:
    with pytest.raises(OutOfPlace, match="ClaimOpened cannot happen to SF-1"):
        told(OPENED, OPENED)


def test_what_was_not_promised_cannot_be_kept() -> None:
    with pytest.raises(OutOfPlace, match="no promise"):
        told(OPENED, FACTS, FAULT, events.OfferMade(OFFER), events.PromiseKept())


def test_a_promise_is_warned_of_once_and_broken_once() -> None:
    agreed = told(OPENED, FACTS, FAULT, events.OfferMade(OFFER), events.OfferAccepted(PROMISE, SETTLEMENT))
    warned = apply(agreed, events.PromiseWarned(), LATER)
    broken = apply(warned, events.PromiseBroken(), LATER)
    known = apply(broken, events.BuyerTold(), LATER)
    assert known.promise == replace(PROMISE, warned_at=LATER, broken_at=LATER, told_at=LATER)
    assert known.state is ClaimState.AGREED and known.promise_broken
    for again, event in ((warned, events.PromiseWarned()), (broken, events.PromiseBroken())):
        with pytest.raises(OutOfPlace):
            apply(again, event, LATER)
    kept = apply(agreed, events.PromiseKept(), LATER)
    for event in (events.PromiseWarned(), events.PromiseBroken()):
        with pytest.raises(OutOfPlace):
            apply(kept, event, LATER)


def test_another_offer_does_not_undo_a_broken_promise() -> None:
    agreed = told(OPENED, FACTS, FAULT, events.OfferMade(OFFER), events.OfferAccepted(PROMISE, SETTLEMENT))
    penalty = events.PenaltyOpened(Settlement(3656, 3291, 3291, "seller"))
    broken = apply(apply(agreed, events.PromiseBroken(), LATER), penalty, LATER)
    offered = apply(broken, events.OfferMade(replace(OFFER, remedy=Remedy.REFUND)), LATER)
    assert (offered.promise, offered.promise_broken) == (None, True)
    assert offered.settlement == Settlement(0, 3291, 3291, "seller")


def test_an_event_goes_only_where_the_table_of_states_lets_it() -> None:
    with pytest.raises(IllegalTransition):
        told(OPENED, events.Withdrawn(), FACTS)


AGREED: tuple[Event, ...] = (OPENED, FACTS, FAULT, events.OfferMade(OFFER), events.OfferAccepted(PROMISE, SETTLEMENT))
EXPIRED = events.Expired(14)


@pytest.mark.parametrize(
    "so_far", [AGREED[:length] for length in range(1, 5)], ids=lambda story: story[-1].__class__.__name__
)
def test_what_nobody_speaks_of_any_more_expires_with_all_that_is_on_record(so_far: tuple[Event, ...]) -> None:
    before = told(*so_far)
    assert told(*so_far, EXPIRED) == replace(before, state=ClaimState.EXPIRED, version=before.version + 1)


def test_what_was_promised_does_not_expire() -> None:
    broken = (*AGREED, events.PromiseBroken(), events.OfferMade(OFFER))
    for so_far in (AGREED, (*AGREED, events.HandedOff("user_requested")), broken):
        with pytest.raises(OutOfPlace, match="does not expire"):
            told(*so_far, EXPIRED)


@pytest.mark.parametrize("gone_on", [(), (events.HandedOff("user_requested"),), (events.PromiseKept(),)])
def test_what_was_promised_stays_when_the_platform_steps_in(gone_on: tuple[Event, ...]) -> None:
    before = told(*AGREED, *gone_on)
    after = told(*AGREED, *gone_on, events.Escalated(SaidBy.BUYER))
    assert after == replace(before, state=ClaimState.ESCALATED, version=before.version + 1)
    assert after.promise is not None and after.promise.due_at == PROMISE.due_at


# --- what a person decides ------------------------------------------------------------------------

WITH_PERSON: tuple[Event, ...] = (*AGREED[:4], events.HandedOff("policy_limit"))


def test_a_proposal_is_on_record_and_no_offer() -> None:
    before = told(*WITH_PERSON)
    after = told(*WITH_PERSON, events.OfferProposed(replace(OFFER, amount_fen=500)))
    assert after.proposal == replace(OFFER, amount_fen=500)
    assert (after.offers, after.state) == (before.offers, ClaimState.HANDED_OFF)


@pytest.mark.parametrize(
    ("story", "state"),
    [
        ((*AGREED[:2], events.HandedOff("angry")), ClaimState.GATHERING),
        (WITH_PERSON, ClaimState.OFFERED),
        ((*AGREED, events.HandedOff("promise_broken")), ClaimState.AGREED),
        ((*WITH_PERSON, events.Refused("not_short", "小王")), ClaimState.HANDED_OFF),
        ((*WITH_PERSON, events.OtherKindFound("broken", "小王")), ClaimState.HANDED_OFF),
        (AGREED[:4], ClaimState.OFFERED),
    ],
)
def test_given_back_the_claim_goes_on_where_it_was_unless_a_colleague_has_closed_it(
    story: tuple[Event, ...], state: ClaimState
) -> None:
    assert told(*story, events.GivenBack()).state is state


def test_other_counts_void_what_was_offered_for_the_old_ones() -> None:
    lines = (claimed("T恤", missing=2),)
    after = told(*WITH_PERSON, events.CountsChanged(lines, "小王"))
    assert (after.lines, after.offers, after.proposal) == (lines, (), None)


def test_a_refusal_says_why() -> None:
    assert told(*WITH_PERSON, events.Refused("not_short", "小王")).refused == "not_short"
    assert told(*WITH_PERSON, events.OtherKindFound("broken", "小王")).other_kind == "broken"


@pytest.mark.parametrize(
    "decided",
    [
        events.CountsChanged((claimed("T恤"),), "小王"),
        events.Refused("not_short", "小王"),
        events.OtherKindFound("broken", "小王"),
    ],
    ids=lambda event: event.__class__.__name__,
)
def test_no_colleague_takes_a_promise_back(decided: Event) -> None:
    with pytest.raises(OutOfPlace, match="promised"):
        told(*AGREED, events.HandedOff("angry"), decided)


REACHED = {
    ClaimState.OPEN: (OPENED,),
    ClaimState.GATHERING: AGREED[:2],
    ClaimState.ASSESSING: AGREED[:3],
    ClaimState.OFFERED: AGREED[:4],
    ClaimState.AGREED: AGREED,
    ClaimState.FULFILLED: (*AGREED, events.PromiseKept()),
    ClaimState.HANDED_OFF: (OPENED, events.HandedOff("angry")),
    ClaimState.ESCALATED: (OPENED, events.Escalated(SaidBy.DESK)),
    ClaimState.WITHDRAWN: (OPENED, events.Withdrawn()),
    ClaimState.EXPIRED: (OPENED, EXPIRED),
}


def test_every_state_is_reached_by_what_happens() -> None:
    assert {state: told(*story).state for state, story in REACHED.items()} == {state: state for state in ClaimState}


def test_a_claim_of_old_goes_on() -> None:
    old = claim(claimed(), version=7)
    assert told(ClaimImported(old)) == replace(old, version=1)
    assert told(ClaimImported(old), FAULT).state is ClaimState.ASSESSING


KINDS = [ClaimOpened, ClaimImported, *Change.__subclasses__()]
_AWARE = st.datetimes(timezones=st.just(NOW.tzinfo))
st.register_type_strategy(type(NOW), _AWARE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_survives_storing(kind: type[Event]) -> None:
    @given(st.from_type(kind))
    def there_and_back(event: Event) -> None:
        stored = json.loads(json.dumps(to_json(event)))
        assert events.event_from_json(events.kind_of(event), stored) == event

    there_and_back()


def test_the_names_of_events_are_stored_and_must_stay() -> None:
    assert {kind.__name__ for kind in KINDS} >= {
        "AnotherOfferAsked",
        "BuyerTold",
        "CauseExplained",
        "ClaimImported",
        "ClaimOpened",
        "Escalated",
        "EvidenceDeclined",
        "EvidenceReceived",
        "EvidenceRequested",
        "Expired",
        "FactsLearned",
        "FaultFound",
        "HandedOff",
        "ItemsFound",
        "OfferAccepted",
        "OfferMade",
        "OrderForgotten",
        "PenaltyOpened",
        "PromiseBroken",
        "PromiseKept",
        "PromiseWarned",
        "WishNoted",
        "Withdrawn",
    }
    assert all(len(kind.__name__) <= 32 for kind in KINDS), "that is how wide the column is"


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(UnknownEvent, match="'MoonSettled'"):
        events.event_from_json("MoonSettled", {})
    with pytest.raises(ValidationError):
        events.event_from_json("FaultFound", {"fault": "moon", "reasons": []})


def test_what_is_said_on_the_way_stays_with_the_claim() -> None:
    torn = replace(FACTS, box_torn=True)
    settlement = Settlement(0, 2700, 2700, "seller")
    after = told(OPENED, torn, events.CauseExplained(CauseKind.UNDER_WAY, "T恤"), events.PenaltyOpened(settlement))
    assert after.box_torn and after.explained == ("T恤",) and after.settlement == settlement
    assert told(OPENED, torn, events.HandedOff("user_requested")).state is ClaimState.HANDED_OFF


# --- as they were stored before -------------------------------------------------------------------


def test_a_settlement_from_before_its_currency_was_kept_still_loads() -> None:
    stored = to_json(events.PenaltyOpened(Settlement(0, 2700, 2700, "seller", "天猫积分")))
    del stored["settlement"]["penalty_currency"]
    assert events.event_from_json("PenaltyOpened", stored) == events.PenaltyOpened(Settlement(0, 2700, 2700, "seller"))


@pytest.mark.parametrize("platform", ["tmall", "taobao", "unknown", "jd"])
def test_facts_of_any_platform_are_stored_and_told(platform: str) -> None:
    facts = replace(FACTS, platform=Platform(platform))
    stored = json.loads(json.dumps(to_json(facts)))
    assert stored["platform"] == platform
    assert told(OPENED, events.event_from_json("FactsLearned", stored)).platform is Platform(platform)


def test_the_time_of_a_refund_runs_from_the_application() -> None:
    promised = Promise(Remedy.REFUND, LATER, on_application=True)
    agreed = told(OPENED, FACTS, FAULT, events.OfferMade(OFFER), events.OfferAccepted(promised, SETTLEMENT))
    until = LATER + timedelta(hours=24)
    applied = apply(agreed, events.RefundApplied(until), LATER)
    assert applied.promise == replace(promised, applied_at=LATER, due_at=until) and applied.promise.has_begun
    with pytest.raises(OutOfPlace, match="runs already"):
        apply(applied, events.RefundApplied(until), LATER)
