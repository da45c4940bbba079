"""Never lost, never doubled: refresh, no network, a killed server, lost answers, blocked sockets, two tabs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import box, line, mine, open_chat, say, theirs, words
from tests.browser.conftest import Double

PATIENCE_MS = 30_000


@pytest.fixture
def settled(page: Page) -> Page:
    """A conversation under way."""
    open_chat(page)
    say(page, "第一句")
    expect(theirs(page).last).to_contain_text("收到：第一句")
    return page


def test_a_refresh_keeps_the_conversation_open(settled: Page) -> None:
    settled.reload()
    expect(settled.get_by_role("dialog")).to_be_visible()
    expect(theirs(settled).last).to_contain_text("收到：第一句")
    assert words(settled) == ["第一句"]


def test_a_refresh_without_the_server_still_shows_it(settled: Page, server: Double) -> None:
    settled.route("**/v1/web/**", lambda route: route.abort())
    settled.reload()
    expect(theirs(settled).last).to_contain_text("收到：第一句")
    expect(line(settled)).to_have_text("已断开，正在重连…")


def test_a_refresh_before_the_answer(page: Page, server: Double) -> None:
    open_chat(page)
    server.fake(delay=1.5)
    say(page, "少了一件")
    expect(page.get_by_role("img", name="小发正在输入")).to_be_visible()
    page.reload()
    expect(theirs(page).last).to_contain_text("收到：少了一件")
    expect(mine(page)).to_have_count(1)


def test_a_closed_tab_is_picked_up_by_the_next(settled: Page, server: Double) -> None:
    context = settled.context
    settled.close()
    server.fake(say={"from": "bot", "text": "补发今天寄出了"})
    tab = context.new_page()
    tab.goto(f"{server.url}/page")
    tab.get_by_role("button", name="联系客服，1条新消息").click()
    expect(theirs(tab).last).to_contain_text("补发今天寄出了")
    assert words(tab) == ["第一句"]


def test_offline_and_online_again(settled: Page, server: Double) -> None:
    settled.context.set_offline(True)
    expect(line(settled)).to_have_text("已断开，正在重连…")
    for text in ("一", "二", "三"):
        say(settled, text)
    expect(mine(settled).nth(1)).to_contain_text("网络不通，恢复后自动发送")
    server.fake(say={"from": "bot", "text": "您不在时说的"})
    settled.context.set_offline(False)
    expect(theirs(settled).filter(has_text="收到：三")).to_have_count(1)
    expect(theirs(settled).filter(has_text="您不在时说的")).to_have_count(1)
    assert words(settled) == server.said() == ["第一句", "一", "二", "三"]


def test_what_was_said_offline_outlives_the_tab(settled: Page, server: Double) -> None:
    context = settled.context
    settled.route("**/v1/web/messages", lambda route: route.abort())
    say(settled, "关掉前说的")
    expect(mine(settled).last).to_contain_text("网络不通")
    settled.close()
    tab = context.new_page()
    tab.goto(f"{server.url}/page")
    expect(tab.get_by_role("button", name="联系客服，1条新消息")).to_be_visible()
    assert server.said() == ["第一句", "关掉前说的"]


def test_an_answer_that_is_lost_does_not_double_the_message(settled: Page, server: Double) -> None:
    server.fake(lose=2)
    say(settled, "第二句")
    say(settled, "第三句")
    expect(theirs(settled).filter(has_text="收到：第三句")).to_have_count(1)
    expect(settled.locator("shaofa-chat .pending")).to_have_count(0)
    assert words(settled) == server.said() == ["第一句", "第二句", "第三句"]


def test_entries_pushed_twice_are_shown_once(page: Page, server: Double) -> None:
    open_chat(page)
    server.fake(repeat=True)
    say(page, "一")
    expect(theirs(page).last).to_contain_text("收到：一")
    say(page, "二")
    expect(theirs(page).last).to_contain_text("收到：二")
    expect(theirs(page)).to_have_count(3)
    assert words(page) == ["一", "二"]


@pytest.mark.parametrize("block", [["socket"], ["socket", "events"]])
def test_where_sockets_and_streams_are_blocked(page: Page, server: Double, block: list[str]) -> None:
    server.fake(block=block)
    open_chat(page)
    say(page, "少了一件")
    expect(theirs(page).last).to_contain_text("收到：少了一件", timeout=PATIENCE_MS)
    expect(line(page)).to_be_hidden()
    server.fake(block=block, say={"from": "agent", "text": "我是小王"})
    expect(theirs(page).last).to_contain_text("我是小王", timeout=PATIENCE_MS)


def test_a_session_that_the_server_forgot_is_opened_anew(settled: Page, server: Double) -> None:
    server.fake(forget=True)
    say(settled, "第二句")
    expect(theirs(settled).last).to_contain_text("收到：第二句", timeout=PATIENCE_MS)
    assert words(settled) == ["第二句"]


def test_a_message_that_is_refused_can_be_tried_again_or_dropped(settled: Page) -> None:
    refusal = '{"error": {"code": "bad_text", "message": "这句发不了"}}'
    settled.route("**/v1/web/messages", lambda route: route.fulfill(status=400, body=refusal))
    say(settled, "第二句")
    say(settled, "第三句")
    expect(mine(settled).nth(1)).to_contain_text("没发出去：这句发不了")
    expect(mine(settled).nth(2)).to_contain_text("没发出去：这句发不了")
    settled.unroute("**/v1/web/messages")
    mine(settled).nth(1).get_by_role("button", name="删除").click()
    mine(settled).nth(1).get_by_role("button", name="重试").click()
    expect(theirs(settled).last).to_contain_text("收到：第三句")
    assert words(settled) == ["第一句", "第三句"]


def test_a_server_in_trouble_is_tried_again(settled: Page, server: Double) -> None:
    server.fake(fail=2)
    say(settled, "第二句")
    expect(theirs(settled).last).to_contain_text("收到：第二句", timeout=PATIENCE_MS)
    assert server.said() == ["第一句", "第二句"]


def test_two_tabs_agree(visit: Callable[..., BrowserContext], server: Double) -> None:
    context = visit()
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(f"{server.url}/page?open=1")
    for tab in tabs:
        expect(theirs(tab)).to_have_count(1)
    say(tabs[0], "从甲说")
    expect(theirs(tabs[1]).last).to_contain_text("收到：从甲说")
    say(tabs[1], "从乙说")
    expect(theirs(tabs[0]).last).to_contain_text("收到：从乙说")
    assert words(tabs[0]) == words(tabs[1]) == server.said() == ["从甲说", "从乙说"]
    assert len(server.fake()) == 1  # one session, although both opened it


def test_what_waits_in_two_tabs_is_sent_once(settled: Page, server: Double) -> None:
    settled.context.set_offline(True)
    say(settled, "离线说的")
    expect(mine(settled).last).to_contain_text("网络不通")
    settled.context.set_offline(False)
    second = settled.context.new_page()
    second.goto(f"{server.url}/page?open=1")
    for tab in (settled, second):
        expect(theirs(tab).filter(has_text="收到：离线说的")).to_have_count(1)
        assert words(tab) == ["第一句", "离线说的"]
    assert server.said() == ["第一句", "离线说的"]


def test_a_burst_keeps_its_order(page: Page, server: Double) -> None:
    open_chat(page)
    said = [f"第{number}条" for number in range(12)]
    for text in said:
        box(page).fill(text)
        box(page).press("Enter")
    expect(theirs(page).filter(has_text="收到：第11条")).to_have_count(1)
    assert words(page) == server.said() == said
