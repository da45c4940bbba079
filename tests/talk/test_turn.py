"""A turn: what was read in the message, and what the dialogue's memory says of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.claims.negotiation import Counter
from bot.desk import Case
from bot.talk.turn import Happened, Memory, Reply, form_slots
from bot.understanding.intake import Asked
from tests.desks import ANNA, BEN, bought, hear
from tests.turns import LISTENS, order_number, product, quantity, said, turn

FORM, BEGINS = Happened("action", "claim_form"), Happened("form", "claim_form")
STEPS_BACK = Happened("stepped_back", "claim_form")
OPENS = Happened("action", "action_open_claim")
EXPLAINS = Happened("action", "action_explain")
ASKS_BACK = Happened("action", "action_default_fallback")


# --- memory ---------------------------------------------------------------------------------------


def memory(*story: Happened) -> Memory:
    return Memory({}, "claim_form", story)


def test_a_message_answers_the_form_that_was_waiting_for_it() -> None:
    asked = [said("report_short_shipment"), OPENS, FORM, BEGINS, LISTENS]
    assert memory(*asked, said("give_quantity"), FORM).answers_form
    assert not memory(*asked[:2], FORM).answers_form, "the form starts: the action before has read it"
    assert not memory(*asked, said("ask_freight"), STEPS_BACK, EXPLAINS, FORM).answers_form, "it comes back"
    assert not Memory().answers_form


def test_a_message_starts_the_form_that_it_brought_up() -> None:
    asked = [said("report_short_shipment"), OPENS, FORM, BEGINS]
    assert memory(*asked).starts_form
    assert memory(*asked[:3]).starts_form
    assert not memory(*asked, LISTENS, said("ask_freight"), FORM, STEPS_BACK, EXPLAINS, FORM).starts_form
    assert Memory().starts_form


@pytest.mark.parametrize(
    ("intents", "misses"),
    [
        ([], 0),
        (["greet"], 0),
        (["nlu_fallback"], 1),
        (["greet", "nlu_fallback", "nlu_fallback"], 2),
        (["nlu_fallback", "greet", "nlu_fallback"], 1),
        (["nlu_fallback", "nlu_fallback", "greet"], 0),
    ],
)
def test_misses_are_counted_back_from_the_latest_message(intents: list[str], misses: int) -> None:
    assert (
        memory(*(event for intent in intents for event in (LISTENS, said(intent), ASKS_BACK))).misses_in_a_row == misses
    )


def test_what_the_form_could_use_is_no_miss() -> None:
    named = (LISTENS, said("nlu_fallback"), FORM)
    assert memory(*named, LISTENS, said("nlu_fallback")).misses_in_a_row == 1


def asks(text: str, response: str = "utter_ask_missing") -> Happened:
    return Happened("said", response, text)


@pytest.mark.parametrize(
    ("story", "times"),
    [
        ([asks("「毛巾」到了几件？"), said("thanks")], 1),
        ([asks("「毛巾」到了几件？"), said("thanks"), asks("「毛巾」拍了3件，到了几件？"), said("greet")], 2),
        ([asks("「毛巾」到了几件？"), said("thanks"), asks("「袜子」到了几件？"), said("greet")], 0),
        (
            [
                asks("「毛巾」到了几件？"),
                said("ask_freight"),
                asks("我们出", "utter_ask_freight"),
                asks("「毛巾」到了几件？"),
                said("greet"),
            ],
            1,
        ),
        ([asks("「毛巾」到了几件？"), said("ask_freight"), asks("我们出", "utter_ask_freight")], 0),
    ],
)
def test_a_question_is_put_in_vain_where_nothing_else_was_said(story: list[Happened], times: int) -> None:
    assert memory(said("report_short_shipment"), *story).asked_in_vain("utter_ask_missing", "毛巾") == times


def test_what_was_said_counts_for_the_latest_message_alone() -> None:
    asked = asks("只有1件", "utter_excess")
    assert memory(said("give_item"), asked).has_said("utter_excess")
    assert not memory(said("give_item"), asked, said("give_quantity")).has_said("utter_excess")


def test_the_first_message_is_the_first() -> None:
    assert memory(LISTENS, said("greet")).is_first_message
    assert not memory(LISTENS, said("greet"), EXPLAINS, LISTENS, said("greet")).is_first_message


def test_a_slot_that_counts_begins_at_nothing() -> None:
    assert Memory({"outbursts": 2.0, "misses": None}).count("outbursts") == 2
    assert Memory({"misses": None}).count("misses") == Memory().count("misses") == 0


# --- the message ----------------------------------------------------------------------------------


def test_what_is_said_is_kept_in_order_with_its_buttons_and_its_card(case: Case) -> None:
    talk = turn(case, "greet")
    talk.say("utter_greet", shop="店")
    talk.say("utter_ask_order", {"type": "orders"}, [{"title": "a", "payload": "b"}])
    assert talk.replies == [
        Reply("utter_greet", {"shop": "店"}),
        Reply("utter_ask_order", {}, [{"title": "a", "payload": "b"}], {"type": "orders"}),
    ]


def test_what_was_read_is_heard(case: Case) -> None:
    heard = turn(
        case,
        "report_short_shipment",
        "拍3件T恤到2件",
        product("T恤"),
        product("T恤"),
        quantity(3, "ordered"),
        quantity(2, "received"),
        order_number("4010123456789012345"),
    ).heard()
    assert (heard.products, heard.ordered, heard.received, heard.missing) == (("T恤",), 3, 2, None)
    assert heard.order_id == "4010123456789012345"


def test_a_weight_is_no_count(case: Case) -> None:
    assert turn(case, "report_short_shipment", "少了两斤", quantity(2, unit="斤")).heard().missing is None


@pytest.mark.parametrize(
    ("text", "slots", "expected"),
    [
        ("第二个", {}, {"ordinal": 2}),
        ("最后一个", {}, {"ordinal": -1}),
        ("最上面那个", {}, {"ordinal": 1}),
        ("尾号4567", {}, {"tail": "4567"}),
        ("4567", {"requested_slot": "order_id"}, {"tail": "4567"}),
        ("4567", {}, {"tail": None}),
        ("2", {}, {"number": 2, "ordinal": 2}),
        ("两件", {}, {"number": 2, "ordinal": None}),
    ],
)
def test_numbers_are_heard_in_the_light_of_what_was_asked(
    case: Case, text: str, slots: dict[str, Any], expected: dict[str, Any]
) -> None:
    heard = turn(case, "give_order", text, **slots).heard()
    assert {name: getattr(heard, name) for name in expected} == expected


def test_what_was_asked_is_one_of_the_forms_questions(case: Case) -> None:
    assert turn(case, "deny", requested_slot="missing").asked is Asked.MISSING
    assert turn(case, "deny", requested_slot="evidence").asked is None
    assert turn(case, "deny").asked is None


@pytest.mark.parametrize(
    ("intent", "also", "wanted"),
    [
        ("vent_anger", ["request_refund"], "request_refund"),
        ("vent_anger", ["accept_offer", "reject_offer"], "reject_offer"),
        ("vent_anger", ["accept_offer"], "accept_offer"),
        ("vent_anger", [], "vent_anger"),
        ("accept_offer", ["request_refund"], "accept_offer"),
    ],
)
def test_what_is_wanted_by_who_is_only_loud(case: Case, intent: str, also: list[str], wanted: str) -> None:
    assert turn(case, intent, also=also).wanted == wanted


@pytest.mark.parametrize(
    ("intent", "text", "counter"),
    [
        ("counter_offer", "赔我50元", Counter(5000)),
        ("counter_offer", "再多补点", Counter()),
        ("accept_offer", "那就50元吧", Counter(5000)),
        ("accept_offer", "好的", None),
        ("reject_offer", "50元不行", None),
    ],
)
def test_a_sum_counts_where_one_haggles_or_agrees(case: Case, intent: str, text: str, counter: Counter | None) -> None:
    assert turn(case, intent, text).counter == counter


def test_sure_is_what_the_shop_calls_sure(case: Case) -> None:
    assert turn(case, "accept_offer", confidence=0.6).is_sure
    assert not turn(case, "accept_offer", confidence=0.599).is_sure


# --- the order that is meant ----------------------------------------------------------------------


def test_a_number_names_the_order_if_it_is_the_buyers(case: Case) -> None:
    mine, bens = bought(case.desk, ANNA, "书架"), bought(case.desk, BEN, "书架")
    for number, found in ((mine.order_id, mine), (bens.order_id, None), ("1", None)):
        named = turn(case, "give_order", number, order_number(number))
        assert named.order_meant(named.heard(), None) == found


def test_an_item_of_another_order_than_the_claims_names_that_order(case: Case) -> None:
    claim = hear(case, "少一件", "T恤", missing=1)
    named = turn(case, "report_short_shipment", "书架也少了", product("书架"))
    assert named.order_meant(named.heard(), claim) == bought(case.desk, ANNA, "书架")
    same = turn(case, "report_short_shipment", "T恤少了", product("T恤"))
    assert same.order_meant(same.heard(), claim) is None


def test_the_order_of_the_page_loses_to_an_item_that_is_named(case: Case) -> None:
    page = bought(case.desk, ANNA, "T恤")
    for text, found in (("少发了", page), ("书架少了", bought(case.desk, ANNA, "书架")), ("T恤少了", page)):
        named = turn(case, "report_short_shipment", text, order_id=page.order_id)
        assert named.order_meant(named.heard(), None) == found


def test_the_forms_slots_mirror_the_claim(case: Case) -> None:
    assert form_slots(None) == {"order_id": None, "item": None, "missing": None}
    claim = hear(case, "T恤", "T恤")
    assert form_slots(claim) == {"order_id": claim.order_id, "item": "纯棉T恤 白色 L码", "missing": None}
    claim = hear(case, "少一件", missing=1)
    assert form_slots(claim)["missing"] == [1]
