from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.model import LineStatus, Promise, Remedy, Shortage
from bot.claims.negotiation import Figures, allowed, figures_from, missing_value, next_offer, possible, promise
from bot.claims.shop import OfferPolicy
from tests.claims.builders import NOW, claim, claimed, line, order

POLICY = OfferPolicy(
    remedies=("reship", "refund", "return"),
    max_reship_fen=50000,
    max_refund_fen=20000,
    reship_within_hours=48,
    refund_within_hours=24,
    max_rounds=3,
)
CHEAP = Figures(missing_fen=3000, refund_fen=3000, return_fen=9000)
ALL = (Remedy.RESHIP, Remedy.REFUND, Remedy.RETURN)


def test_a_gift_or_a_part_can_only_be_sent_again() -> None:
    for shortage in (Shortage.GIFT, Shortage.PART):
        assert possible(claim(claimed(), shortage=shortage), order()) == (Remedy.RESHIP,)


def test_what_is_out_of_stock_cannot_be_sent_again() -> None:
    gone = order(line(status=LineStatus.OUT_OF_STOCK))
    assert possible(claim(claimed()), gone) == (Remedy.REFUND, Remedy.RETURN)


def test_the_limits_of_the_shop() -> None:
    dear = Figures(missing_fen=30000, refund_fen=30000, return_fen=60000)
    assert allowed(claim(claimed()), order(), CHEAP, POLICY) == ALL
    assert allowed(claim(claimed()), order(), dear, POLICY) == (Remedy.RESHIP,)
    assert allowed(claim(claimed()), order(), replace(dear, missing_fen=50001), POLICY) == ()


def test_rounds() -> None:
    now = claim(claimed())
    for remedy in ALL:
        offer = next_offer(now, ALL, CHEAP, POLICY, NOW)
        assert offer is not None
        assert (offer.remedy, offer.amount_fen) == (remedy, CHEAP.amount(remedy))
        now = replace(now, offers=(*now.offers, offer))
    assert next_offer(now, ALL, CHEAP, POLICY, NOW) is None


def test_where_the_shop_allows_nothing_it_is_a_persons_turn() -> None:
    assert next_offer(claim(claimed(), wish=Remedy.REFUND), (), CHEAP, POLICY, NOW) is None


def test_the_wish_comes_first() -> None:
    offer = next_offer(claim(claimed(), wish=Remedy.RETURN), ALL, CHEAP, POLICY, NOW)
    assert offer is not None
    assert offer.remedy is Remedy.RETURN


def test_a_wish_the_shop_does_not_allow_is_not_granted() -> None:
    offer = next_offer(claim(claimed(), wish=Remedy.RETURN), (Remedy.RESHIP,), CHEAP, POLICY, NOW)
    assert offer is not None
    assert offer.remedy is Remedy.RESHIP


def test_accepting_makes_a_promise_and_needs_an_offer() -> None:
    with pytest.raises(ValueError, match="no offer"):
        promise(claim(claimed()))
    offer = next_offer(claim(claimed()), ALL, CHEAP, POLICY, NOW)
    assert offer is not None
    assert promise(claim(claimed(), offers=(offer,))) == Promise(offer.remedy, offer.due_at)


def test_the_value_of_what_is_missing() -> None:
    assert missing_value(claim(claimed(missing=2)), order()) == 6000
    gift = order(line(is_gift=True, paid_fen=0, gift_value_fen=1500, quantity=1))
    assert missing_value(claim(claimed(ordered=1)), gift) == 1500
    assert missing_value(claim(claimed(part="螺丝包"), shortage=Shortage.PART), order()) == 0


def test_an_item_that_is_not_in_the_order_is_worth_nothing() -> None:
    assert missing_value(claim(claimed("别家的东西"), claimed(missing=2)), order()) == 6000


def test_what_each_remedy_is_worth() -> None:
    result = {"refund_missing_fen": 3000, "refund_shipping_fen": 500}
    bought = order(line(refunded_fen=1000), shipping_fen=500, paid_total_fen=9500)
    assert figures_from(result, 4000, bought) == Figures(missing_fen=4000, refund_fen=3500, return_fen=8500)
    unknown = {"refund_missing_fen": None, "refund_shipping_fen": None}
    assert figures_from(unknown, 0, bought).refund_fen == 0


@given(
    missing=st.integers(0, 10**7), refund=st.integers(0, 10**7), whole=st.integers(0, 10**7), wish=st.sampled_from(ALL)
)
def test_no_offer_ever_exceeds_the_shop(missing: int, refund: int, whole: int, wish: Remedy) -> None:
    figures = Figures(missing, refund, whole)
    asked = claim(claimed(), wish=wish)
    offer = next_offer(asked, allowed(asked, order(), figures, POLICY), figures, POLICY, NOW)
    if offer is not None:
        assert offer.amount_fen <= POLICY.max_refund_fen
        assert figures.at_stake(offer.remedy) <= POLICY.max_reship_fen
