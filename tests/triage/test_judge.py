"""What stands beside a message, by the really trained model over the demo orders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.store import Store
from bot.triage.judge import Judge, Message, Verdict
from tests.office import TestOffice

BUYER = "triage-buyer"


@pytest.fixture
def judge(office: TestOffice) -> Judge:
    office.welcome(BUYER)
    return Judge(office.engine, office.desk)


@pytest.fixture(autouse=True)
def nothing_is_kept(office: TestOffice) -> Iterator[None]:
    before = _kept(office.desk.store)
    yield
    assert _kept(office.desk.store) == before


def _kept(store: Store) -> tuple[object, ...]:
    return len(store.claims.of_case("triage", BUYER)), store.handoffs.active("triage"), store.outbox.counts()


def test_a_complaint_with_its_order(office: TestOffice, judge: Judge) -> None:
    order_id = office.order_id(BUYER, "猫粮")
    seen = judge.verdict(Message("猫粮少发了一袋，退钱吧", order_id))
    assert (seen.intent, seen.missing, seen.order_id) == ("report_short_shipment", "1", order_id)
    assert "猫粮" in seen.item and seen.courier and seen.notes == []
    line = next(line for line in office.desk.orders.get(order_id).lines if "猫粮" in line.title)  # type: ignore[union-attr]
    assert seen.amount_fen == line.paid_fen // line.quantity and seen.reply


def test_an_order_number_in_the_text(office: TestOffice, judge: Judge) -> None:
    order_id = office.order_id(BUYER, "猫粮")
    assert judge.verdict(Message(f"订单{order_id} 少了一袋猫粮")).order_id == order_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("少发了两袋猫粮", {"intent": "report_short_shipment", "item": "猫粮", "missing": "2"}),
        ("订单里少了个锅盖", {"intent": "report_short_shipment", "item": "锅盖"}),
        ("东西很好，一件不少，谢谢", {"intent": "praise", "reply": "", "notes": []}),
        ("再加20块", {"sums_fen": [2000]}),
        ("少了一件，你们不补我就不活了", {"danger": "轻生、崩溃", "to_person": True}),
        ("我要人工客服", {"intent": "request_human", "to_person": True}),
        ("  ", {"intent": "", "notes": ["这一行没有文字"]}),
        ("少一件，订单2026112000000000123", {"notes": ["没有这个订单的记录，先核对订单再答复"]}),
    ],
)
def test_without_an_order(judge: Judge, text: str, expected: dict[str, object]) -> None:
    seen = vars(judge.verdict(Message(text)))
    assert {name: seen[name] for name in expected} == expected
    assert seen["amount_fen"] is None, "no sum without an order"


def test_a_text_by_the_yard_is_read_up_to_the_limit(judge: Judge) -> None:
    seen = judge.verdict(Message("少发了两袋猫粮，" * 1000))
    assert seen.is_complaint and any("太长" in note for note in seen.notes)


def test_a_row_that_breaks_everything_is_said(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> dict[str, object]:
        raise LookupError("inside")

    monkeypatch.setattr(judge._engine, "parse", broken)
    assert judge.verdict(Message("这一句没有人说过")) == Verdict(notes=["这一行没处理成（LookupError），请人工看"])
