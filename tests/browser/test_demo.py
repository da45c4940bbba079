"""The demo page: what a newcomer sees first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import mine, say, theirs
from tests.browser.conftest import Double

WIDE = {"viewport": {"width": 1366, "height": 800}}


@pytest.fixture
def shop(visit: Callable[..., BrowserContext], server: Double) -> Page:
    tab = visit(**WIDE).new_page()
    tab.goto(server.url)
    expect(tab.locator("#orders > li")).to_have_count(20)
    return tab


def test_a_newcomer_sees_orders_and_the_open_chat(shop: Page) -> None:
    expect(shop).to_have_title("示例小店 · 少发演示")
    expect(shop.get_by_role("dialog")).to_contain_text("我是机器人小发")
    shirt = shop.locator("#orders > li").first
    expect(shirt).to_contain_text("纯棉T恤 白色 L码")
    expect(shirt).to_contain_text("实付 ¥109.69")
    expect(shirt).to_contain_text("已签收")


def test_after_sales_of_an_order_begin_with_that_order(shop: Page) -> None:
    shirt = shop.locator("#orders > li").first
    asked: list[str] = []
    shop.on("request", lambda request: asked.append(request.post_data or "") if "/session" in request.url else None)
    shirt.get_by_role("button", name="申请售后").click()
    expect(mine(shop)).to_contain_text("我要申请售后")
    expect(shop.get_by_role("dialog")).to_contain_text("咨询订单：尾号5804")
    expect(theirs(shop).last).to_contain_text("收到：我要申请售后")
    assert any(f'"order_id":"{shirt.get_attribute("data-order")}"' in body for body in asked)


def test_an_idea_is_said_with_a_press(shop: Page) -> None:
    shop.get_by_role("button", name="漏发了，怎么赔？").click()
    expect(mine(shop)).to_contain_text("漏发了，怎么赔？")


def test_a_reload_keeps_buyer_and_conversation(shop: Page, server: Double) -> None:
    say(shop, "少了一件")
    expect(theirs(shop).last).to_contain_text("收到：少了一件")
    shop.reload()
    expect(theirs(shop).last).to_contain_text("收到：少了一件")
    assert len(server.fake()) == 1


def test_another_buyer_begins_anew(shop: Page, server: Double) -> None:
    say(shop, "转人工")
    expect(theirs(shop)).to_contain_text(["我是机器人小发", "请同事来"])
    shop.get_by_role("button", name="换一位买家，从头再试").click()
    expect(mine(shop)).to_have_count(0)
    expect(theirs(shop)).to_have_count(1)
    say(shop, "少了一件")
    expect(theirs(shop).last).to_contain_text("收到：少了一件")


def test_without_the_server_it_says_so(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit().new_page()
    tab.route("**/demo/session", lambda route: route.fulfill(status=502, body=""))
    tab.goto(server.url)
    expect(tab.get_by_role("alert")).to_contain_text("请刷新页面再试")
