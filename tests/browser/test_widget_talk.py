"""The widget in a conversation: words, choices, cards, what it tells the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import box, line, mine, open_chat, say, theirs, words
from tests.browser.conftest import Double


def test_a_message_is_sent_and_answered(page: Page) -> None:
    open_chat(page)
    expect(theirs(page)).to_contain_text("我是机器人小发")
    say(page, "少了一件")
    expect(mine(page)).to_contain_text("少了一件")
    expect(page.get_by_role("img", name="小发正在输入")).to_be_visible()
    expect(theirs(page).last).to_contain_text("收到：少了一件")
    expect(page.get_by_role("img", name="小发正在输入")).to_have_count(0)
    expect(box(page)).to_have_value("")


def test_the_header_says_that_it_is_a_robot_and_how_to_get_a_person(page: Page) -> None:
    open_chat(page)
    expect(page.get_by_role("dialog")).to_contain_text("机器人小发")
    page.get_by_role("button", name="转人工").click()
    expect(line(page)).to_have_text("人工客服接入中")
    expect(page.get_by_role("button", name="转人工")).to_be_hidden()
    say(page, "在吗")
    expect(page.get_by_role("img", name="小发正在输入")).to_have_count(0)


def test_from_the_order_to_the_promise(page: Page) -> None:
    open_chat(page)
    say(page, "你们漏发了")
    shirt = page.get_by_role("button", name="纯棉T恤")
    expect(shirt).to_contain_text("11月22日 · 共3件 · 实付109.69元 · 尾号5804")
    shirt.click()
    expect(shirt).to_be_disabled()
    expect(shirt).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="到了一件").click()
    expect(page.get_by_role("button", name="到了一件")).to_have_count(0)
    offer = page.get_by_role("region", name="给您的方案")
    expect(offer).to_contain_text("退您73.13元")
    expect(offer).to_contain_text("11月26日 02:53前退回")  # 18:53 UTC the day before
    offer.get_by_role("button", name="接受", exact=True).click()
    expect(offer.get_by_role("button", name="换个方案")).to_be_disabled()
    promise = page.get_by_role("region", name="说好的事")
    expect(promise).to_contain_text("11月26日 02:53前")
    expect(promise).to_contain_text("SF-20261123-ECZFSC")


def test_choices_are_spent_by_any_later_word(page: Page) -> None:
    open_chat(page)
    say(page, "订单1")
    expect(page.get_by_role("button", name="到了一件")).to_be_enabled()
    say(page, "等等")
    expect(page.get_by_role("button", name="到了一件")).to_have_count(0)


def test_the_compensation_line_by_line(page: Page) -> None:
    open_chat(page)
    say(page, "怎么赔")
    card = page.get_by_role("region", name="怎么算的")
    expect(card.locator("b")).to_have_text(["73.13元", "32.91元"])
    expect(card).to_contain_text("以平台判定为准")
    expect(theirs(page).last.locator(".bubble")).not_to_contain_text("÷3件")  # not said twice
    lines = card.get_by_role("listitem")
    expect(lines).to_have_count(4)
    expect(lines.nth(2)).to_have_text("违约金能不能拿到、拿多少，以平台判定为准。〔天猫错发漏发规则〕")
    expect(lines.nth(3)).to_contain_text("运费：由商家承担")


def test_the_words_on_a_card_are_the_servers(page: Page) -> None:
    open_chat(page)
    say(page, "改了说法")
    offer = page.get_by_role("region", name="这样办好不好")
    expect(offer.locator("b")).to_have_text(["73.13元"])
    offer.get_by_role("button", name="就这么办").click()
    expect(mine(page).last).to_contain_text("接受")


def test_a_card_of_a_time_when_cards_had_no_words_is_its_text_with_buttons(page: Page) -> None:
    open_chat(page)
    say(page, "旧卡片")
    expect(theirs(page).last).to_contain_text("退您73.13元，这样可以吗？")
    theirs(page).last.get_by_role("button", name="接受").click()
    expect(page.get_by_role("region", name="说好的事")).to_be_visible()


def test_an_unknown_card_is_its_text(page: Page) -> None:
    open_chat(page)
    say(page, "新卡片")
    expect(theirs(page).last).to_contain_text("这张卡片您看不到")


def test_markup_stays_text_wherever_it_comes_from(page: Page) -> None:
    open_chat(page)
    say(page, "标记 <img src=x onerror=alert(1)><b>少了</b>")
    expect(mine(page)).to_contain_text("<b>少了</b>")
    expect(theirs(page).last).to_contain_text("<script>alert(1)</script>")
    say(page, "漏发")
    expect(page.get_by_role("button", name="<img src=x onerror=alert(1)>")).to_be_visible()
    expect(page.locator("shaofa-chat .log :is(img, script, .bubble b)")).to_have_count(0)


def test_only_web_addresses_become_links_and_open_elsewhere(page: Page) -> None:
    open_chat(page)
    say(page, "链接")
    link = theirs(page).last.get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://example.com/a?b=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")


def test_line_breaks_are_kept(page: Page) -> None:
    open_chat(page)
    box(page).fill("第一行")
    box(page).press("Shift+Enter")
    box(page).type("第二行")
    box(page).press("Enter")
    assert words(page) == ["第一行\n第二行"]


@pytest.mark.parametrize("composing", [{"isComposing": True}, {"keyCode": 229}])
def test_a_word_being_composed_is_not_sent(page: Page, composing: dict[str, Any]) -> None:
    open_chat(page)
    box(page).fill("shao")
    for key in ("Enter", "Escape"):
        box(page).evaluate(
            "(box, event) => box.dispatchEvent(new KeyboardEvent('keydown', event))",
            {"key": key, "bubbles": True, "cancelable": True, **composing},
        )
    expect(box(page)).to_have_value("shao")
    expect(mine(page)).to_have_count(0)
    box(page).press("Enter")
    expect(mine(page)).to_have_count(1)


def test_what_came_while_closed_is_counted(page: Page, server: Double) -> None:
    open_chat(page)
    say(page, "少了一件")
    expect(theirs(page).last).to_contain_text("收到")
    page.get_by_role("button", name="收起聊天窗口").click()
    server.fake(say={"from": "agent", "text": "我是客服小王"})
    expect(page.get_by_role("button", name="联系客服，1条新消息")).to_be_visible()
    page.reload()
    launcher = page.get_by_role("button", name="联系客服，1条新消息")
    launcher.click()
    expect(theirs(page).last).to_contain_text("我是客服小王")
    page.get_by_role("button", name="收起聊天窗口").click()
    expect(page.get_by_role("button", name="联系客服", exact=True)).to_be_visible()


def test_a_buyer_who_never_opens_it_costs_nothing(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit().new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{server.url}/page")
    expect(tab.get_by_role("button", name="联系客服")).to_be_visible()
    assert not [url for url in asked if "/v1/web" in url or "transport.js" in url]


def test_the_page_hears_of_it(page: Page) -> None:
    page.evaluate(
        """() => {
            window.heard = [];
            for (const name of ['message', 'handoff', 'case']) document.addEventListener(`shaofa:${name}`, (event) => {
                heard.push([name, event.composed, event.detail]);
                document.title += ` ${name}`;
            });
        }"""
    )
    page.evaluate("document.querySelector('shaofa-chat').send('到了一件')")
    expect(page).to_have_title(re.compile("case"))
    page.evaluate("document.querySelector('shaofa-chat').send('转人工')")
    expect(page).to_have_title(re.compile("handoff"))
    heard = page.evaluate("heard")
    assert all(composed for _, composed, _ in heard)
    assert [detail["from"] for name, _, detail in heard if name == "message"][:2] == ["buyer", "bot"]
    assert next(detail["claim_id"] for name, _, detail in heard if name == "case") == "SF-20261123-ECZFSC"


def test_calls_made_before_it_loads_are_replayed(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit().new_page()
    tab.add_init_script(
        """window.ShaofaChat = window.ShaofaChat || {q: [], strings: {title: '小店客服', placeholder: '请说'}};
        ShaofaChat.q.push(['open'], ['send', '提前说的'])"""
    )
    tab.goto(f"{server.url}/page")
    expect(mine(tab)).to_contain_text("提前说的")
    expect(box(tab)).to_have_attribute("placeholder", "请说")
    tab.evaluate("ShaofaChat.q.push(['close'])")
    expect(tab.get_by_role("dialog")).to_be_hidden()


def test_in_english(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit().new_page()
    tab.goto(f"{server.url}/page?lang=en&open=1")
    expect(tab.get_by_role("dialog")).to_contain_text("Robot Xiaofa")
    tab.get_by_role("textbox", name="Message").fill("到了一件")
    tab.get_by_role("button", name="Send").click()
    expect(tab.get_by_role("region", name="Our offer")).to_contain_text("Paid back by Nov 26")


def test_another_buyer_finds_nothing_of_the_first(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit().new_page()
    tab.goto(f"{server.url}/page?buyer-id=a&open=1")
    say(tab, "我是甲")
    expect(theirs(tab).last).to_contain_text("收到：我是甲")
    tab.evaluate("document.querySelector('shaofa-chat').setAttribute('buyer-id', 'b')")
    expect(mine(tab)).to_have_count(0)
    say(tab, "我是乙")
    expect(theirs(tab).last).to_contain_text("收到：我是乙")
    assert len(server.fake()) == 2
    tab.evaluate("document.querySelector('shaofa-chat').setAttribute('buyer-id', 'a')")
    expect(mine(tab)).to_contain_text("我是甲")
    tab.evaluate("document.querySelector('shaofa-chat').forget()")
    tab.reload()
    expect(theirs(tab)).to_have_count(1)
    expect(mine(tab)).to_have_count(0)
