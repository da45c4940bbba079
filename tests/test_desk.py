"""The clerk's desk over a store of its own: facts that change, agreements that stay, one buyer's orders only."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest

from bot.claims.events import AnotherOfferAsked, ClaimOpened, FactsLearned, OfferMade, Withdrawn, kind_of, replay
from bot.claims.model import Claim, ClaimState, EvidenceKind, EvidenceStatus, Order, Remedy
from bot.claims.negotiation import Counter
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.db import make_engine
from bot.desk import Desk, Notice, Speaker
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.store import Author, Conflict, Store
from bot.understanding.intake import Heard
from tests.databases import NewDatabase

ROOT = Path(__file__).resolve().parent.parent
RULEBOOK, POLICY = Rulebook.load(ROOT / "rulebook"), ShopPolicy.load(ROOT / "shop.yml")
NOW = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
ANNA, BEN = Speaker("talk-a", "anna"), Speaker("talk-b", "ben")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(new_database: NewDatabase, clock: Clock) -> Iterator[Desk]:
    engine = make_engine(new_database())
    orders = SqlOrders(engine)
    for buyer in ("anna", "ben"):
        seed(orders, buyer, NOW)
    made = Desk(orders, Store(engine), RULEBOOK, POLICY, clock)
    yield made
    for buyer in ("anna", "ben"):
        for claim in made.store.claims.of_buyer(buyer):
            assert replay(made.store.claims.history(claim.claim_id)) == claim
    engine.dispose()


def order(desk: Desk, buyer: str, word: str) -> Order:
    return next(o for o in desk.orders.recent(buyer, 100) if any(word in line.title for line in o.lines))


def say(desk: Desk, text: str, word: str | None = None, **heard: int) -> Claim:
    """One message of Anna's about one of her orders."""
    about = order(desk, "anna", word) if word else None
    return desk.hear(ANNA, Heard(text, **heard), None, about)[0]


@pytest.fixture
def offered(desk: Desk) -> Claim:
    """One shirt of three is missing, and a reship is on offer."""
    return desk.assess(say(desk, "少一件", "T恤", missing=1)).claim


def test_another_buyers_order_is_as_good_as_unknown(desk: Desk) -> None:
    bens = order(desk, "ben", "T恤")
    assert desk.order(bens.order_id, "ben") == bens
    assert desk.order(bens.order_id, "anna") is None
    assert desk.order("1", "anna") is None and desk.order(None, "anna") is None


def test_a_complaint_said_again_keeps_its_offer(desk: Desk, offered: Claim) -> None:
    again = say(desk, "就是少了一件T恤", missing=1)
    assert again == offered and again.state is ClaimState.OFFERED


def test_other_figures_take_the_offer_back(desk: Desk, offered: Claim) -> None:
    corrected = say(desk, "少两件", missing=2)
    assert corrected.claim_id == offered.claim_id
    assert (corrected.state, corrected.lines[0].missing, corrected.offers) == (ClaimState.GATHERING, 2, ())


def test_another_order_waits_until_the_offer_is_decided(desk: Desk, offered: Claim) -> None:
    assert say(desk, "耳机也少一个", "蓝牙耳机", missing=1) == offered


def test_after_an_agreement_another_order_is_a_claim_of_its_own(desk: Desk, offered: Claim) -> None:
    agreed = desk.accept(offered)
    other = say(desk, "耳机少一个", "蓝牙耳机", missing=1)
    assert other.claim_id != agreed.claim_id and other.lines[0].sku == "EARBUD"
    kept = desk.store.claims.get(agreed.claim_id)
    assert kept is not None and kept.state is ClaimState.AGREED


def test_after_an_agreement_other_figures_replace_it(desk: Desk, offered: Claim) -> None:
    agreed = desk.accept(offered)
    renewed = say(desk, "不对，少两件", missing=2)
    assert renewed.claim_id != agreed.claim_id and renewed.lines[0].missing == 2
    old = desk.store.claims.get(agreed.claim_id)
    assert old is not None and old.state is ClaimState.WITHDRAWN
    assert desk.store.claims.history(agreed.claim_id)[-1][1] == Withdrawn(replaced_by=renewed.claim_id)
    opened, facts = (event for _, event in desk.store.claims.history(renewed.claim_id))
    assert isinstance(opened, ClaimOpened) and opened.replaces == agreed.claim_id and isinstance(facts, FactsLearned)


def test_after_an_agreement_the_same_again_changes_nothing(desk: Desk, offered: Claim) -> None:
    agreed = desk.accept(offered)
    assert say(desk, "T恤少一件", missing=1) == agreed


def test_nothing_is_claimed_twice(desk: Desk, offered: Claim) -> None:
    agreed = desk.accept(offered)
    elsewhere, _ = desk.hear(Speaker("talk-a2", "anna"), Heard("少一件", missing=1), None, order(desk, "anna", "T恤"))
    earlier = desk.check(elsewhere).earlier
    assert earlier is not None and earlier.claim_id == agreed.claim_id


def test_of_two_offers_for_the_same_line_only_one_can_be_accepted(desk: Desk, offered: Claim) -> None:
    elsewhere = Speaker("talk-a2", "anna")
    again, _ = desk.hear(elsewhere, Heard("少一件", missing=1), None, order(desk, "anna", "T恤"))
    second = desk.assess(again).claim
    assert second.state is ClaimState.OFFERED and desk.check(second).earlier is None
    agreed = desk.accept(offered)
    with pytest.raises(Conflict):
        desk.accept(second)
    assert desk.store.claims.in_state(ClaimState.AGREED) == [agreed]
    earlier = desk.check(second).earlier
    assert earlier is not None and earlier.claim_id == agreed.claim_id


def test_the_history_reads_as_the_story(desk: Desk, offered: Claim) -> None:
    done = desk.fulfil(desk.accept(offered))
    story = desk.store.claims.history(done.claim_id)
    assert [kind_of(event) for _, event in story] == [
        "ClaimOpened",
        "FactsLearned",
        "FaultFound",
        "OfferMade",
        "OfferAccepted",
        "PromiseKept",
    ]


def test_the_same_picture_twice_is_one_piece_of_evidence(desk: Desk) -> None:
    asked = desk.ask_evidence(say(desk, "少两件", "T恤", missing=2), (EvidenceKind.PHOTO,))
    once = desk.receive(asked, [("a" * 64, False), ("a" * 64, False)])
    assert [item.sha256 for item in once.evidence] == ["a" * 64]
    assert desk.receive(once, [("a" * 64, False)]) == once


def test_the_same_picture_on_two_claims_is_told_to_the_person_alone(desk: Desk) -> None:
    bens, _ = desk.hear(BEN, Heard("少一件", missing=1), None, order(desk, "ben", "T恤"))
    bens = desk.receive(bens, [("a" * 64, False)])
    mine = desk.receive(say(desk, "少一件", "T恤", missing=1), [("a" * 64, False), ("b" * 64, False)])
    assert desk.assess(mine).offer is not None, "it decides nothing"
    assert f"同一文件也在{bens.claim_id}" in desk.hand_off(ANNA, "angry").summary


def test_a_picture_of_its_own_is_nothing_to_tell(desk: Desk, offered: Claim) -> None:
    desk.receive(offered, [("a" * 64, False)])
    assert "同一文件" not in desk.hand_off(ANNA, "angry").summary


def test_a_promise_is_kept_in_its_very_second_and_broken_after_it(desk: Desk, offered: Claim, clock: Clock) -> None:
    agreed = desk.accept(offered)
    assert agreed.promise is not None
    clock.now = agreed.promise.due_at
    assert not desk.promise_is_broken(agreed)
    clock.now += timedelta(seconds=1)
    assert desk.promise_is_broken(agreed)
    claim = desk.open_penalty(agreed)
    assert claim.settlement is not None
    assert claim.settlement.penalty_fen == 3291  # 30 % of 109.69 元, half a fen up
    assert claim.settlement.penalty_points == 3291


def test_a_kept_promise_stays_kept(desk: Desk, offered: Claim, clock: Clock) -> None:
    done = desk.fulfil(desk.accept(offered))
    clock.now += timedelta(days=30)
    assert done.state is ClaimState.FULFILLED and not desk.promise_is_broken(done)
    with pytest.raises(ValueError, match="no promise"):
        desk.fulfil(say(desk, "面霜少了", "面霜", missing=1))


def test_three_rounds_and_then_a_person(desk: Desk, offered: Claim) -> None:
    claim, remedies = offered, [offered.offers[0].remedy]
    while True:
        claim, offer = desk.another_offer(claim, None)
        if offer is None:
            break
        remedies.append(offer.remedy)
    assert remedies == [Remedy.RESHIP, Remedy.REFUND, Remedy.RETURN]


def test_silence_after_a_hand_off_ends_by_itself(desk: Desk, offered: Claim, clock: Clock) -> None:
    handoff = desk.hand_off(ANNA, "angry")
    assert handoff.claim_id == offered.claim_id and "T恤" in handoff.summary and len(handoff.summary) <= 200
    clock.now += timedelta(minutes=29, seconds=59)
    assert desk.handed_off("talk-a")
    clock.now += timedelta(seconds=1)
    assert desk.handed_off("talk-a") is None


def test_a_person_who_goes_on_typing_is_not_interrupted(desk: Desk, offered: Claim, clock: Clock) -> None:
    desk.hand_off(ANNA, "angry")
    clock.now += timedelta(minutes=29)
    desk.store.log.append("talk-a", Author.AGENT, {"text": "我在查"}, clock.now)
    clock.now += timedelta(minutes=29)
    assert desk.handed_off("talk-a")
    clock.now += timedelta(minutes=1)
    assert desk.handed_off("talk-a") is None


def test_two_who_give_back_say_so_once(desk: Desk, offered: Claim) -> None:
    desk.hand_off(ANNA, "angry")
    desk.give_back("talk-a")
    desk.give_back("talk-a")
    assert [entry.body for entry in desk.store.log.after("talk-a")] == [{"state": "resumed"}]


def test_a_person_knows_of_the_claim_even_if_the_process_dies_while_handing_it_over(
    desk: Desk, offered: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        dying.setattr(desk.store.claims, "append", die)
        desk.hand_off(ANNA, "angry")
    handoff = desk.handed_off("talk-a")
    assert handoff is not None and handoff.claim_id == offered.claim_id
    assert desk.current("talk-a") == offered, "and the claim goes on where it was"


def test_one_of_two_found_leaves_the_other(desk: Desk) -> None:
    both = say(desk, "泳帽和泳镜都没有", "速干泳衣")
    found = desk.found(both, "泳帽找到了")
    assert [line.sku for line in found] == ["CAP"]
    assert [line.sku for line in desk.keep_others(both, found).lines] == ["GOGGLE"]
    assert desk.found(both, "都找到了") == ()


def test_evidence_that_is_not_there_is_an_answer(desk: Desk) -> None:
    claim = say(desk, "少两件", "T恤", missing=2)
    asked = desk.ask_evidence(claim, desk.check(claim).evidence)
    declined = desk.decline_evidence(asked)
    assert [item.status for item in declined.evidence] == [EvidenceStatus.UNAVAILABLE]
    assert desk.assess(declined).offer is not None


def test_the_item_decides_among_orders(desk: Desk) -> None:
    def guess(text: str, *, asked: bool = False, **heard: int) -> str | None:
        found = desk.guess_order("anna", Heard(text, **heard), asked=asked)
        return found.lines[0].sku if found else None

    assert guess("书架少了螺丝") == "SHELF"
    assert guess("少了一件") is None
    assert guess("第二个", ordinal=2) is None
    assert guess("第二个", asked=True, ordinal=2) == desk.recent_orders("anna")[1].lines[0].sku
    assert guess("最后一个", asked=True, ordinal=-1) == desk.recent_orders("anna")[-1].lines[0].sku
    assert guess("第九个", asked=True, ordinal=9) is None
    assert guess("两件", asked=True, number=2) is None


# --- negotiation ------------------------------------------------------------------------------------


def test_more_is_asked_for_and_every_offer_is_on_record(desk: Desk, offered: Claim) -> None:
    claim, first = desk.another_offer(offered, None, Counter(300))
    assert first is not None and (first.remedy, first.money_fen) == (Remedy.RESHIP, 300)
    claim, best = desk.another_offer(claim, None, Counter(10**9))
    assert best is not None and (best.remedy, best.amount_fen, best.goodwill_fen) == (Remedy.REFUND, 3656, 300)
    agreed = desk.accept(claim)
    assert agreed.settlement is not None and agreed.settlement.refund_fen == 3956
    story = [event for _, event in desk.store.claims.history(agreed.claim_id)]
    assert [event.offer for event in story if isinstance(event, OfferMade)] == [offered.offers[0], first, best]
    assert [event.asked_fen for event in story if isinstance(event, AnotherOfferAsked)] == [300, 10**9]


def settle(desk: Desk, word: str) -> Claim:
    return desk.accept(desk.assess(say(desk, f"{word}少一件", word, missing=1)).claim)


def test_a_buyer_with_many_settled_claims_is_looked_at_by_a_person(desk: Desk, clock: Clock) -> None:
    for word in ("T恤", "台灯", "坚果"):
        settle(desk, word)
    fourth = desk.assess(say(desk, "中筒袜少一双", "中筒袜", missing=1))
    assert (fourth.offer, fourth.reason) == (None, "history")
    clock.now += timedelta(days=181)
    assert desk.assess(fourth.claim).offer is not None


def test_what_was_withdrawn_does_not_count(desk: Desk) -> None:
    for word in ("T恤", "台灯", "坚果"):
        desk.withdraw(settle(desk, word))
    assert desk.assess(say(desk, "中筒袜少一双", "中筒袜", missing=1)).offer is not None


def test_an_offer_that_has_lapsed_comes_again_with_new_dates_and_is_no_round(
    desk: Desk, offered: Claim, clock: Clock
) -> None:
    assert not desk.offer_has_lapsed(offered)
    clock.now += timedelta(hours=12, seconds=1)
    assert desk.offer_has_lapsed(offered)
    renewed, offer = desk.renew(offered)
    assert offer is not None and offer.remedy is Remedy.RESHIP and offer.due_at > offered.offers[0].due_at
    assert not desk.offer_has_lapsed(renewed)
    claim, second = desk.another_offer(renewed, None)
    claim, third = desk.another_offer(claim, None)
    assert second and third and third.remedy is Remedy.RETURN
    assert desk.another_offer(claim, None)[1] is None


# --- promises ---------------------------------------------------------------------------------------


@pytest.fixture
def agreed(desk: Desk, offered: Claim) -> Claim:
    """A reship is promised until 48 hours from now."""
    return desk.accept(offered)


def due(claim: Claim) -> datetime:
    assert claim.promise is not None
    return claim.promise.due_at


def kinds(notices: list[Notice]) -> list[str]:
    return [notice.kind.value for notice in notices]


def again(desk: Desk, claim: Claim) -> Claim:
    """The claim as the store has it now."""
    found = desk.store.claims.get(claim.claim_id)
    assert found is not None
    return found


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
        assert kinds(desk.break_promises()) == expected, clock.now
    broken = again(desk, agreed)
    assert broken.state is ClaimState.AGREED and broken.settlement is not None
    assert broken.settlement.penalty_fen == 3291
    story = [kind_of(event) for _, event in desk.store.claims.history(agreed.claim_id)]
    assert story[-3:] == ["PromiseWarned", "PromiseBroken", "PenaltyOpened"]


def test_a_clock_that_was_off_all_weekend_finds_the_breach(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed) + timedelta(days=3)
    assert kinds(desk.break_promises()) == ["broken"]


@pytest.mark.parametrize("late", [False, True])
def test_a_kept_promise_is_neither_warned_of_nor_broken_again(
    desk: Desk, agreed: Claim, clock: Clock, late: bool
) -> None:
    clock.now = due(agreed) + timedelta(seconds=late)
    done = desk.fulfil(agreed)
    assert done.promise_broken is late, "the very second is in time"
    assert done.settlement is not None and bool(done.settlement.penalty_fen) is late
    clock.now += timedelta(days=1)
    assert desk.break_promises() == [] and desk.promised() == []


def test_of_many_processes_that_look_at_once_one_finds_it(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed) + timedelta(seconds=1)
    together = Barrier(4)

    def look() -> list[Notice]:
        together.wait()
        return desk.break_promises()

    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(look) for _ in range(4)]
    assert kinds([notice for each in looks for notice in each.result()]) == ["broken"]


def test_what_was_promised_counts_while_a_person_has_the_conversation(desk: Desk, agreed: Claim, clock: Clock) -> None:
    desk.hand_off(ANNA, "user_requested")
    assert [claim.claim_id for claim in desk.promised()] == [agreed.claim_id]
    clock.now = due(agreed) + timedelta(seconds=1)
    assert kinds(desk.break_promises()) == ["broken"]
    assert desk.untold() == [], "that person tells"


def test_a_promise_instead_of_a_broken_one_keeps_its_penalty(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed) + timedelta(seconds=1)
    desk.break_promises()
    claim, offer = desk.another_offer(again(desk, agreed), Remedy.REFUND)
    assert offer is not None
    instead = desk.accept(claim)
    assert instead.settlement is not None
    assert (instead.settlement.refund_fen, instead.settlement.penalty_fen) == (3656, 3291)
    done = desk.fulfil(instead)
    assert done.settlement is not None and done.settlement.penalty_fen == 3291


def test_an_order_that_is_gone_does_not_keep_other_promises_waiting(
    desk: Desk, agreed: Claim, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = settle(desk, "台灯")
    clock.now = due(agreed) + timedelta(hours=1)
    found = desk.orders.get
    monkeypatch.setattr(desk.orders, "get", lambda order_id: None if order_id == agreed.order_id else found(order_id))
    assert [notice.claim.claim_id for notice in desk.break_promises()] == [other.claim_id]


def test_a_buyer_is_told_once(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now = due(agreed) + timedelta(seconds=1)
    desk.break_promises()
    assert [claim.claim_id for claim in desk.untold()] == [agreed.claim_id]
    claim = desk.untold_in("talk-a")
    assert claim is not None and desk.untold_in("talk-b") is None
    desk.told(claim)
    assert desk.untold() == [] and desk.untold_in("talk-a") is None
