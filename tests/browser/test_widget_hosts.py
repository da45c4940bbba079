"""The widget on pages that are not made for it, under hands that are in a hurry, in browsers that are not new."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import box, line, mine, open_chat, say, theirs, words
from tests.browser.conftest import Double

LOUD = """<style>body {
  letter-spacing: 9px; word-spacing: 20px; text-transform: uppercase; text-indent: 2em; text-align: center;
  user-select: none; direction: rtl; text-shadow: 2px 2px red; -webkit-text-fill-color: lime; font-style: italic;
}</style>"""
QUIET = {
    "letterSpacing": "normal",
    "wordSpacing": "0px",
    "textTransform": "none",
    "textIndent": "0px",
    "userSelect": "auto",
    "direction": "ltr",
    "textShadow": "none",
    "fontStyle": "normal",
}


def offered(page: Page) -> None:
    open_chat(page)
    say(page, "到了一件")
    expect(page.get_by_role("button", name="接受", exact=True)).to_be_visible()


@pytest.mark.parametrize("choice", ["接受", "换个方案"])
def test_a_double_click_is_one_choice(page: Page, server: Double, choice: str) -> None:
    offered(page)
    page.get_by_role("button", name=choice, exact=True).dblclick()
    expect(mine(page)).to_have_count(2)
    page.wait_for_timeout(500)
    assert server.said().count(choice) == 1


def test_a_double_click_calls_one_person(page: Page, server: Double) -> None:
    open_chat(page)
    page.get_by_role("button", name="转人工").dblclick()
    expect(mine(page)).to_have_count(1)
    page.wait_for_timeout(500)
    assert server.said() == ["转人工"]


def test_cells_of_a_spreadsheet_are_pasted_as_text(page: Page) -> None:
    open_chat(page)
    box(page).evaluate(
        """(box) => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(9)], "image.png", {type: "image/png"}));
            carried.setData("text/plain", "T恤\\t3");
            const more = {bubbles: true, cancelable: true, composed: true};
            const paste = new ClipboardEvent("paste", {clipboardData: carried, ...more});
            window.leftToTheBrowser = box.dispatchEvent(paste);
        }"""
    )
    assert page.evaluate("window.leftToTheBrowser")
    expect(page.locator("shaofa-chat .tray li")).to_have_count(0)


def test_nothing_of_a_long_text_is_cut_in_silence(page: Page, server: Double) -> None:
    open_chat(page)
    text = "箱" * 2390 + "少了两箱"
    say(page, text)
    notice = page.locator("shaofa-chat .notice")
    expect(notice).to_contain_text("这条有2394字，一次最多2000字")
    expect(box(page)).to_have_value(text)
    assert server.said() == []
    box(page).fill("少了两箱")
    expect(notice).to_be_hidden()
    box(page).press("Enter")
    expect(mine(page)).to_have_count(1)


LOOK = """(node, names) => {
  const look = getComputedStyle(node);
  return Object.fromEntries(names.map((name) => [name, look[name]]));
}"""


def test_what_the_page_looks_like_stays_outside(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit(bypass_csp=True).new_page()
    tab.goto(f"{server.url}/page")
    tab.evaluate("(style) => document.head.insertAdjacentHTML('beforeend', style)", LOUD)
    open_chat(tab)
    say(tab, "链接")
    bubble = theirs(tab).last.locator(".bubble")
    expect(bubble).to_contain_text("看这里")
    assert bubble.evaluate(LOOK, list(QUIET)) == QUIET
    look = bubble.evaluate(LOOK, ["color", "webkitTextFillColor"])
    assert look["color"] == look["webkitTextFillColor"]


def test_a_browser_without_constructable_style_sheets_shows_it_all_the_same(
    visit: Callable[..., BrowserContext], server: Double
) -> None:
    context = visit(bypass_csp=True)
    context.add_init_script("window.CSSStyleSheet = function () { throw new TypeError('Illegal constructor'); }")
    tab = context.new_page()
    tab.goto(f"{server.url}/page")
    open_chat(tab)
    assert tab.locator("shaofa-chat .launcher").evaluate("(node) => getComputedStyle(node).position") == "fixed"


def test_it_is_not_on_paper(page: Page) -> None:
    page.emulate_media(media="print")
    expect(page.locator("shaofa-chat .launcher")).to_be_hidden()


def test_a_second_one_stays_away_and_says_so(page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.evaluate("document.body.append(document.createElement('shaofa-chat'))")
    expect(page.locator("shaofa-chat .launcher")).to_have_count(1)
    assert any("there is one on this page already" in text for text in said)


@pytest.mark.parametrize(
    "viewport", [{"width": 1200, "height": 800}, {"width": 360, "height": 740}], ids=["desk", "phone"]
)
def test_a_window_that_opens_by_itself_focuses_nothing_that_acts(
    visit: Callable[..., BrowserContext], server: Double, viewport: dict[str, int]
) -> None:
    tab = visit(viewport=viewport).new_page()
    tab.goto(f"{server.url}/page")
    tab.evaluate("document.querySelector('shaofa-chat').setAttribute('open', '')")
    expect(tab.get_by_role("dialog")).to_be_visible()
    expect(line(tab)).to_be_hidden()
    tab.keyboard.press("Space")
    tab.keyboard.press("Enter")
    tab.wait_for_timeout(300)
    assert server.said() == []
    expect(tab.get_by_role("dialog")).to_be_visible()


def test_the_page_keeps_its_focus_when_the_window_opens_by_itself(page: Page) -> None:
    page.get_by_role("link", name="一个链接").focus()
    page.evaluate("document.querySelector('shaofa-chat').setAttribute('open', '')")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("link", name="一个链接")).to_be_focused()


def test_a_draft_survives_a_refresh_and_is_gone_once_sent(page: Page) -> None:
    open_chat(page)
    box(page).fill("少了两双袜")
    page.reload()
    expect(box(page)).to_have_value("少了两双袜")
    box(page).press("Enter")
    expect(mine(page)).to_have_count(1)
    page.reload()
    expect(mine(page)).to_have_count(1)
    expect(box(page)).to_have_value("")
    assert words(page) == ["少了两双袜"]
