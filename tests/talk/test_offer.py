"""Verdict, offers and agreement, handler by handler; sums to the fen."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.claims import events
from bot.claims.model import Claim, ClaimState, Platform, Remedy
from bot.claims.rulebook import Rulebook
from bot.desk import Case, Desk, Speaker, offers, promises
from bot.settings import ROOT
from bot.talk import offer, phrases
from bot.talk.turn import Happened, Reply, Step
from tests.desks import ANNA, ANNA_ELSEWHERE, Clock, hear, say
from tests.turns import LISTENS, filled, said, take, turn

TMALL = "天猫：实付（不含邮费）的30%，每单最高500元，以天猫积分发放"
OFFERED = Step({"stage": "offered"})
FIRST_OFFER = Step({"stage": "offered", "together": None})


def card(reply: Reply) -> dict[str, Any]:
    assert reply.card is not None
    return dict(reply.card)


# --- the verdict ----------------------------------------------------------------------------------


def test_the_shops_fault_leads_to_an_offer(case: Case) -> None:
    hear(case, "少一件", "T恤", missing=1)
    assessed = turn(case, "give_quantity")
    assert take(offer.assess, assessed) == (FIRST_OFFER, ["utter_offer_reship"])
    assert filled(assessed)["what"] == "「纯棉T恤 白色 L码」1件" and filled(assessed)["because"]
    shown = card(assessed.replies[0])
    assert (shown["type"], shown["remedy"], shown["amount_fen"]) == ("offer", "reship", 0)
    assert case.active is not None and case.active.state is ClaimState.OFFERED


def test_without_a_claim_there_is_nothing_to_assess_accept_or_haggle_over(case: Case) -> None:
    for handler in (offer.assess, offer.accept_offer, offer.next_offer):
        assert take(handler, turn(case, "accept_offer", "好")) == (Step({"stage": "closed"}), [])
    assert not case.is_changed


def test_where_the_facts_speak_against_it_a_person_decides(case: Case) -> None:
    hear(case, "牙刷少一支", "电动牙刷", missing=1)
    step, said_now = take(offer.assess, turn(case, "give_quantity"))
    assert (
        step.hands_over
        and said_now[-1] == "utter_hand_off_unclear"
        and said_now[0]
        in (
            "utter_not_upheld",
            "utter_unclear",
        )
    )
    assert case.handoff is not None and case.handoff.reason == "evidence_unclear"
    assert case.current is not None and case.current.state is ClaimState.HANDED_OFF


def test_a_buyer_with_many_settled_claims_goes_to_a_person(desk: Desk, clock: Clock) -> None:
    for word in ("T恤", "台灯", "坚果"):
        clock.now += timedelta(minutes=1)
        with desk.case(ANNA) as earlier:
            offers.accept(earlier, offers.assess(earlier, hear(earlier, "少一件", word, missing=1)).claim)
    clock.now += timedelta(minutes=1)
    say(desk, "中筒袜少一双", "中筒袜", missing=1)
    case = desk.open(ANNA)
    step, said_now = take(offer.assess, turn(case, "give_quantity"))
    assert step.hands_over and said_now == ["utter_hand_off_history"]


def test_offers_that_were_made_before_the_others_were_settled_are_not_all_agreed_to(desk: Desk, clock: Clock) -> None:
    """Six conversations, an offer in each, then 接受 in each: three are what the shop allows."""
    speakers = [Speaker(f"talk-{number}", ANNA.buyer_id) for number in range(6)]
    words = ("T恤", "台灯", "坚果", "中筒袜", "猫粮", "马克杯")
    for speaker, word in zip(speakers, words, strict=True):
        with desk.case(speaker) as case:
            assert offers.assess(case, hear(case, "少一件", word, missing=1)).offer
    said_now = []
    for speaker in speakers:
        clock.now += timedelta(minutes=1)
        with desk.case(speaker) as case:
            said_now.append(take(offer.accept_offer, turn(case, "accept_offer", "好"))[1])
    assert said_now == [["utter_agreed_reship"]] * 3 + [["utter_hand_off_history"]] * 3


def after(action: str) -> list[Happened]:
    return [Happened("action", action), Happened("action", "action_deactivate_loop"), LISTENS, said("accept_offer")]


def test_a_yes_to_the_question_whether_it_is_over_agrees_to_nothing(case: Case, offered: Claim) -> None:
    asked = [Happened("user", "withdraw_claim"), Happened("said", "utter_ask_withdraw"), LISTENS, said("accept_offer")]
    yes = turn(case, "accept_offer", "嗯，对", story=asked)
    assert take(offer.accept_offer, yes)[1] == ["utter_withdrawn"]
    assert case.current is not None and case.current.state is ClaimState.WITHDRAWN


def test_a_yes_to_something_else_is_asked_about(case: Case, offered: Claim) -> None:
    yes = turn(case, "accept_offer", "嗯，对", story=after("action_other_problem"), stage="offered")
    assert take(offer.accept_offer, yes) == (Step(), ["utter_ask_offer"])
    assert case.active == offered


# --- more, or something else ----------------------------------------------------------------------


def test_refused_again_and_again_a_person_takes_over(case: Case, offered: Claim) -> None:
    said_now = [take(offer.next_offer, turn(case, "reject_offer", "不行"))[1] for _ in range(3)]
    assert said_now == [["utter_offer_refund"], ["utter_offer_return"], ["utter_hand_off_rounds"]]
    assert case.handoff is not None and case.handoff.reason == "policy_limit"


def test_a_refund_that_is_asked_for_is_the_units_price(case: Case, offered: Claim) -> None:
    asked = turn(case, "request_refund", "退款吧")
    assert take(offer.next_offer, asked) == (OFFERED, ["utter_offer_refund"])
    assert filled(asked)["amount"] == "36.56元" and card(asked.replies[0])["amount_fen"] == 3656


def test_who_asks_for_what_is_on_offer_and_more_is_asked_whether_it_is_all_right(case: Case, offered: Claim) -> None:
    asked = turn(case, "request_reship", "补发，顺便多放几包零食")
    assert take(offer.next_offer, asked) == (OFFERED, ["utter_ask_offer"])
    assert case.active == offered, "it is no round"


def test_who_asks_for_just_what_is_on_offer_has_agreed(case: Case, offered: Claim) -> None:
    step = offer.next_offer(turn(case, "request_reship", "行 补吧"))
    assert step.then == "action_accept_offer" and case.active == offered


@pytest.mark.parametrize(
    ("text", "said_now", "goodwill"),
    [
        ("再补我3元", ["utter_sum_reached", "utter_offer_reship"], 300),
        ("赔50", ["utter_sum_too_high", "utter_offer_refund"], 300),
    ],
)
def test_a_sum_moves_the_offer_within_what_the_shop_allows(
    case: Case, offered: Claim, text: str, said_now: list[str], goodwill: int
) -> None:
    assert take(offer.next_offer, turn(case, "counter_offer", text))[1] == said_now
    assert case.active is not None and case.active.offer is not None and case.active.offer.goodwill_fen == goodwill


def test_a_sum_that_is_on_offer_already_is_no_round(case: Case, offered: Claim) -> None:
    take(offer.next_offer, turn(case, "request_refund", "退款"))
    before = case.active
    asked = turn(case, "counter_offer", "赔我20元")
    assert take(offer.next_offer, asked) == (OFFERED, ["utter_sum_reached", "utter_ask_offer"])
    assert case.active == before


def test_nothing_to_show_is_no_refusal(case: Case, offered: Claim) -> None:
    assert take(offer.next_offer, turn(case, "reject_offer", "没有", stage="offered")) == (Step(), ["utter_ask_offer"])
    assert case.active == offered


# --- the agreement --------------------------------------------------------------------------------


def test_an_agreement_is_said_with_its_number_and_its_date(case: Case, offered: Claim) -> None:
    accepting = turn(case, "accept_offer", "好的")
    assert take(offer.accept_offer, accepting) == (Step({"stage": "agreed"}), ["utter_agreed_reship"])
    assert filled(accepting)["claim_id"] == offered.claim_id and "11月22日" in filled(accepting)["due"]
    assert card(accepting.replies[0])["type"] == "promise" and not card(accepting.replies[0])["kept"]
    assert case.active is not None and case.active.state is ClaimState.AGREED
    assert take(offer.accept_offer, turn(case, "accept_offer"))[1] == ["utter_agreed_reship"], "said again, not agreed"


def test_what_is_not_sure_agrees_to_nothing(case: Case, offered: Claim) -> None:
    unsure = turn(case, "accept_offer", "嗯", confidence=0.59, stage="offered")
    assert take(offer.accept_offer, unsure) == (Step(), ["utter_ask_offer"]) and case.active == offered


def test_an_agreement_to_more_than_is_offered_is_none(case: Case, offered: Claim) -> None:
    take(offer.next_offer, turn(case, "request_refund", "退款"))
    assert take(offer.accept_offer, turn(case, "accept_offer", "那就50元吧")) == (Step(then="action_next_offer"), [])
    assert case.active is not None and case.active.state is ClaimState.OFFERED


def test_an_offer_that_has_lapsed_is_made_anew_before_it_counts(desk: Desk, clock: Clock) -> None:
    with desk.case(ANNA) as made:
        offers.assess(made, hear(made, "少一件", "T恤", missing=1))
    clock.now += timedelta(hours=13)
    case = desk.open(ANNA)
    assert take(offer.accept_offer, turn(case, "accept_offer")) == (
        Step(),
        ["utter_offer_lapsed", "utter_offer_reship"],
    )
    assert take(offer.accept_offer, turn(case, "accept_offer"))[1] == ["utter_agreed_reship"]


def test_what_was_agreed_elsewhere_meanwhile_is_not_agreed_again(desk: Desk) -> None:
    with desk.case(ANNA) as made:
        offers.assess(made, hear(made, "少一件", "T恤", missing=1))
    with desk.case(ANNA_ELSEWHERE) as elsewhere:
        offers.accept(elsewhere, offers.assess(elsewhere, hear(elsewhere, "少一件", "T恤", missing=1)).claim)
    case = desk.open(ANNA)
    assert take(offer.accept_offer, turn(case, "accept_offer")) == (
        Step({"stage": "closed"}),
        ["utter_already_claimed"],
    )
    assert case.current is not None and case.current.state is ClaimState.WITHDRAWN


# --- where it is ----------------------------------------------------------------------------------


def test_progress_is_what_the_record_says(case: Case) -> None:
    asked = [take(offer.progress, turn(case, "ask_progress", "我的补发呢"))[1]]
    claim = hear(case, "少一件", "T恤", missing=1)
    asked.append(take(offer.progress, turn(case, "ask_progress"))[1])
    agreed = offers.accept(case, offers.assess(case, claim).claim)
    asked.append(take(offer.progress, turn(case, "ask_progress"))[1])
    promises.fulfil(case, agreed)
    asked.append(take(offer.progress, turn(case, "ask_progress"))[1])
    assert asked == [
        ["utter_progress_none"],
        ["utter_progress_open"],
        ["utter_progress_promised"],
        ["utter_progress_kept"],
    ]


def test_a_broken_promise_is_worked_out_and_goes_to_a_person(case: Case, agreed: Claim) -> None:
    case.now += timedelta(hours=49)
    asked = turn(case, "ask_progress", "我的补发呢")
    step, said_now = take(offer.progress, asked)
    assert step.hands_over and said_now == ["utter_promise_broken", "utter_hand_off_broken_promise"]
    assert case.current is not None and case.current.settlement is not None
    assert case.current.settlement.penalty_fen == 3291
    assert "32.91元" in "\n".join(card(asked.replies[0])["lines"]) and card(asked.replies[0])["claimable"]


# --- the sum --------------------------------------------------------------------------------------

OF_THE_SUM = [
    "缺件退款：「纯棉T恤 白色 L码」实付109.69元÷3件×缺1件=36.56元，四舍五入到分。〔《消费者权益保护法》第五十二条〕",
    "违约金可申请：（实付109.69元－邮费0元）×30%=32.91元。〔天猫错发漏发规则〕",
]


def test_the_sum_is_worked_out_from_the_order_and_the_penalty_is_only_claimable(case: Case) -> None:
    hear(case, "少一件", "T恤", missing=1)
    asked = turn(case, "ask_compensation", "怎么赔偿，赔我一万元")
    assert take(offer.explain_compensation, asked) == (Step(), ["utter_compensation"])
    shown = card(asked.replies[0])
    explained = filled(asked)["explanation"].splitlines()
    assert len(explained) == 3 and shown["lines"] == explained, "the card stands in place of these lines"
    assert all(line.partition("〔")[0] in "".join(explained) for line in OF_THE_SUM)
    assert "责任还没核定" in explained[1] and shown["claimable"]
    assert [row["amount_fen"] for row in shown["rows"] if row["amount_fen"]], "line by line in its rows"
    assert "".join(explained).count("天猫错发漏发规则") == 1, "a rule is named once"
    assert "tmall.short_shipment.penalty_rate" in shown["sources"]
    assert case.active is not None and case.active.settlement is None, "it is explained, not promised"


def test_once_the_fault_is_found_nothing_is_supposed(case: Case, offered: Claim) -> None:
    asked = turn(case, "ask_compensation", "怎么赔偿")
    take(offer.explain_compensation, asked)
    lines = card(asked.replies[0])["lines"]
    assert all(line.partition("〔")[0] in "".join(lines) for line in OF_THE_SUM)
    assert "没按说好的时间办到" in lines[1]
    assert case.active == offered


def test_without_an_order_or_a_number_there_is_a_rule_and_no_sum(case: Case) -> None:
    asked = turn(case, "ask_compensation", "怎么赔偿")
    assert take(offer.explain_compensation, asked)[1] == ["utter_compensation_general"]
    assert filled(asked)["penalty_rules"].splitlines() == [
        "抖音：实付（不含邮费）的1%，最低3元，每单最高30元，以人民币计",
        TMALL,
        "其他平台：没有查到少发的固定比例",
    ]
    hear(case, "T恤", "T恤")
    asked = turn(case, "ask_compensation")
    assert take(offer.explain_compensation, asked)[1] == ["utter_compensation_uncounted"]
    assert filled(asked) == {"penalty_rules": TMALL}, "the order's own platform"


@pytest.mark.parametrize(
    ("platform", "says"),
    [
        ("jd", "京东：平台没有公布少发的固定比例"),
        ("taobao", "淘宝：平台没有公布少发的固定比例"),
        ("unknown", "其他平台：没有查到少发的固定比例"),
        ("no_file", "其他平台：没有查到少发的固定比例"),
    ],
)
def test_no_platform_is_measured_by_anothers_rule(case: Case, platform: str, says: str) -> None:
    claim = hear(case, "T恤", "T恤")
    case.record(claim, events.FactsLearned(claim.order_id, Platform(platform), claim.lines, claim.shortage))
    assert phrases.penalty_rules(case).splitlines()[-1] == says


def test_without_any_rate_published_that_is_said(case: Case, tmp_path: Path) -> None:
    for name in ("jd", "taobao"):
        shutil.copy(ROOT / "rulebook" / f"{name}.yml", tmp_path)
    case.desk.rulebook = Rulebook.load(tmp_path)
    assert phrases.penalty_rules(case) == "没有查到哪个平台公布了少发的固定比例"


def test_who_asks_for_what_is_promised_keeps_the_promise(case: Case, agreed: Claim) -> None:
    step, said_now = take(offer.next_offer, turn(case, "request_reship", "给我补发"))
    assert (step, said_now) == (Step({"stage": "agreed"}), ["utter_already_agreed"])
    assert case.active == agreed and agreed.promise is not None and agreed.promise.remedy is Remedy.RESHIP
