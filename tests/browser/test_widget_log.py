"""A long conversation: who knows nothing of it begins with the newest page, and scrolls back for the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import line, mine, open_chat, say, theirs
from tests.browser.conftest import Double

SAID = "shaofa-chat .entry .bubble"
PAGE = 50
PATIENCE_MS = 30_000


@pytest.fixture
def elsewhere(page: Page, server: Double, visit: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """The same session, in a browser that has kept none of the entries."""
    open_chat(page)
    say(page, "第一句")
    expect(theirs(page).last).to_contain_text("收到：第一句")

    def come_back(**faults: object) -> Page:
        for said, times in (({"from": "bot", "text": "第#条"}, 118), ({"from": "agent", "text": "第#条"}, 2)):
            server.fake(say=said, times=times)
        server.fake(**faults)
        tab = visit(storage_state=page.context.storage_state()).new_page()
        tab.goto(f"{server.url}/page")
        open_chat(tab)
        return tab

    return come_back


def scroll_up(tab: Page) -> None:
    tab.locator("shaofa-chat .log").evaluate("log => log.scrollTop = 0")


@pytest.mark.parametrize("block", [[], ["socket"], ["socket", "events"]])
def test_it_begins_with_the_newest_page(elsewhere: Callable[..., Page], block: list[str]) -> None:
    tab = elsewhere(block=block)
    expect(tab.locator(SAID).last).to_have_text("第122条", timeout=PATIENCE_MS)
    expect(tab.locator(SAID)).to_have_count(PAGE + 1)  # and the greeting
    expect(tab.locator(SAID).nth(1)).to_have_text("第73条")


def test_scrolled_up_it_loads_the_rest_and_stays_where_it_is(elsewhere: Callable[..., Page]) -> None:
    tab = elsewhere()
    expect(tab.locator(SAID).last).to_have_text("第122条")
    oldest = tab.locator(SAID).filter(has_text="第73条")
    scroll_up(tab)
    before = oldest.bounding_box()
    expect(tab.locator(SAID)).to_have_count(2 * PAGE + 1)
    after = oldest.bounding_box()
    assert before and after and abs(before["y"] - after["y"]) < 60, "what is being read has not moved"
    expect(tab.get_by_role("button", name="回到最新消息")).to_be_visible()
    scroll_up(tab)
    expect(mine(tab)).to_have_text(["您：第一句"])
    said = tab.locator(SAID).all_text_contents()
    assert said[1:] == ["第一句", "收到：第一句", *(f"第{number}条" for number in range(3, 123))]
    scroll_up(tab)
    tab.wait_for_timeout(300)
    expect(tab.locator(SAID)).to_have_count(123)
    # What was loaded is kept: without a network it is all there after a refresh, and goes on where it was.
    tab.route("**/v1/web/**", lambda route: route.abort())
    tab.reload()
    expect(tab.locator(SAID)).to_have_count(123)


def test_a_page_that_does_not_come_is_asked_for_again(elsewhere: Callable[..., Page]) -> None:
    tab = elsewhere()
    expect(tab.locator(SAID).last).to_have_text("第122条")
    tab.route("**/v1/web/log?before=*", lambda route: route.abort())
    scroll_up(tab)
    tab.wait_for_timeout(300)
    expect(tab.locator(SAID)).to_have_count(PAGE + 1)
    tab.unroute("**/v1/web/log?before=*")
    tab.locator("shaofa-chat .log").evaluate("log => log.scrollTop = 30")
    expect(tab.locator(SAID)).to_have_count(2 * PAGE + 1)


def test_who_has_the_conversation_is_known_without_the_entry_that_says_so(
    elsewhere: Callable[..., Page], server: Double
) -> None:
    server.fake(say={"from": "system", "text": "", "state": "handed_off"})
    tab = elsewhere()
    expect(tab.locator(SAID).last).to_have_text("第123条")
    expect(line(tab)).to_have_text("人工客服为您服务")


def test_what_was_missed_comes_whole_however_long_it_is(page: Page, server: Double) -> None:
    open_chat(page)
    say(page, "第一句")
    expect(theirs(page).last).to_contain_text("收到：第一句")
    page.context.set_offline(True)
    expect(line(page)).to_have_text("已断开，正在重连…")
    server.fake(say={"from": "bot", "text": "第#条"}, times=120)
    server.fake(block=["socket", "events"])
    page.context.set_offline(False)
    expect(page.locator(SAID).last).to_have_text("第122条", timeout=PATIENCE_MS)
    said = page.locator(SAID).all_text_contents()
    assert said[3:] == [f"第{number}条" for number in range(3, 123)]
