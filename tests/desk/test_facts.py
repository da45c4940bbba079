"""Facts that change, agreements that stay, and nothing claimed twice."""

from __future__ import annotations

from datetime import timedelta

from bot.claims.events import ClaimOpened, FactsLearned, Withdrawn
from bot.claims.model import Claim, ClaimState
from bot.desk import Desk, facts, handoffs, offers, promises
from bot.understanding.intake import Heard
from tests.desks import ANNA, ANNA_ELSEWHERE, Clock, again, change, do, say


def test_a_complaint_said_again_keeps_its_offer(desk: Desk, offered: Claim) -> None:
    repeated = say(desk, "就是少了一件T恤", missing=1)
    assert repeated == again(desk, offered) == offered and repeated.state is ClaimState.OFFERED


def test_other_figures_take_the_offer_back(desk: Desk, offered: Claim) -> None:
    corrected = say(desk, "少两件", missing=2)
    assert corrected.claim_id == offered.claim_id
    assert (corrected.state, corrected.lines[0].missing, corrected.offers) == (ClaimState.GATHERING, 2, ())
    assert again(desk, offered) == corrected


def test_another_order_waits_until_the_offer_is_decided(desk: Desk, offered: Claim) -> None:
    assert say(desk, "耳机也少一个", "蓝牙耳机", missing=1) == again(desk, offered) == offered


def test_before_there_is_an_offer_the_claim_moves_to_the_other_order(desk: Desk) -> None:
    claim = say(desk, "少两件", "T恤", missing=2)
    moved = say(desk, "耳机少一个", "蓝牙耳机", missing=1)
    assert moved.claim_id == claim.claim_id and [line.sku for line in moved.lines] == ["EARBUD"]


def test_after_an_agreement_another_order_is_a_claim_of_its_own(desk: Desk, agreed: Claim) -> None:
    other = say(desk, "耳机少一个", "蓝牙耳机", missing=1)
    assert other.claim_id != agreed.claim_id and other.lines[0].sku == "EARBUD"
    assert again(desk, agreed).state is ClaimState.AGREED


def test_after_an_agreement_other_figures_alone_change_nothing(desk: Desk, agreed: Claim) -> None:
    assert say(desk, "不对，少两件", missing=2) == again(desk, agreed) == agreed


def test_the_same_figures_and_another_order_are_no_change(desk: Desk, agreed: Claim) -> None:
    with desk.case(ANNA) as case:
        other = next(order for order in case.recent_orders() if order.order_id != agreed.order_id)
        assert facts.changed(case, agreed, Heard("T恤少一件", missing=1), None) is None
        assert facts.changed(case, agreed, Heard("少两件", missing=2), other) is None


def test_after_an_agreement_other_figures_replace_it_with_a_yes(desk: Desk, agreed: Claim) -> None:
    renewed = change(desk, agreed, "不对，少两件", missing=2)
    assert renewed.claim_id != agreed.claim_id and renewed.lines[0].missing == 2
    assert again(desk, agreed).state is ClaimState.WITHDRAWN
    assert desk.store.claims.history(agreed.claim_id)[-1][1] == Withdrawn(replaced_by=renewed.claim_id)
    opened, learned = (event for _, event in desk.store.claims.history(renewed.claim_id))
    assert isinstance(opened, ClaimOpened) and opened.replaces == agreed.claim_id
    assert isinstance(learned, FactsLearned)


def test_what_replaces_an_agreement_can_be_agreed_upon(desk: Desk, agreed: Claim) -> None:
    renewed = change(desk, agreed, "不对，少两件", missing=2)
    assert do(desk, offers.accept, do(desk, offers.assess, renewed).claim).state is ClaimState.AGREED


def test_after_an_agreement_the_same_again_changes_nothing(desk: Desk, agreed: Claim) -> None:
    assert say(desk, "T恤少一件", missing=1) == agreed


def test_an_order_that_was_another_is_forgotten_but_not_what_is_agreed(desk: Desk, offered: Claim) -> None:
    forgotten = do(desk, facts.forget_order, offered)
    assert (forgotten.state, forgotten.order_id, forgotten.lines) == (ClaimState.GATHERING, None, ())
    agreed = do(desk, offers.accept, do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim)
    assert do(desk, facts.forget_order, agreed) == again(desk, agreed) == agreed


def test_nothing_is_claimed_twice(desk: Desk, agreed: Claim) -> None:
    elsewhere = say(desk, "少一件", "T恤", ANNA_ELSEWHERE, missing=1)
    assert facts.check(desk.open(ANNA_ELSEWHERE), elsewhere).earlier == agreed


def test_what_a_person_has_is_not_claimed_again(desk: Desk, offered: Claim) -> None:
    elsewhere = say(desk, "少一件", "T恤", ANNA_ELSEWHERE, missing=1)
    assert facts.check(desk.open(ANNA_ELSEWHERE), elsewhere).earlier is None, "an offer is no settlement"
    do(desk, handoffs.hand_off, "angry")
    assert facts.check(desk.open(ANNA_ELSEWHERE), elsewhere).earlier == again(desk, offered)


def test_another_item_of_the_order_is_not_claimed_before(desk: Desk) -> None:
    caps = do(desk, offers.accept, do(desk, offers.assess, say(desk, "泳帽没有", "速干泳衣", missing=1)).claim)
    assert [line.sku for line in caps.lines] == ["CAP"]
    goggles = say(desk, "泳镜没有", "速干泳衣", ANNA_ELSEWHERE, missing=1)
    assert facts.check(desk.open(ANNA_ELSEWHERE), goggles).earlier is None


def test_one_of_two_found_leaves_the_other(desk: Desk) -> None:
    both = say(desk, "泳帽和泳镜都没有", "速干泳衣")
    found = do(desk, facts.found, both, "泳帽找到了")
    assert [line.sku for line in found] == ["CAP"]
    assert do(desk, facts.found, both, "都找到了") == ()
    assert [line.sku for line in do(desk, facts.keep_others, both, found).lines] == ["GOGGLE"]


def test_where_is_my_parcel_is_about_this_conversation_or_the_latest_that_counts(desk: Desk, clock: Clock) -> None:
    assert facts.latest(desk.open(ANNA_ELSEWHERE)) is None
    shirts = do(desk, offers.accept, do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim)
    clock.now += timedelta(minutes=1)
    earbuds = say(desk, "耳机少一个", "蓝牙耳机", missing=1)
    assert facts.latest(desk.open(ANNA_ELSEWHERE)) == earbuds
    do(desk, facts.withdraw, earbuds)
    assert facts.latest(desk.open(ANNA_ELSEWHERE)) == shirts
    clock.now += timedelta(minutes=1)
    here = say(desk, "面霜少了", "面霜", ANNA_ELSEWHERE, missing=1)
    assert facts.latest(desk.open(ANNA_ELSEWHERE)) == here
    done = do(desk, promises.fulfil, shirts)
    assert facts.latest(desk.open(ANNA_ELSEWHERE)) == here != done


def test_a_part_is_settled_once_however_many_are_named_beside_it(desk: Desk) -> None:
    screws = do(desk, offers.accept, do(desk, offers.assess, say(desk, "书架没有螺丝包", "书架")).claim)
    assert screws.lines[0].parts == ("螺丝包",)
    again_ = say(desk, "书架没有螺丝包也没有说明书", "书架", speaker=ANNA_ELSEWHERE)
    earlier = desk.open(ANNA_ELSEWHERE)
    assert facts.check(earlier, again_).earlier == screws


def test_a_piece_and_its_pack_are_one_line_to_settle(desk: Desk) -> None:
    piece = do(desk, offers.accept, do(desk, offers.assess, say(desk, "马克杯少一只", "马克杯", missing=1)).claim)
    whole = say(desk, "马克杯没收到", "马克杯", received=0, speaker=ANNA_ELSEWHERE)
    assert facts.check(desk.open(ANNA_ELSEWHERE), whole).earlier == piece


def test_what_is_on_a_list_is_a_known_part(desk: Desk) -> None:
    known = say(desk, "书架没有螺丝包", "书架")
    assert not facts.check(desk.open(ANNA), known).unknown_part
    unknown = say(desk, "书架少了螺丝包和遮尘帘", "书架")
    assert facts.check(desk.open(ANNA), unknown).unknown_part
