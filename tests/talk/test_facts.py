"""From a complaint to complete facts, handler by handler."""

from __future__ import annotations

from bot.claims.model import Claim, ClaimState, Remedy
from bot.desk import Case, Desk, Speaker, offers
from bot.talk import facts
from bot.talk.turn import Step
from tests.desks import ANNA, ANNA_ELSEWHERE, BEN, bought, hear, say
from tests.turns import LISTENS, filled, order_number, product, quantity, said, take, turn

EMPTY = {"order_id": None, "item": None, "missing": None}


def test_a_complaint_that_says_everything_needs_no_question(case: Case) -> None:
    step, said_now = take(
        facts.open_claim, turn(case, "report_short_shipment", "T恤少了一件", product("T恤"), quantity(1))
    )
    shirts = bought(case.desk, ANNA, "T恤")
    assert said_now == [] and step.then is None
    assert step.slots["order_id"] == shirts.order_id and step.slots["missing"] == [1]
    assert step.slots["item"] == "纯棉T恤 白色 L码"
    assert step.slots["stage"] is None and step.slots["evidence"] is None
    assert case.active is not None and case.active.state is ClaimState.GATHERING


def test_a_complaint_that_says_nothing_is_opened_and_asked_about(case: Case) -> None:
    step, said_now = take(facts.open_claim, turn(case, "report_short_shipment", "你们漏发了"))
    assert said_now == ["utter_claim_opened"] and EMPTY.items() <= step.slots.items()
    assert case.active is not None and case.active.state is ClaimState.GATHERING


def test_a_complaint_that_names_the_item_says_it_back(case: Case) -> None:
    opened = turn(case, "report_short_shipment", "T恤不够", product("T恤"))
    step, said_now = take(facts.open_claim, opened)
    assert said_now == ["utter_claim_opened_with_item"] and filled(opened) == {"item": "纯棉T恤 白色 L码"}
    assert step.slots["item"] and step.slots["missing"] is None


def test_a_claim_that_is_open_is_not_opened_again(case: Case) -> None:
    take(facts.open_claim, turn(case, "report_short_shipment", "你们漏发了"))
    opened = case.active
    assert take(facts.open_claim, turn(case, "report_short_shipment", "漏发了"))[1] == []
    assert case.active == opened and len(case.claims) == 1


def test_an_order_number_that_is_not_the_buyers_is_counted_and_said(case: Case) -> None:
    number = bought(case.desk, BEN, "T恤").order_id
    asked = turn(case, "give_order", number, order_number(number), misses=1)
    step, said_now = take(facts.take_facts, asked)
    assert said_now == ["utter_order_not_found"] and filled(asked) == {"order_tail": number[-4:]}
    assert step.slots["misses"] == 2 and step.slots["order_id"] is None


def test_more_than_was_ordered_is_asked_about_and_not_believed(case: Case) -> None:
    asked = turn(case, "report_short_shipment", "T恤少了4件", product("T恤"), quantity(4))
    step, said_now = take(facts.open_claim, asked)
    assert said_now[-1] == "utter_excess"
    assert filled(asked) == {"item": "纯棉T恤 白色 L码", "ordered": 3, "claimed": 4, "measure": "件"}
    assert step.slots["missing"] is None and step.slots["misses"] == 1


def test_the_order_that_the_door_passes_is_meant_if_it_is_the_buyers(desk: Desk) -> None:
    for speaker, known in ((ANNA, True), (BEN, False)):
        passed = bought(desk, speaker, "书架").order_id
        opened = turn(desk.open(ANNA), "report_short_shipment", "少发了", order_id=passed)
        assert take(facts.open_claim, opened)[0].slots["order_id"] == (passed if known else None)


def test_pictures_that_waited_are_put_to_the_claim(case: Case) -> None:
    pictures = [{"sha256": "a" * 64, "video": False}]
    step, _ = take(facts.open_claim, turn(case, "report_short_shipment", "少发了", pictures=pictures))
    assert case.active is not None and [item.sha256 for item in case.active.evidence] == ["a" * 64]
    assert step.slots["pictures"] is None


def test_a_wish_said_besides_is_kept(case: Case) -> None:
    take(
        facts.open_claim,
        turn(case, "report_short_shipment", "T恤少一件,退款", product("T恤"), quantity(1), also=["request_refund"]),
    )
    assert case.active is not None and case.active.wish is Remedy.REFUND


def test_a_wish_before_any_complaint_is_noted(case: Case) -> None:
    noted = turn(case, "request_refund", "我要退款")
    step, said_now = take(facts.note_wish, noted)
    assert said_now == ["utter_wish_noted"] and filled(noted) == {"wish": "退款"}
    assert case.active is not None and case.active.wish is Remedy.REFUND and step.slots["order_id"] is None


def test_the_form_reads_an_answer_and_leaves_the_rest_to_others(case: Case) -> None:
    take(facts.open_claim, turn(case, "report_short_shipment", "T恤不够", product("T恤")))
    asked = {"form": "claim_form", "requested_slot": "missing"}
    aside = turn(case, "ask_freight", "运费谁出", **asked)
    assert take(facts.validate_claim_form, aside) == (Step(), [])
    answer = turn(case, "give_quantity", "一件", quantity(1), **asked)
    assert take(facts.validate_claim_form, answer)[0].slots["missing"] == [1]
    starting = turn(
        case, "give_quantity", "两件", quantity(2), story=[LISTENS, said("give_quantity")], form="claim_form"
    )
    assert take(facts.validate_claim_form, starting) == (Step(), []), "the action that started the form has read it"
    assert case.active is not None and case.active.lines[0].missing == 1


def test_after_too_many_answers_that_are_none_a_person_takes_over(case: Case) -> None:
    asked = {"form": "claim_form", "requested_slot": "order_id"}
    take(facts.open_claim, turn(case, "report_short_shipment", "漏发了"))
    wrong = [order_number("4000000000000000000")]
    step, said_now = take(facts.validate_claim_form, turn(case, "give_order", "4000000000000000000", *wrong, **asked))
    assert said_now == ["utter_order_not_found"] and step.slots["misses"] == 1
    again = turn(case, "give_order", "4000000000000000000", *wrong, **asked, misses=2)
    step, said_now = take(facts.validate_claim_form, again)
    assert step.hands_over and said_now == ["utter_hand_off_no_order"]
    assert case.handoff is not None and case.handoff.reason == "unverified"


def test_what_was_understood_is_said_back_and_then_assessed(case: Case) -> None:
    hear(case, "少一件", "T恤", missing=1)
    checked = turn(case, "give_quantity")
    assert take(facts.check_claim, checked) == (Step({"stage": "assessing"}), ["utter_understood"])
    assert "拍了3件，收到2件，少1件" in filled(checked)["lines"]


def test_evidence_is_asked_for_where_it_is_owed(case: Case) -> None:
    hear(case, "少两件", "T恤", missing=2)
    step, _ = take(facts.check_claim, turn(case, "give_quantity"))
    assert step == Step({"stage": "evidence", "evidence": None})
    assert case.active is not None and case.active.evidence_asked


def test_a_parcel_that_is_on_its_way_is_waited_for(case: Case) -> None:
    hear(case, "弹力带没有", "弹力带", missing=1)
    waiting = turn(case, "report_short_shipment")
    step, said_now = take(facts.check_claim, waiting)
    assert step == Step({"stage": "waiting"}) and said_now == ["utter_understood", "utter_cause_under_way"]
    assert case.active is not None and case.active.explained == ("BAND",)
    assert take(facts.check_claim, turn(case, "report_short_shipment"))[1] == ["utter_understood"], "told once"


def test_where_the_counts_agree_it_is_asked_what_is_missing_and_nothing_is_taken_back(case: Case) -> None:
    hear(case, "三件都到了", "T恤", received=3)
    assert take(facts.check_claim, turn(case, "give_quantity")) == (
        Step({"stage": "closed"}),
        ["utter_nothing_missing"],
    )
    assert case.active is not None and case.active.lines[0].missing is None


def test_what_was_settled_before_is_not_settled_again(desk: Desk) -> None:
    with desk.case(ANNA_ELSEWHERE) as elsewhere:
        earlier = offers.accept(elsewhere, offers.assess(elsewhere, hear(elsewhere, "少一件", "T恤", missing=1)).claim)
    say(desk, "少一件", "T恤", missing=1)
    case = desk.open(ANNA)
    checked = turn(case, "report_short_shipment")
    assert take(facts.check_claim, checked) == (Step({"stage": "closed"}), ["utter_already_claimed"])
    assert filled(checked)["claim_id"] == earlier.claim_id
    assert case.current is not None and case.current.state is ClaimState.WITHDRAWN


def test_what_is_offered_or_agreed_already_is_said_again(case: Case, offered: Claim) -> None:
    step, said_now = take(facts.check_claim, turn(case, "report_short_shipment", "少了一件"))
    assert (step, said_now) == (Step({"stage": "offered"}), ["utter_ask_offer"])
    offers.accept(case, offered)
    step, said_now = take(facts.check_claim, turn(case, "report_short_shipment", "少了一件"))
    assert (step, said_now) == (Step({"stage": "agreed"}), ["utter_already_agreed"])
    step, said_now = take(facts.check_claim, turn(case, "report_short_shipment", "补发的到了还是少"))
    assert step.hands_over and said_now == ["utter_hand_off_still_short"]


def test_a_claim_is_withdrawn_only_where_that_is_sure(case: Case, offered: Claim) -> None:
    unsure = turn(case, "withdraw_claim", "算了吧", confidence=0.59)
    assert take(facts.withdraw, unsure) == (Step(), ["utter_ask_withdraw"]) and case.active == offered
    step, said_now = take(facts.withdraw, turn(case, "withdraw_claim", "不用了", confidence=0.6))
    assert said_now == ["utter_withdrawn"] and step.slots == {"stage": "closed", **EMPTY}
    assert case.active is None
    assert take(facts.withdraw, turn(case, "withdraw_claim"))[1] == ["utter_nothing_to_withdraw"]


def test_what_was_found_is_taken_out_and_the_rest_goes_on(case: Case) -> None:
    hear(case, "泳帽和泳镜都没有", "速干泳衣")
    step, said_now = take(facts.withdraw, turn(case, "withdraw_claim", "泳帽找到了"))
    assert said_now == ["utter_part_found"] and step.then == "claim_form"
    assert case.active is not None and [line.sku for line in case.active.lines] == ["GOGGLE"]


def test_the_form_asks_with_the_buyers_own_orders(case: Case) -> None:
    asked = turn(case, "report_short_shipment")
    assert take(facts.ask_claim_form_order_id, asked)[1] == ["utter_ask_order"]
    (reply,) = asked.replies
    assert reply.card is not None and [order["payload"] for order in reply.card["orders"]] == [
        button["payload"] for button in reply.buttons
    ]
    nobody = case.desk.open(Speaker("talk-c", "nobody"))
    assert take(facts.ask_claim_form_order_id, turn(nobody, "report_short_shipment"))[1] == ["utter_ask_order_number"]
    assert take(facts.ask_claim_form_order_id, turn(case, "hold_on"))[1] == []


def test_the_form_asks_how_many_with_a_button_for_each_number(case: Case) -> None:
    hear(case, "T恤", "T恤")
    asked = turn(case, "give_item")
    assert take(facts.ask_claim_form_missing, asked)[1] == ["utter_ask_missing"]
    assert len(asked.replies[0].buttons) == 3 and filled(asked)["ordered"] == "3"


def test_the_form_asks_for_pieces_and_for_weight_in_the_buyers_own_measure(case: Case) -> None:
    hear(case, "毛巾不成套", "毛巾")
    asked = turn(case, "give_item")
    assert take(facts.ask_claim_form_missing, asked)[1] == ["utter_ask_missing_piece"]
    assert (filled(asked)["ordered"], filled(asked)["measure"], asked.replies[0].buttons) == ("6", "条", [])


def test_half_of_what_has_no_pieces_is_a_persons_matter(case: Case) -> None:
    hear(case, "台灯少了一半", "台灯")
    step, said_now = take(facts.ask_claim_form_missing, turn(case, "give_item"))
    assert said_now == ["utter_hand_off_share"] and step.hands_over


def test_a_part_that_nobody_has_on_a_list_is_a_persons_matter(case: Case) -> None:
    take(facts.open_claim, turn(case, "report_short_shipment", "台灯没有遮光布", product("台灯")))
    assert case.active is not None and case.active.lines[0].parts == ("遮光布",)
    step, said_now = take(facts.check_claim, turn(case, "report_short_shipment", "台灯没有遮光布"))
    assert said_now == ["utter_understood", "utter_hand_off_part"] and step.hands_over


def test_what_is_still_missing_takes_nothing_back(case: Case) -> None:
    take(facts.open_claim, turn(case, "report_short_shipment", "牙刷没有礼盒", product("牙刷")))
    step, _ = take(facts.withdraw, turn(case, "withdraw_claim", "牙刷没少，缺的是外面的盒子"))
    assert case.active is not None and case.active.lines[0].parts == ("礼盒",)
    assert step.slots["stage"] is None


def test_an_offer_is_decided_before_another_order_is_taken_up(case: Case, offered: Claim) -> None:
    later = turn(case, "report_short_shipment", "蓝牙耳机也少一个", product("蓝牙耳机"), quantity(1))
    assert take(facts.take_facts, later)[1] == ["utter_one_at_a_time"]
    assert filled(later) == {"item": "降噪蓝牙耳机 曜石黑"} and case.active == offered


def test_a_correction_leaves_the_offer_that_was_for_something_else(case: Case) -> None:
    offers.assess(case, hear(case, "少一件", "T恤", missing=1))
    step, said_now = take(facts.correct_claim, turn(case, "correct_claim", "说错了，是中筒袜", product("中筒袜")))
    assert said_now == [] and case.active is not None and case.active.state is ClaimState.GATHERING
    assert case.active.order_id == step.slots["order_id"] == bought(case.desk, ANNA, "中筒袜").order_id
