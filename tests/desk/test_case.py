"""A case: loaded once, one buyer's orders only, written as a whole or not at all, never over somebody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.claims.events import ClaimOpened, WishNoted, Withdrawn
from bot.claims.model import Claim, ClaimState, Remedy
from bot.desk import Case, Desk, Speaker, facts, handoffs, offers
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.store import Author, Conflict
from tests.desks import ANNA, ANNA_ELSEWHERE, BEN, NOW, Clock, again, bought, do, hear, say


def texts(desk: Desk) -> list[str]:
    return [entry.text for entry in desk.store.log.after(ANNA.conversation_id)]


def test_another_buyers_order_is_as_good_as_unknown(desk: Desk) -> None:
    bens = bought(desk, BEN, "T恤")
    assert desk.open(BEN).order(bens.order_id) == bens
    annas = desk.open(ANNA)
    assert annas.order(bens.order_id) is None
    assert annas.order("1") is None and annas.order(None) is None
    assert {order.buyer_id for order in annas.recent_orders()} == {"anna"}


def test_a_claim_has_no_order_but_its_own_buyers(desk: Desk, offered: Claim) -> None:
    case = desk.open(ANNA)
    assert case.order_of(offered) == case.order_or_fail(offered) == bought(desk, ANNA, "T恤")
    foreign = replace(offered, order_id=bought(desk, BEN, "T恤").order_id)
    assert case.order_of(foreign) is None
    with pytest.raises(LookupError, match=offered.claim_id):
        case.order_or_fail(foreign)


def test_a_claim_keeps_its_order_when_it_becomes_known_who_talks(desk: Desk) -> None:
    """It was opened as nobody's in particular; now the door vouches for somebody."""
    assert isinstance(desk.orders, SqlOrders)
    nobody = Speaker("talk-c", "talk-c")
    seed(desk.orders, nobody.buyer_id, NOW)
    begun = say(desk, "少一件", "T恤", nobody, missing=1)
    ben_in_it = desk.open(Speaker("talk-c", "ben"))
    assert ben_in_it.current == begun and ben_in_it.order_of(begun) == bought(desk, nobody, "T恤")
    assert ben_in_it.order(begun.order_id) is None


def test_another_buyers_claim_is_not_seen_whatever_the_conversation(desk: Desk, offered: Claim) -> None:
    assert desk.open(Speaker(ANNA.conversation_id, "ben")).claims == []
    assert desk.open(Speaker("elsewhere", ANNA.buyer_id)).claims == [offered]


def test_orders_are_asked_for_once_a_case(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    recent, get = desk.orders.recent, desk.orders.get
    shirts = bought(desk, ANNA, "T恤").order_id
    monkeypatch.setattr(desk.orders, "recent", lambda *given: asked.append("recent") or recent(*given))
    monkeypatch.setattr(desk.orders, "get", lambda order_id: asked.append(order_id) or get(order_id))
    case = desk.open(ANNA)
    for _ in range(2):
        assert case.order("1") is None
        assert len(case.recent_orders(5)) == 5 and len(case.recent_orders()) > 5
        assert case.order(shirts) is not None, "it is among the recent ones"
    assert asked == ["1", "recent"]


def test_the_conversations_latest_claim_counts_and_the_buyers_others_are_known(desk: Desk, clock: Clock) -> None:
    elsewhere = say(desk, "耳机少一个", "蓝牙耳机", ANNA_ELSEWHERE, missing=1)
    assert desk.open(ANNA).current is None and desk.open(ANNA).claims == [elsewhere]
    claim = say(desk, "少一件", "T恤", missing=1)
    assert desk.open(ANNA).current == desk.open(ANNA).active == claim
    withdrawn = do(desk, facts.withdraw, claim)
    case = desk.open(ANNA)
    assert (case.current, case.active) == (withdrawn, None)
    assert desk.open(BEN).claims == []


def test_of_several_claims_opened_in_one_turn_the_last_is_the_current_one(desk: Desk, offered: Claim) -> None:
    with desk.case(ANNA) as case:
        opened = [case.record(None, ClaimOpened(case.new_claim_id(), "talk-a", "anna")) for _ in range(5)]
        facts.wish(case, opened[2], Remedy.REFUND)
        before = case.claims
    after = desk.open(ANNA)
    assert after.claims == before and after.current == opened[-1]
    assert [claim.claim_id for claim in after.claims[::-1]] == [claim.claim_id for claim in (offered, *opened)]


def test_what_is_recorded_is_seen_in_the_case_and_nowhere_else_until_it_is_saved(desk: Desk) -> None:
    case = desk.open(ANNA)
    claim = hear(case, "少一件", "T恤", missing=1)
    assert case.current == claim and case.is_changed
    assert desk.store.claims.get(claim.claim_id) is None
    with desk.store.transaction() as parts:
        case.save(parts)
    assert again(desk, claim) == claim and desk.open(ANNA).current == claim


def test_a_case_in_which_nothing_happened_has_nothing_to_save(desk: Desk, offered: Claim) -> None:
    with desk.case(ANNA) as case:
        assert not case.is_changed
        with pytest.raises(ValueError, match="nothing has happened"):
            case.record(None)
    assert again(desk, offered) == offered and texts(desk) == []


def test_a_case_that_is_left_by_an_error_writes_nothing(desk: Desk, offered: Claim) -> None:
    with pytest.raises(ZeroDivisionError), desk.case(ANNA) as case:
        offers.accept(case, offered)
        case.tell(Author.BOT, {"text": "定了"})
        handoffs.hand_off(case, "angry")
        _ = 1 / 0
    assert again(desk, offered) == offered
    assert texts(desk) == [] and desk.store.handoffs.active(ANNA.conversation_id) is None


def test_what_is_told_is_written_with_what_has_happened(desk: Desk, offered: Claim) -> None:
    desk.store.log.append(ANNA.conversation_id, Author.BUYER, {"text": "接受"}, desk.clock())
    with desk.case(ANNA) as case:
        agreed = offers.accept(case, offered)
        case.tell(Author.BOT, {"text": "定了"})
        case.tell(Author.SYSTEM, {"state": "noted"}, "once")
    entries = desk.store.log.after(ANNA.conversation_id)
    assert [(entry.seq, entry.author) for entry in entries] == [
        (1, Author.BUYER),
        (2, Author.BOT),
        (3, Author.SYSTEM),
    ]
    assert again(desk, offered) == agreed


def test_what_was_told_before_is_not_told_again_nor_is_what_goes_with_it_written(desk: Desk, offered: Claim) -> None:
    def tell(case: Case) -> None:
        case.tell(Author.BOT, {"text": "超时了"}, "broken-1")

    do(desk, tell)
    with pytest.raises(Conflict), desk.case(ANNA) as case:
        facts.withdraw(case, offered)
        tell(case)
    assert texts(desk) == ["超时了"] and again(desk, offered) == offered


def test_of_two_cases_that_change_one_claim_the_second_writes_nothing(desk: Desk, offered: Claim) -> None:
    first, second = desk.open(ANNA), desk.open(ANNA)
    first.record(offered, WishNoted(Remedy.REFUND))
    second.tell(Author.BOT, {"text": "定了"})
    offers.accept(second, offered)
    handoffs.hand_off(second, "angry")
    hear(second, "耳机少一个", "蓝牙耳机", missing=1)
    with desk.store.transaction() as parts:
        first.save(parts)
    with pytest.raises(Conflict), desk.store.transaction() as parts:
        second.save(parts)
    assert desk.open(ANNA).claims == first.claims
    assert texts(desk) == [] and desk.store.handoffs.active(ANNA.conversation_id) is None


def test_who_was_second_can_do_it_again_from_what_is_there_now(desk: Desk, offered: Claim) -> None:
    late = desk.open(ANNA)
    offers.accept(late, offered)
    do(desk, facts.wish, offered, Remedy.REFUND)
    with pytest.raises(Conflict), desk.store.transaction() as parts:
        late.save(parts)
    agreed = do(desk, lambda case: offers.accept(case, case.active))
    assert (agreed.state, agreed.wish) == (ClaimState.AGREED, Remedy.REFUND)


def test_a_claim_can_be_opened_from_the_shops_side(desk: Desk, offered: Claim) -> None:
    with desk.case_of(offered) as case:
        assert case.speaker == Speaker(ANNA.conversation_id, "anna")
        case.record(offered, Withdrawn())
    assert again(desk, offered).state is ClaimState.WITHDRAWN
