"""The inbox over the trained model: the log and the cards of a conversation, an answer to whatever is typed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions import HANDLERS
from bot.claims.model import ClaimState, Order
from bot.desk import Speaker, offers, promises
from bot.inbox.model import Incoming, Outcome
from bot.orders.base import OrdersUnavailable
from bot.store import Author
from bot.talk.turn import Step, Turn
from tests.office import TestOffice


def ask(office: TestOffice, conversation: str, text: str, **more: Any) -> Outcome:
    office.welcome(conversation)
    return asyncio.run(office.inbox.handle(Incoming(conversation, text, buyer_id=conversation, **more)))


def said_by(office: TestOffice, conversation: str, author: Author) -> list[str]:
    return [entry.text for entry in office.desk.store.log.after(conversation) if entry.author is author]


def cards(outcome: Outcome) -> list[str | None]:
    return [reply["custom"]["type"] if reply["custom"] else None for reply in outcome.replies]


def test_the_same_message_id_gets_the_same_answer(office: TestOffice) -> None:
    order = office.fill("{order:T恤}", "twice") if not office.welcome("twice") else None
    first = ask(office, "twice", "少了一件", message_id="1", order_id=order)
    again = ask(office, "twice", "少了一件", message_id="1", order_id=order)
    assert again == first
    assert first.claim is not None and first.claim["state"] == "offered"
    assert ask(office, "twice", "接受", message_id="2").claim != first.claim


def test_an_agreement_that_was_written_and_never_said_is_said_when_the_message_comes_again(office: TestOffice) -> None:
    ask(office, "killed", "少了一件", order_id=office.fill("{order:T恤}", office.welcome("killed") or "killed"))
    with office.desk.case(Speaker("killed", "killed")) as case:
        assert case.current is not None and case.current.state is ClaimState.OFFERED
        agreed = offers.accept(case, case.current)
    again = ask(office, "killed", "接受")
    assert again.replies[-1]["text"].startswith("定了") and agreed.claim_id in again.replies[-1]["text"]
    assert office.desk.store.claims.current("killed") == agreed


def test_every_door_writes_the_same_log(office: TestOffice) -> None:
    outcome = ask(office, "record", "少发了", message_id="m", files=(office.file("photo.jpg"), office.file("pdf.jpg")))
    first, picture, refused, *replies = office.desk.store.log.after("record")
    assert (first.entry_id, first.text, first.author) == ("m", "少发了", Author.BUYER)
    assert picture.file is not None and len(picture.file["sha256"]) == 64
    assert refused.file == {"error": "not_a_picture"}
    assert [reply.text for reply in replies] == [reply["text"] for reply in outcome.replies]
    assert office.desk.store.log.unanswered("record") == []


def test_a_reply_is_one_with_its_buttons_and_its_card(office: TestOffice) -> None:
    asked = ask(office, "cards", "你们漏发了")
    assert cards(asked)[-1] == "orders"
    found = asked.replies[-1]["custom"]["orders"]
    assert [order["payload"] for order in found] == [button["payload"] for button in asked.replies[-1]["buttons"]]
    order = office.order_id("cards", "T恤")
    ask(office, "cards", f"订单号{order}")
    offered = ask(office, "cards", "只收到2件")
    offer = offered.replies[-1]["custom"]
    assert cards(offered) == [None, "offer"] and offered.claim is not None
    assert (offer["claim_id"], offer["remedy"], offer["amount_fen"]) == (offered.claim["claim_id"], "reship", 0)
    assert {offer["accept"], offer["refuse"]} == {button["payload"] for button in offered.replies[-1]["buttons"]}
    owed = ask(office, "cards", "怎么赔偿")
    sum_of_it = next(reply for reply in owed.replies if reply["custom"]["type"] == "compensation")
    assert "\n".join(sum_of_it["custom"]["lines"]) in sum_of_it["text"] and sum_of_it["custom"]["claimable"]
    agreed = ask(office, "cards", offer["accept"])
    promise = agreed.replies[-1]["custom"]
    assert (promise["type"], promise["due_at"], promise["kept"]) == ("promise", offer["due_at"], False)
    with office.desk.case(Speaker("cards", "cards")) as case:
        assert case.current is not None
        promises.fulfil(case, case.current)
    assert ask(office, "cards", "查进度").replies[-1]["custom"]["kept"] is True


def test_who_is_in_danger_gets_a_person_and_a_caring_line_and_the_complaint_is_on_record(office: TestOffice) -> None:
    outcome = ask(office, "danger", "台灯少了一盏，剩下那盏冒烟了手都烫伤了")
    assert outcome.handoff is not None and outcome.handoff["reason"] == "danger"
    assert outcome.handoff["urgency"] == "urgent"
    assert [reply["text"] for reply in outcome.replies] == [office.inbox.wording("utter_danger", ambulance="120")]
    assert outcome.claim is not None and outcome.claim["lines"][0]["title"].startswith("护眼台灯")
    assert outcome.handoff["case_no"] in ask(office, "danger", "人呢").replies[0]["text"]


def test_ten_thousand_characters_are_answered_and_kept(office: TestOffice) -> None:
    text = "少发了一件。" + "这家店真的很让人失望，" * 1000
    outcome = ask(office, "long", text)
    assert "太长" in outcome.replies[0]["text"]
    assert len(outcome.replies) <= 3 and outcome.intent != "nlu_fallback"
    assert said_by(office, "long", Author.BUYER) == [text]


@pytest.mark.parametrize("name", ["action_open_claim", "validate_claim_form", "action_ask_claim_form_order_id"])
def test_a_handler_that_fails_ends_the_turn(office: TestOffice, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Rasa would talk on as if nothing were."""

    def fail(turn: Turn) -> Step:
        raise RuntimeError("database is gone")

    with monkeypatch.context() as broken:
        broken.setitem(HANDLERS, name, fail)
        outcome = ask(office, f"trouble-{name}", "少发了")
    assert [reply["text"] for reply in outcome.replies] == [office.inbox.wording("utter_trouble")]
    assert outcome.claim is None and office.desk.store.claims.current(f"trouble-{name}") is None
    assert said_by(office, f"trouble-{name}", Author.BUYER) == ["少发了"]
    assert ask(office, f"trouble-{name}", "少发了").claim


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=60))
def test_whatever_is_typed_gets_an_answer_or_a_person(office: TestOffice, text: str) -> None:
    outcome = ask(office, "anything", text)
    assert outcome.handoff or 1 <= len(outcome.replies) <= 3
    for reply in outcome.replies:
        assert reply["text"].strip()
        reply["text"].encode("utf-8")
        assert "Traceback" not in reply["text"] and "utter_" not in reply["text"]


def test_when_the_orders_cannot_be_looked_up_the_buyer_is_told_so(
    office: TestOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    def recent(buyer_id: str, limit: int = 5) -> list[Order]:
        asked.append(buyer_id)
        raise OrdersUnavailable("the order source answered with status 500")

    with monkeypatch.context() as patch:
        patch.setattr(office.desk.orders, "recent", recent)
        outcome = asyncio.run(office.inbox.handle(Incoming("no-orders", "少发了一件T恤", buyer_id="no-orders")))
    assert [reply["text"] for reply in outcome.replies] == [office.inbox.wording("utter_no_orders")]
    assert len(asked) == 1  # whoever waits for an answer does not wait for it several times
    assert "the order source answered with status 500" in caplog.text
    assert ask(office, "no-orders", "少发了一件T恤").claim
