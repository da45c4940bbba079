"""What each button in a conversation does, and who may press it."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from bot.claims.model import ClaimState, Remedy
from bot.store import Author
from bot.store.accounts import Role
from bot.store.switches import SUMS_CONFIRMED
from tests.console.talk.conftest import Buyer
from tests.office import TestOffice


def test_of_two_who_take_it_one_has_it_and_the_other_is_told(
    complaining: Buyer, clerk: TestClient, as_: Callable[[Role], TestClient]
) -> None:
    other = as_(Role.CLERK)
    assert "在您手里" in clerk.post(f"{complaining.path}/take").text
    told = other.post(f"{complaining.path}/take")
    assert told.status_code == 409 and f"{clerk.headers['x-name']}已经接手" in told.text
    assert other.post(f"{complaining.path}/say", data={"text": "我来"}).status_code == 409
    assert "我来" not in complaining.hears()


def test_a_reply_takes_over_reaches_the_buyer_and_is_said_once(complaining: Buyer, clerk: TestClient) -> None:
    assert "前面的我都看过了" in clerk.get(complaining.path).text  # suggested
    for _ in range(2):
        clerk.post(f"{complaining.path}/say", data={"text": "我看到了，马上查", "page": "one-page"})
    assert complaining.hears().count("我看到了，马上查") == 1
    page = clerk.get(complaining.path).text
    assert "在您手里" in page and "建议的第一句" not in page
    before = complaining.hears()
    complaining.say("好的")
    assert complaining.hears() == before  # the bot is silent


@pytest.mark.parametrize("text", ["", "   ", "字" * 2001])
def test_nothing_and_too_much_are_not_sent(complaining: Buyer, clerk: TestClient, text: str) -> None:
    assert clerk.post(f"{complaining.path}/say", data={"text": text}).status_code == 400


def test_an_offer_within_the_limits_becomes_a_promise_by_the_buyers_yes(complaining: Buyer, clerk: TestClient) -> None:
    page = clerk.get(complaining.path).text
    chosen = re.search(r'name="offer" value="(refund:7313:0)"', page)
    assert chosen, page
    clerk.post(f"{complaining.path}/offer", data={"offer": chosen[1]})
    assert "退您73.13元" in complaining.hears()
    complaining.say("同意")
    promise = complaining.claim.promise
    assert complaining.claim.state is ClaimState.AGREED and promise and promise.by == clerk.headers["x-name"]
    assert clerk.headers["x-name"] in clerk.get(complaining.path).text


def test_what_is_above_the_limits_waits_for_a_lead(complaining: Buyer, clerk: TestClient, lead: TestClient) -> None:
    clerk.post(f"{complaining.path}/offer", data={"offer": "own", "yuan": "100"})
    assert "100元" not in complaining.hears()
    page = clerk.get(complaining.path).text
    assert "要组长来批" in page and "/approve" not in page
    seen = {"offer": "refund:10000:0"}
    assert clerk.post(f"{complaining.path}/approve", data=seen).status_code == 403
    assert complaining.claim.offer is None or complaining.claim.offer.money_fen != 10000
    assert "批准并发给买家" in lead.get(complaining.path).text
    for other in ({}, {"offer": "refund:100:0"}):
        assert lead.post(f"{complaining.path}/approve", data=other).status_code in (400, 409)
    lead.post(f"{complaining.path}/approve", data=seen)
    assert "100元" in complaining.hears()
    offer = complaining.claim.offer
    assert offer and (offer.by, offer.approved_by) == (clerk.headers["x-name"], lead.headers["x-name"])
    assert lead.post(f"{complaining.path}/approve", data=seen).status_code == 409  # once


def test_where_every_sum_is_confirmed_a_clerk_confirms_what_is_within_the_limits(
    office: TestOffice, buyer: Buyer, clerk: TestClient
) -> None:
    switches = office.desk.store.switches
    switches.set(SUMS_CONFIRMED, True, office.now(), "x")
    try:
        buyer.say("T恤只到了一件，退款", order="纯棉T恤")
        buyer.say("没有照片")
    finally:
        switches.set(SUMS_CONFIRMED, False, office.now(), "x")
    assert "退您73.13元" not in buyer.hears() and "批准并发给买家" in clerk.get(buyer.path).text
    clerk.post(f"{buyer.path}/approve", data={"offer": "refund:7313:0"})
    assert "退您73.13元" in buyer.hears()


@pytest.mark.parametrize("yuan", ["", "一百", "-5", "0", "9999999", "12.345"])
def test_a_sum_that_cannot_be_is_no_offer(complaining: Buyer, lead: TestClient, yuan: str) -> None:
    before = complaining.hears()
    assert lead.post(f"{complaining.path}/offer", data={"offer": "own", "yuan": yuan}).status_code in (400, 409)
    assert complaining.hears() == before


def test_a_sum_that_was_written_counts_whatever_is_ticked(complaining: Buyer, lead: TestClient) -> None:
    lead.post(f"{complaining.path}/offer", data={"offer": "reship:0:0", "yuan": "88.80"})
    assert "退您88.80元" in complaining.hears() and "补发" not in complaining.hears().rpartition("方案：")[2]


@pytest.mark.parametrize("offer", ["refund", "refund:x:0", "nothing:1:0", "refund:-1:0", "reship:5:0", "return:0:0"])
def test_a_form_that_was_meddled_with_is_no_offer(complaining: Buyer, lead: TestClient, offer: str) -> None:
    assert lead.post(f"{complaining.path}/offer", data={"offer": offer}).status_code in (400, 409)


def test_fulfilled_with_a_number_and_the_buyer_is_told(complaining: Buyer, clerk: TestClient) -> None:
    page = clerk.get(complaining.path).text
    reship = re.search(r'name="offer" value="(reship:0:0)"', page)
    assert reship
    clerk.post(f"{complaining.path}/offer", data={"offer": reship[1]})
    complaining.say("同意")
    assert complaining.claim.promise and complaining.claim.promise.remedy is Remedy.RESHIP
    form = {"claim": complaining.claim.claim_id, "carrier": "中通快递", "number": "<b>"}
    assert clerk.post(f"{complaining.path}/fulfilled", data=form).status_code == 400
    form["number"] = "YT12345 67890123"
    clerk.post(f"{complaining.path}/fulfilled", data=form)
    assert complaining.claim.state is ClaimState.FULFILLED
    assert clerk.post(f"{complaining.path}/fulfilled", data=form).status_code == 409  # once
    assert "YT1234567890123" in complaining.hears() and "YT1234567890123" in clerk.get(complaining.path).text


def test_only_a_claim_of_this_conversation_is_fulfilled_here(
    office: TestOffice, complaining: Buyer, clerk: TestClient
) -> None:
    other = Buyer(office)
    other.say("T恤只到了一件", order="纯棉T恤")
    form = {"claim": other.claim.claim_id, "carrier": "", "number": ""}
    assert clerk.post(f"{complaining.path}/fulfilled", data=form).status_code == 404


def test_a_refusal_has_a_reason_that_the_buyer_reads(complaining: Buyer, clerk: TestClient) -> None:
    clerk.post(f"{complaining.path}/refuse", data={"reason": "counts_agree"})
    assert "照片里的数量跟订单一致" in complaining.hears() and "小二" in complaining.hears()
    assert clerk.post(f"{complaining.path}/refuse", data={"reason": "because"}).status_code == 409


def test_counts_are_changed(complaining: Buyer, clerk: TestClient) -> None:
    line = complaining.claim.lines[0]
    assert line.missing == 2 and line.sku
    clerk.post(f"{complaining.path}/counts", data={"item": line.sku, "missing": "1"})
    assert complaining.claim.lines[0].missing == 1
    for missing in ("0", "99", "", "x"):
        answer = clerk.post(f"{complaining.path}/counts", data={"item": line.sku, "missing": missing})
        assert answer.status_code in (400, 409)


def test_another_kind_and_the_platform(complaining: Buyer, clerk: TestClient) -> None:
    clerk.post(f"{complaining.path}/kind", data={"kind": "broken"})
    assert complaining.claim.other_kind == "broken"
    clerk.post(f"{complaining.path}/platform")
    page = clerk.get(complaining.path).text
    assert "小二已介入" in page and 'action="/counter/c/' + complaining.talk + '/say"' not in page
    before = complaining.hears()
    complaining.say("在吗")
    assert complaining.hears() == before


def test_back_to_the_bot_only_with_the_buyers_yes_5_2_3(complaining: Buyer, clerk: TestClient) -> None:
    """GB/T 47746—2026, 5.2.3."""
    clerk.post(f"{complaining.path}/take")
    clerk.post(f"{complaining.path}/give-back")
    assert "等他答" in clerk.get(complaining.path).text
    assert complaining.inbox.with_person(complaining.talk)
    complaining.say("好，你来吧")
    assert not complaining.inbox.with_person(complaining.talk)
    assert "机器人在办" in clerk.get(complaining.path).text


def test_put_back_it_waits_for_another(
    complaining: Buyer, clerk: TestClient, as_: Callable[[Role], TestClient]
) -> None:
    clerk.post(f"{complaining.path}/take")
    clerk.post(f"{complaining.path}/release")
    assert "在您手里" in as_(Role.CLERK).post(f"{complaining.path}/take").text


def test_what_a_colleague_has_who_is_gone_a_lead_puts_back(
    complaining: Buyer, clerk: TestClient, lead: TestClient, as_: Callable[[Role], TestClient]
) -> None:
    other = as_(Role.CLERK)
    clerk.post(f"{complaining.path}/take")
    assert "/release" not in other.get(complaining.path).text and "/release" in lead.get(complaining.path).text
    assert other.post(f"{complaining.path}/release").status_code == 409
    assert lead.post(f"{complaining.path}/release").status_code == 200
    assert "在您手里" in other.post(f"{complaining.path}/take").text


def test_whatever_is_done_is_on_the_trail_with_a_name(
    complaining: Buyer, clerk: TestClient, as_: Callable[[Role], TestClient]
) -> None:
    clerk.post(f"{complaining.path}/take")
    clerk.post(f"{complaining.path}/say", data={"text": "您好"})
    clerk.post(f"{complaining.path}/refuse", data={"reason": "counts_agree"})
    trail = as_(Role.OWNER).get("/counter/audit").text
    for did in ("接手", "回复", "拒绝"):
        assert did in trail
    assert clerk.headers["x-name"] in trail and complaining.talk in trail
    assert "您好" not in trail  # what was said stands in the conversation


def test_where_nothing_can_be_sent_it_is_copied(office: TestOffice, complaining: Buyer, clerk: TestClient) -> None:
    buyer = Buyer(office)
    buyer.talk = f"alime:{uuid4().hex}"
    buyer.say("转人工")
    page = clerk.get(buyer.path).text
    assert "请在原来的客服工具里回复" in page and 'data-copy="text"' in page
    assert 'name="elsewhere"' in page and 'name="elsewhere"' not in clerk.get(complaining.path).text
    clerk.post(f"{buyer.path}/say", data={"text": "我在旺旺里回您了", "elsewhere": "1"})
    noted = buyer.inbox.log.last(buyer.talk, Author.AGENT)
    assert noted and noted.text == "我在旺旺里回您了" and not noted.body.get("due")  # it is not said a second time
