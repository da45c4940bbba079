"""The lists of the counter: what stands where, in which order, page by page, and what a search finds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from bot.claims.events import ClaimOpened, FactsLearned, Withdrawn
from bot.claims.model import Claim, ClaimLine, ClaimState, Platform, Shortage
from bot.inbox.inbox import Inbox
from bot.store import Author, Handoff
from bot.store.accounts import Role
from bot.store.handoffs import Urgency
from bot.store.worklist import PAGE


class Shop:
    """Puts conversations into the store."""

    def __init__(self, inbox: Inbox) -> None:
        self._store, self._now = inbox.desk.store, inbox.desk.clock()

    def talk(self, name: str, *words: str, buyer: str = "tb_buyer_1", ago: timedelta = timedelta()) -> None:
        until = self._now + timedelta(seconds=60)
        self._store.conversations.take(name, "lease", self._now, until, buyer_id=buyer)
        self._store.conversations.release(name, "lease")
        for text in words or ("少了一件",):
            self._store.log.append(name, Author.BUYER, {"text": text}, self._now - ago)

    def claim(
        self, name: str, claim_id: str, title: str, order_id: str = "2608815804", ago: timedelta = timedelta()
    ) -> Claim:
        line = ClaimLine(title, "sku", 3, 1, 2)
        learned = FactsLearned(order_id, Platform.TMALL, (line,), Shortage.UNITS)
        opened = ClaimOpened(claim_id, name, "tb_buyer_1")
        return self._store.claims.append(None, [opened, learned], self._now - ago)

    def ask_for_a_person(
        self, name: str, reason: str = "user_requested", ago: timedelta = timedelta(), **more: object
    ) -> None:
        handoff = Handoff(name, None, reason, "买家要找人", self._now - ago)
        self._store.handoffs.open(replace(handoff, **more))  # type: ignore[arg-type]

    def taken(self, name: str, by: str) -> None:
        self._store.handoffs.take(name, by, self._now)


@pytest.fixture
def database(url: str) -> str:
    """Of both kinds: the lists are what a database is asked most of."""
    return url


@pytest.fixture
def shop(inbox: Inbox) -> Shop:
    return Shop(inbox)


@pytest.fixture
def clerk(as_: Callable[..., TestClient]) -> TestClient:
    return as_(Role.CLERK, "小王")


def listed(client: TestClient, path: str = "/counter") -> list[str]:
    return re.findall(r'href="/counter/c/([^"?]+)', client.get(path).text)


def test_who_waits_comes_urgent_first_then_by_time(shop: Shop, clerk: TestClient) -> None:
    for name, urgency, minutes in (
        ("normal-old", Urgency.NORMAL, 50),
        ("urgent-new", Urgency.URGENT, 1),
        ("high", Urgency.HIGH, 5),
        ("urgent-old", Urgency.URGENT, 9),
        ("normal-new", Urgency.NORMAL, 2),
    ):
        shop.talk(name)
        shop.ask_for_a_person(name, ago=timedelta(minutes=minutes), urgency=urgency)
    assert listed(clerk) == ["urgent-old", "urgent-new", "high", "normal-old", "normal-new"]
    page = clerk.get("/counter").text
    assert "等了50分钟" in page and page.count("紧急") == 2


def test_each_conversation_stands_in_one_list(shop: Shop, clerk: TestClient) -> None:
    shop.talk("waits")
    shop.ask_for_a_person("waits")
    shop.talk("taken")
    shop.ask_for_a_person("taken")
    shop.taken("taken", "小李")
    shop.talk("mine")
    shop.ask_for_a_person("mine")
    shop.taken("mine", "小王")
    shop.talk("bot")
    shop.talk("quiet", ago=timedelta(days=2))
    assert listed(clerk) == ["waits"]
    assert sorted(listed(clerk, "/counter?tab=person")) == ["mine", "taken"]
    assert listed(clerk, "/counter?tab=person&mine=1") == ["mine"]
    assert listed(clerk, "/counter?tab=bot") == ["bot"]
    assert listed(clerk, "/counter?tab=done") == ["quiet"]
    assert "待接手 <b>1</b>" in clerk.get("/counter").text and "同事在办 <b>2</b>" in clerk.get("/counter").text


def test_a_conversation_handed_over_twice_is_listed_once(shop: Shop, clerk: TestClient) -> None:
    shop.talk("twice")
    shop.ask_for_a_person("twice")
    shop.ask_for_a_person("twice", "platform_stepped_in")
    assert listed(clerk) == ["twice"]
    assert "待接手 <b>1</b>" in clerk.get("/counter").text


@pytest.mark.parametrize("tab", ["waiting", "person", "bot", "done"])
def test_pages_hold_everything_once_and_in_order(shop: Shop, clerk: TestClient, tab: str) -> None:
    count = 2 * PAGE + 3
    for number in range(count):
        name, ago = f"c{number:03d}", timedelta(minutes=number, days=2 if tab == "done" else 0)
        shop.talk(name, ago=ago)
        if tab in ("waiting", "person"):
            shop.ask_for_a_person(name, ago=ago)
        if tab == "person":
            shop.taken(name, "小李")
    found: list[str] = []
    path: str | None = f"/counter?tab={tab}"
    while path:
        page = clerk.get(path).text
        found += re.findall(r'href="/counter/c/([^"?]+)', page)
        more = re.search(r'class="button" href="([^"]*after=[^"]*)"', page)
        path = more[1].replace("&amp;", "&") if more else None
    newest_first = [f"c{number:03d}" for number in range(count)]
    assert found == (newest_first[::-1] if tab in ("waiting", "person") else newest_first)


def test_a_search_finds_by_claim_order_buyer_and_item(shop: Shop, clerk: TestClient) -> None:
    shop.talk("a", buyer="tb_buyer_1")
    shop.claim("a", "SF-20261127-AAAAAA", "纯棉T恤 白色 L码", "2608815804")
    shop.talk("b", buyer="tb_buyer_2")
    shop.claim("b", "SF-20261127-BBBBBB", "保温杯 100%不锈钢", "2608819999", ago=timedelta(hours=1))
    shop.talk("no-claim", buyer="tb_buyer_3")
    shop.ask_for_a_person("no-claim", case_no="SF-20261127-CCCCCC")
    for words, found in (
        ("SF-20261127-AAAAAA", ["a"]),
        ("sf-20261127-aaaaaa", ["a"]),
        ("2608815804", ["a"]),
        ("5804", ["a"]),
        ("T恤", ["a"]),
        ("t恤 L码 5804", ["a"]),
        ("T恤 9999", []),
        ("26088", ["a", "b"]),
        ("tb_buyer_1", ["a", "b"]),
        ("tb_buyer_3", ["no-claim"]),
        ("no-claim", ["no-claim"]),
        ("SF-20261127-CCCCCC", ["no-claim"]),
        ("100%不", ["b"]),
        ("%", ["b"]),
        ("纯_T恤", []),
        ("没有这样东西", []),
    ):
        assert listed(clerk, f"/counter?q={words.replace('%', '%25')}") == found, words


def test_a_search_follows_a_claim_that_changes(inbox: Inbox, shop: Shop, clerk: TestClient) -> None:
    shop.talk("a")
    claim = shop.claim("a", "SF-20261127-AAAAAA", "纯棉T恤")
    other = FactsLearned("2608815804", Platform.TMALL, (ClaimLine("保温杯", "cup", 1, 0, 1),), Shortage.UNITS)
    inbox.desk.store.claims.append(claim, [other], inbox.desk.clock())
    assert listed(clerk, "/counter?q=T恤") == [] and listed(clerk, "/counter?q=保温杯") == ["a"]


def test_claims_by_their_state(inbox: Inbox, shop: Shop, clerk: TestClient) -> None:
    shop.talk("a")
    claim = shop.claim("a", "SF-20261127-AAAAAA", "纯棉T恤")
    shop.talk("b")
    shop.claim("b", "SF-20261127-BBBBBB", "保温杯")
    inbox.desk.store.claims.append(claim, [Withdrawn()], inbox.desk.clock())
    assert listed(clerk, f"/counter?state={ClaimState.WITHDRAWN.value}") == ["a"]
    assert listed(clerk, f"/counter?state={ClaimState.GATHERING.value}") == ["b"]


def test_who_waits_by_the_reason(shop: Shop, clerk: TestClient) -> None:
    for name, reason in (("a", "angry"), ("b", "policy_limit")):
        shop.talk(name)
        shop.ask_for_a_person(name, reason)
    assert listed(clerk, "/counter?reason=angry") == ["a"]


def test_what_buyers_write_is_text(shop: Shop, clerk: TestClient) -> None:
    shop.talk("markup", "<script>alert(1)</script>", buyer="<b>tb</b>")
    page = clerk.get("/counter?tab=bot").text
    assert "<script>alert" not in page and "&lt;script&gt;" in page and "<b>tb" not in page


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=999999999", "after=-1&tab=bot", "state=nonsense", "tab=nonsense", "q=%00", "q=%F0%9F%98%80"],
)
def test_a_strange_address_is_a_list_all_the_same(clerk: TestClient, query: str) -> None:
    assert clerk.get(f"/counter?{query}").status_code == 200
