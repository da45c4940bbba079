"""Offers: the shop's ladder and how a buyer climbs it; ``negotiation.yml`` holds whole negotiations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.deadlines import hours_given
from bot.claims.model import Claim, LineStatus, Offer, Promise, Remedy, Shortage, Unit
from bot.claims.negotiation import (
    Counter,
    Figures,
    Past,
    Terms,
    covers,
    figures_from,
    ladder,
    make,
    missing_value,
    next_terms,
    possible,
    promise,
    terms_of,
)
from bot.claims.shop import OfferPolicy
from tests.claims.builders import NOW, claim, claimed, line, order

SHOP: dict[str, Any] = {
    "remedies": ("reship", "refund", "return"),
    "max_reship_fen": 50000,
    "max_refund_fen": 20000,
    "reship_within_hours": 48,
    "refund_within_hours": 24,
    "valid_hours": 12,
    "max_rounds": 3,
    "goodwill": ({"percent": 5, "at_most_fen": 500}, {"percent": 10, "at_most_fen": 1500}),
    "history": {"days": 180, "max_claims": 3, "max_refund_fen": 50000},
}
POLICY = OfferPolicy(**SHOP)
CHEAP = Figures(missing_fen=3000, refund_fen=3000, return_fen=9000)
ALL = (Remedy.RESHIP, Remedy.REFUND, Remedy.RETURN)
SITUATIONS = yaml.safe_load(Path(__file__).with_name("negotiation.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", SITUATIONS, ids=lambda case: case["name"])
def test_situation(case: dict[str, Any]) -> None:
    policy = OfferPolicy(**{**SHOP, **case.get("shop", {})})
    shortage = Shortage(case.get("shortage", "units"))
    status = LineStatus.OUT_OF_STOCK if case.get("out_of_stock") else LineStatus.NORMAL
    gift = {"is_gift": True, "gift_value_fen": 3000} if shortage is Shortage.GIFT else {}
    bought = order(line(status=status, **gift))
    now = claim(claimed(part="螺丝包" if shortage is Shortage.PART else None), shortage=shortage)
    figures = replace(CHEAP, missing_fen=missing_value(now, bought))
    steps = ladder(possible(now, bought), figures, policy, Past(**case.get("past", {})))
    for number, answer in enumerate(case["answers"], 1):
        wish, counter = understood(answer.get("says"))
        now = replace(now, wish=wish)
        found = next_terms(now, steps, policy.max_rounds, counter)
        got = [found.remedy.value, found.amount_fen, found.goodwill_fen] if found else None
        assert got == answer["offers"], f"answer {number}: {answer}"
        now = put(now, found, policy) if found else now


def understood(says: Any) -> tuple[Remedy | None, Counter | None]:
    if isinstance(says, dict):
        return None, Counter(says["plus"], on_top=True)
    if isinstance(says, int):
        return None, Counter(says)
    if says == "more":
        return None, Counter()
    return (Remedy(says) if says in {remedy.value for remedy in Remedy} else None), None


def put(now: Claim, terms: Terms, policy: OfferPolicy = POLICY) -> Claim:
    return replace(now, offers=(*now.offers, make(terms, policy, NOW)))


def test_a_gift_or_a_part_can_only_be_sent_again() -> None:
    assert possible(claim(claimed()), order(line(is_gift=True))) == (Remedy.RESHIP,)
    both = order(line(), line("锅", 1))
    assert possible(claim(claimed(), claimed("锅", 1, 1, part="锅盖")), both) == (Remedy.RESHIP,)


def test_what_was_weighed_is_paid_and_not_sent_after() -> None:
    light = claim(claimed(ordered=6000, missing=500, unit=Unit.GRAM))
    assert possible(light, order()) == (Remedy.REFUND, Remedy.RETURN)


def test_what_is_out_of_stock_cannot_be_sent_again() -> None:
    gone = order(line(status=LineStatus.OUT_OF_STOCK))
    assert possible(claim(claimed()), gone) == (Remedy.REFUND, Remedy.RETURN)


def test_the_limits_of_the_shop() -> None:
    def remedies(figures: Figures) -> set[Remedy]:
        return {step.remedy for step in ladder(ALL, figures, POLICY, Past())}

    dear = Figures(missing_fen=30000, refund_fen=30000, return_fen=60000)
    assert remedies(CHEAP) == set(ALL)
    assert remedies(dear) == {Remedy.RESHIP}
    assert remedies(replace(dear, missing_fen=50001)) == set()


def test_a_sum_in_whole_yuan_means_the_offer_it_rounds() -> None:
    offer = make(Terms(Remedy.REFUND, 3656), POLICY, NOW)
    assert covers(offer, 3600) and covers(offer, 3656) and covers(offer, 3700)
    assert not covers(offer, 3701)
    assert not covers(make(Terms(Remedy.RESHIP, 0), POLICY, NOW), 1)
    assert not covers(make(Terms(Remedy.RETURN, 9000), POLICY, NOW), 100), "the goods go back"


def test_accepting_makes_a_promise_and_needs_an_offer() -> None:
    with pytest.raises(ValueError, match="no offer"):
        promise(claim(claimed()))
    offer = make(Terms(Remedy.RESHIP, 0), POLICY, NOW)
    assert promise(claim(claimed(), offers=(offer,))) == Promise(offer.remedy, offer.due_at)


def test_the_value_of_what_is_missing() -> None:
    assert missing_value(claim(claimed(missing=2)), order()) == 6000
    gift = order(line(is_gift=True, paid_fen=0, gift_value_fen=1500, quantity=1))
    assert missing_value(claim(claimed(ordered=1)), gift) == 1500
    assert missing_value(claim(claimed(part="螺丝包"), shortage=Shortage.PART), order()) == 0
    assert missing_value(claim(claimed(ordered=9, missing=2, unit=Unit.PIECE)), order()) == 2000
    assert missing_value(claim(claimed(ordered=6000, missing=500, unit=Unit.GRAM)), order()) == 750


@given(st.integers(0, 10**7), st.integers(1, 50), st.integers(1, 60), st.data())
def test_no_pieces_are_worth_more_than_the_line_was_paid(
    paid_fen: int, quantity: int, pack: int, data: st.DataObject
) -> None:
    total = quantity * pack
    missing = data.draw(st.integers(0, total))
    bought = order(line(quantity=quantity, paid_fen=paid_fen))

    def worth(count: int) -> int:
        return missing_value(claim(claimed(ordered=total, missing=count, unit=Unit.PIECE, pack=pack)), bought)

    assert worth(0) == 0 <= worth(missing) <= worth(total) == paid_fen
    assert worth(missing) + worth(total - missing) - paid_fen in (0, 1), "one fen of rounding at most"
    units = claim(claimed(ordered=quantity, missing=missing // pack))
    assert worth(missing // pack * pack) == missing_value(units, bought), "a whole pack is worth what a unit is"


def test_an_item_that_is_not_in_the_order_is_worth_nothing() -> None:
    assert missing_value(claim(claimed("别家的东西"), claimed(missing=2)), order()) == 6000


def test_what_each_remedy_is_worth() -> None:
    result = {"refund_missing_fen": 3000, "refund_shipping_fen": 500}
    bought = order(line(refunded_fen=1000), shipping_fen=500, paid_total_fen=9500)
    assert figures_from(result, 4000, bought) == Figures(missing_fen=4000, refund_fen=3500, return_fen=8500)
    unknown = {"refund_missing_fen": None, "refund_shipping_fen": None}
    assert figures_from(unknown, 0, bought).refund_fen == 0


def test_where_the_shop_allows_nothing_it_is_a_persons_turn() -> None:
    assert next_terms(claim(claimed(), wish=Remedy.REFUND), (), POLICY.max_rounds) is None


# --- what holds for every negotiation -------------------------------------------------------------

_FEN = st.integers(0, 10**6)
_FIGURES = st.builds(lambda missing, rest: Figures(missing, missing, missing + rest), _FEN, _FEN)
_GOODWILL = st.lists(st.tuples(st.integers(1, 100), st.integers(1, 10**5)), max_size=4).map(
    lambda steps: tuple(
        {"percent": percent, "at_most_fen": most}
        for percent, most in zip(sorted(p for p, _ in steps), sorted(m for _, m in steps), strict=True)
    )
)
_POLICIES = st.builds(
    lambda remedies, limit, rounds, goodwill: OfferPolicy(
        **{**SHOP, "remedies": remedies, "max_refund_fen": limit, "max_rounds": rounds, "goodwill": goodwill}
    ),
    st.permutations(ALL).flatmap(lambda ordered: st.integers(0, 3).map(lambda count: tuple(ordered[:count]))),
    st.integers(0, 10**5),
    st.integers(1, 3),
    _GOODWILL,
)
_PASTS = st.builds(Past, st.integers(0, 5), st.integers(0, 60000))
_ANSWERS = st.lists(
    st.tuples(
        st.none() | st.sampled_from(ALL),
        st.none() | st.builds(Counter, st.none() | st.integers(1, 10**9), st.booleans()),
    ),
    max_size=8,
)


@given(_FIGURES, _POLICIES, _PASTS, _ANSWERS)
def test_whatever_is_said(
    figures: Figures, policy: OfferPolicy, past: Past, answers: list[tuple[Remedy | None, Counter | None]]
) -> None:
    steps = ladder(ALL, figures, policy, past)
    now = claim(claimed())
    for wish, counter in [(None, None), *answers]:
        before = [terms_of(offer) for offer in now.offers]
        now = replace(now, wish=wish)
        found = next_terms(now, steps, policy.max_rounds, counter)
        if found is None:
            continue
        limit = min(policy.max_refund_fen, max(policy.history.max_refund_fen - past.refunded_fen, 0))
        assert found.amount_fen + found.goodwill_fen <= limit, "never beyond the shop"
        assert found.amount_fen == figures.amount(found.remedy), "the refund is what the order says"
        assert found.goodwill_fen <= max((step.at_most_fen for step in policy.goodwill), default=0)
        assert found not in before or found.remedy is wish, "nothing is said twice unless asked for"
        same = [terms.goodwill_fen for terms in before if terms.remedy is found.remedy]
        assert found.goodwill_fen >= max(same, default=0), "what was offered is not taken back"
        now = put(now, found, policy)
    assert len({terms_of(offer) for offer in now.offers}) <= policy.max_rounds


@given(_FIGURES, _POLICIES, st.integers(1, 10**6))
def test_a_sum_chooses_among_the_steps_and_never_makes_one(figures: Figures, policy: OfferPolicy, fen: int) -> None:
    steps = ladder(ALL, figures, policy, Past())
    first = next_terms(claim(claimed()), steps, 3)
    if first is None or first.remedy is Remedy.RETURN:
        return
    found = next_terms(put(claim(claimed()), first, policy), steps, 3, Counter(fen))
    better = [step for step in steps if step.remedy is not Remedy.RETURN and step.gain_fen > first.gain_fen]
    if not better or policy.max_rounds < 2:
        return
    assert found in better
    reaching = [step.gain_fen for step in better if step.gain_fen >= fen]
    assert found.gain_fen == (min(reaching) if reaching else max(step.gain_fen for step in better))


def test_goodwill_is_part_of_the_money_that_is_offered() -> None:
    assert Offer(Remedy.REFUND, 3656, NOW, NOW, goodwill_fen=300).money_fen == 3956
    assert Offer(Remedy.RESHIP, 0, NOW, NOW, goodwill_fen=300).money_fen == 300


def test_what_was_paid_back_already_is_not_offered_once_more() -> None:
    figures = Figures(missing_fen=3000, refund_fen=0, return_fen=9000)
    assert Remedy.REFUND not in {step.remedy for step in ladder(ALL, figures, POLICY, Past())}


def test_a_remedy_that_is_named_with_a_sum_gets_the_step_nearest_to_both() -> None:
    steps = ladder(ALL, CHEAP, POLICY, Past())
    wished = replace(put(claim(claimed()), Terms(Remedy.RESHIP, 0)), wish=Remedy.REFUND)
    found = next_terms(wished, steps, POLICY.max_rounds, Counter(50000))
    assert found == max((step for step in steps if step.remedy is Remedy.REFUND), key=lambda step: step.gain_fen)


@pytest.mark.parametrize(
    ("remedy", "hours"), [(Remedy.RESHIP, "reship_within_hours"), (Remedy.REFUND, "refund_within_hours")]
)
def test_an_offer_tells_how_long_the_shop_gives_itself(remedy: Remedy, hours: str) -> None:
    assert hours_given(make(Terms(remedy, 0), POLICY, NOW)) == getattr(POLICY, hours)
