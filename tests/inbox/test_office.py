"""What every door does with a message: cleaning, limits, one answer to one message, no traceback to a buyer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.claims.model import ClaimState, Order
from bot.inbox.inbox import Incoming, Outcome, at_most, clean, printable, together
from bot.orders.base import OrdersUnavailable
from bot.store import Author
from tests.office import TestOffice

ANY_TEXT = st.text(st.characters(), max_size=200)  # lone surrogates included


def ask(office: TestOffice, conversation: str, text: str, **more: Any) -> Outcome:
    office.welcome(conversation)
    return asyncio.run(office.inbox.handle(Incoming(conversation, text, buyer_id=conversation, **more)))


def said_by(office: TestOffice, conversation: str, author: Author) -> list[str]:
    return [entry.text for entry in office.desk.store.log.after(conversation) if entry.author is author]


def cards(outcome: Outcome) -> list[str | None]:
    return [reply["custom"]["type"] if reply["custom"] else None for reply in outcome.replies]


@given(ANY_TEXT)
def test_printable_can_be_stored_and_shown_anywhere(text: str) -> None:
    kept = printable(text)
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert "\x00" not in kept
    assert printable(kept) == kept


@pytest.mark.parametrize("text", ["少发了俩", "買3送1 贈品冇", "👍🏻", "两件\n只到一件"])
def test_printable_keeps_what_a_buyer_means(text: str) -> None:
    assert printable(text) == text


@given(ANY_TEXT, st.integers(1, 50))
def test_what_is_read_is_no_command_and_not_too_long(text: str, limit: int) -> None:
    read, cut = clean(text, limit)
    assert len(read) <= limit
    assert not read.startswith("/")
    assert cut == (len(clean(text, 10**6)[0]) > limit)


@pytest.mark.parametrize(
    ("lengths", "read", "cut_at"),
    [
        ((90, 90, 90), 272, None),
        ((90, 101), 191, 100),
        ((0, 100), 100, None),
        ((100,) * 6, 500, 500),
    ],
)
def test_the_limit_is_for_each_message_of_a_burst(lengths: tuple[int, ...], read: int, cut_at: int | None) -> None:
    text, cut = together(["少" * length for length in lengths], 100)
    assert (len(text), cut) == (read, cut_at)


def test_no_message_of_a_burst_is_a_command() -> None:
    assert together(["少发了", "/restart"], 100) == ("少发了\nrestart", None)


@given(st.lists(st.text("少发", min_size=1), max_size=8), st.integers(1, 3))
def test_what_is_too_many_is_joined_and_nothing_is_lost(texts: list[str], limit: int) -> None:
    replies: list[dict[str, Any]] = [{"text": text, "buttons": [], "custom": None} for text in texts]
    joined = at_most(replies, limit)
    assert len(joined) == min(limit, len(texts))
    assert "".join(reply["text"] for reply in joined).replace("\n", "") == "".join(texts)


def test_the_last_buttons_survive_the_joining() -> None:
    replies = [{"text": str(n), "buttons": [{"title": "接受", "payload": "接受"}] if n == 4 else []} for n in range(5)]
    assert at_most(replies, 3)[-1]["buttons"]


def test_the_same_message_id_gets_the_same_answer(office: TestOffice) -> None:
    order = office.fill("{order:T恤}", "twice") if not office.welcome("twice") else None
    first = ask(office, "twice", "少了一件", message_id="1", order_id=order)
    again = ask(office, "twice", "少了一件", message_id="1", order_id=order)
    assert again == first
    assert first.claim is not None and first.claim["state"] == "offered"
    assert ask(office, "twice", "接受", message_id="2").claim != first.claim


def test_an_agreement_that_was_written_and_never_said_is_said_when_the_message_comes_again(office: TestOffice) -> None:
    ask(office, "killed", "少了一件", order_id=office.fill("{order:T恤}", office.welcome("killed") or "killed"))
    offered = office.desk.current("killed")
    assert offered is not None and offered.state is ClaimState.OFFERED
    agreed = office.desk.accept(offered)
    again = ask(office, "killed", "接受")
    assert again.replies[-1]["text"].startswith("定了") and agreed.claim_id in again.replies[-1]["text"]
    assert office.desk.current("killed") == agreed


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
    kept = office.desk.current("cards")
    assert kept is not None
    office.desk.fulfil(kept)
    assert ask(office, "cards", "查进度").replies[-1]["custom"]["kept"] is True


def test_who_comes_second_gets_the_first_answer(office: TestOffice) -> None:
    """Two workers have read the same words; only one of them may answer."""
    office.welcome("race")
    incoming = Incoming("race", buyer_id="race")
    said = [office.inbox.write("race", Author.BUYER, {"text": "少发了"})]
    first = asyncio.run(office.inbox.answer(incoming, said))
    replies = said_by(office, "race", Author.BOT)
    assert asyncio.run(office.inbox.answer(incoming, said)) == first
    assert said_by(office, "race", Author.BOT) == replies


def test_a_push_is_said_once(office: TestOffice) -> None:
    for _ in range(2):
        office.inbox.push("due", "明天到期", {"type": "promise"}, "promise-SF-1")
    assert [entry.body for entry in office.desk.store.log.after("due")] == [
        {"text": "明天到期", "card": {"type": "promise"}}
    ]


def test_ten_thousand_characters_are_answered_and_kept(office: TestOffice) -> None:
    text = "少发了一件。" + "这家店真的很让人失望，" * 1000
    outcome = ask(office, "long", text)
    assert "太长" in outcome.replies[0]["text"]
    assert len(outcome.replies) <= 3 and outcome.intent != "nlu_fallback"
    assert said_by(office, "long", Author.BUYER) == [text]


def test_a_failure_is_answered_calmly_and_the_message_is_kept(
    office: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("database is gone, says 13812345678")

    monkeypatch.setattr(office.inbox.agent, "handle_message", fail)
    outcome = ask(office, "trouble", "少发了")
    assert [reply["text"] for reply in outcome.replies] == [
        office.inbox.agent.domain.responses["utter_trouble"][0]["text"]
    ]
    assert said_by(office, "trouble", Author.BUYER) == ["少发了"]


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
    assert [reply["text"] for reply in outcome.replies] == [office.inbox._response("utter_trouble")["text"]]
    assert len(asked) == 1  # whoever waits for an answer does not wait for it several times
    assert "the order source answered with status 500" in caplog.text
    assert ask(office, "no-orders", "少发了一件T恤").claim
