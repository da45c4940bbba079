"""The widget for everybody: keyboard, screen reader, zoom, phone, motion; and what it costs a page."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import box, mine, open_chat, say, theirs
from tests.browser.conftest import Double

WIDGET = Path(__file__).resolve().parents[2] / "bot" / "web" / "widget"
MAX_GZIPPED = 27_000
LATER = ("transport.js", "files.js")  # when the chat is opened
ENGLISH = "en.js"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def complain(page: Page) -> None:
    """A conversation with everything in it that the widget can draw."""
    say(page, "漏发")
    page.get_by_role("button", name="纯棉T恤").click()
    page.get_by_role("button", name="到了一件").click()
    page.get_by_role("button", name="接受", exact=True).click()
    expect(page.get_by_role("region", name="说好的事")).to_be_visible()
    say(page, "怎么赔")
    expect(page.get_by_role("region", name="怎么算的")).to_be_visible()
    say(page, "链接")
    expect(theirs(page).last).to_contain_text("看这里")
    say(page, "订单")
    expect(page.get_by_role("button", name="一件都没有")).to_be_visible()


@pytest.mark.parametrize(
    "options",
    [{}, {"color_scheme": "dark"}, PHONE, {**PHONE, "color_scheme": "dark"}],
    ids=["light", "dark", "phone", "phone-dark"],
)
def test_axe_finds_nothing(visit: Callable[..., BrowserContext], server: Double, options: dict[str, Any]) -> None:
    tab = visit(reduced_motion="reduce", bypass_csp=True, **options).new_page()
    tab.goto(f"{server.url}/page")
    found = [Axe().run(tab)]
    open_chat(tab)
    complain(tab)
    found.append(Axe().run(tab))
    tab.context.set_offline(True)
    say(tab, "离线")
    expect(mine(tab).last).to_contain_text("网络不通")
    found.append(Axe().run(tab))
    assert [result.generate_report() for result in found if result.violations_count] == []


def test_everything_by_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="联系客服")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()
    page.keyboard.type("到了一件")
    page.keyboard.press("Enter")
    agree = page.get_by_role("button", name="接受", exact=True)
    expect(agree).to_be_visible()
    page.keyboard.press("Shift+Tab")  # add a picture
    page.keyboard.press("Shift+Tab")  # 换个方案
    page.keyboard.press("Shift+Tab")
    expect(agree).to_be_focused()
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()  # what was pressed is spent
    expect(page.get_by_role("region", name="说好的事")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="联系客服")).to_be_focused()


def test_on_a_phone_the_page_behind_cannot_be_reached(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit(reduced_motion="reduce", **PHONE).new_page()
    tab.goto(f"{server.url}/page")
    open_chat(tab)
    assert tab.get_by_role("dialog").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    assert tab.evaluate("document.querySelector('a').focus() || document.activeElement.localName") == "shaofa-chat"
    expect(tab.get_by_role("button", name="拍照")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("button", name="联系客服")).to_be_focused()


def test_an_opening_page_does_not_take_the_focus(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit().new_page()
    tab.goto(f"{server.url}/page?open=1")
    expect(theirs(tab)).to_have_count(1)
    expect(box(tab)).not_to_be_focused()


def test_only_what_is_new_is_read_out(page: Page) -> None:
    spoken = page.locator("shaofa-chat [aria-live=polite]")
    expect(spoken).to_have_count(1)
    open_chat(page)
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    say(page, "少了一件")
    expect(spoken.locator("p")).to_have_text(["机器人：收到：少了一件"])
    page.reload()
    expect(theirs(page).last).to_contain_text("收到：少了一件")
    expect(spoken.locator("p")).to_have_count(0)


def test_at_twice_the_size_everything_is_within_reach(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit(viewport={"width": 640, "height": 400}).new_page()  # 1280×800 at 200 %
    tab.goto(f"{server.url}/page")
    open_chat(tab)
    complain(tab)
    for name in ("收起聊天窗口", "发送", "添加图片或视频", "一件都没有"):
        expect(tab.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 640


def test_no_motion_for_those_who_want_none(visit: Callable[..., BrowserContext], server: Double) -> None:
    for wish, moving in (("reduce", 0), ("no-preference", 1)):
        tab = visit(reduced_motion=wish).new_page()
        tab.goto(f"{server.url}/page?open=1")
        server.fake(delay=3)
        say(tab, "少了一件")
        expect(tab.get_by_role("img", name="小发正在输入")).to_be_visible()
        assert bool(tab.evaluate("document.querySelector('shaofa-chat').shadowRoot.getAnimations().length")) == bool(
            moving
        )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_may_decide_the_theme_and_the_accent(
    visit: Callable[..., BrowserContext], server: Double, theme: str
) -> None:
    tab = visit(color_scheme="light" if theme == "dark" else "dark").new_page()
    tab.goto(f"{server.url}/page?open=1&theme={theme}")
    tab.evaluate("document.querySelector('shaofa-chat').style.setProperty('--sf-accent', 'rgb(0, 90, 60)')")
    expect(tab.get_by_role("button", name="发送")).to_have_css("background-color", "rgb(0, 90, 60)")
    paper = {"light": "rgb(255, 255, 255)", "dark": "rgb(29, 30, 33)"}[theme]
    expect(tab.locator("shaofa-chat .head")).to_have_css("background-color", paper)


def test_nothing_is_drawn_from_markup() -> None:
    for path in WIDGET.glob("*.js"):
        code = path.read_text("utf-8")
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "https://",
        ):
            assert word not in code, f"{word} in {path.name}"


def test_it_weighs_little() -> None:
    """What every page loads, module by module; and all that a buyer ever loads, taken together."""
    sizes = {path: len(gzip.compress(path.read_bytes(), 9)) for path in WIDGET.glob("*.js") if path.name != ENGLISH}
    assert sum(size for path, size in sizes.items() if path.name not in LATER) <= MAX_GZIPPED, sizes
    assert len(gzip.compress(b"".join(path.read_bytes() for path in sorted(sizes)), 9)) <= MAX_GZIPPED


def test_what_is_not_needed_is_not_loaded(visit: Callable[..., BrowserContext], server: Double) -> None:
    tab = visit().new_page()
    loaded: list[str] = []
    tab.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    tab.goto(f"{server.url}/page")
    expect(tab.get_by_role("button", name="联系客服")).to_be_visible()
    assert not {ENGLISH, *LATER} & set(loaded)
    open_chat(tab)
    expect(theirs(tab)).to_have_count(1)
    assert set(LATER) <= set(loaded)
