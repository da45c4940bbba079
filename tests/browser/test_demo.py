"""The demo page in Debian's chromium: a newcomer picks an order, complains, agrees; pictures, keyboard, reload."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.server import serve

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The page as a newcomer sees it. An error in its script, or something that its policy blocks, fails the test."""
    complaints: list[str] = []
    visit = browser.new_context()
    tab = visit.new_page()
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text) if "Refused" in message.text else None)
    tab.goto(url)
    yield tab
    visit.close()
    assert complaints == []


def say(page: Page, text: str) -> None:
    page.get_by_label("输入消息").fill(text)
    page.get_by_label("输入消息").press("Enter")


def order(page: Page, title: str) -> None:
    page.get_by_role("button", name=title).first.click()


def test_a_newcomer_settles_a_complaint(page: Page) -> None:
    expect(page.locator("#orders button")).to_have_count(20)
    order(page, "纯棉T恤")
    say(page, "我拍了三件怎么就到两件")
    expect(page.locator("#claim")).to_contain_text("等您点头")
    page.get_by_role("button", name="接受").click()
    expect(page.locator("#claim")).to_contain_text("已说好")
    expect(page.locator(".message.bot").last).to_contain_text("定了：补发")
    expect(page.get_by_role("button", name="接受")).to_have_count(0)


def test_no_order_is_picked_and_the_bot_offers_them(page: Page) -> None:
    say(page, "你们漏发了")
    page.locator(".choices button").first.click()
    expect(page.locator(".message.bot").last).to_contain_text("实际到了几件")


def test_pictures_are_sent_and_shown(page: Page, tmp_path: Path) -> None:
    photo = tmp_path / "收到的.jpg"
    Image.new("RGB", (320, 240), (120, 90, 60)).save(photo)
    order(page, "纯棉T恤")
    say(page, "少发了俩")
    expect(page.get_by_role("button", name="没有照片")).to_be_visible()
    page.locator("#files").set_input_files(photo)
    expect(page.locator(".message.buyer img")).to_be_visible()
    expect(page.locator("#claim")).to_contain_text("1份")
    expect(page.locator(".message.bot").last).to_contain_text("补发")


def test_a_reload_keeps_the_conversation(page: Page) -> None:
    order(page, "纯棉T恤")
    say(page, "少了一件")
    expect(page.get_by_role("button", name="接受")).to_be_visible()
    page.reload()
    expect(page.locator(".message.buyer")).to_have_text("您：少了一件")
    expect(page.locator("#claim")).to_contain_text("等您点头")
    page.get_by_role("button", name="接受").click()
    expect(page.locator("#claim")).to_contain_text("已说好")


def test_another_order_is_another_conversation(page: Page) -> None:
    order(page, "纯棉T恤")
    say(page, "少了一件")
    expect(page.get_by_role("button", name="接受")).to_be_visible()
    order(page, "北欧书架")
    expect(page.locator(".message")).to_have_count(0)
    expect(page.locator("#claim")).to_be_hidden()
    say(page, "箱子里少了螺丝包")
    expect(page.locator("#claim")).to_contain_text("螺丝包")


def test_markup_stays_text(page: Page) -> None:
    say(page, "<img src=x onerror=alert(1)><b>少了一件</b>")
    expect(page.locator(".message.buyer")).to_contain_text("<b>少了一件</b>")
    expect(page.locator(".message.buyer b, .message.buyer img")).to_have_count(0)


def test_a_word_being_composed_is_not_sent(page: Page) -> None:
    page.get_by_label("输入消息").fill("shao")
    page.evaluate(
        """document.getElementById('text').dispatchEvent(
            new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"""
    )
    expect(page.locator(".message")).to_have_count(0)
    expect(page.get_by_label("输入消息")).to_have_value("shao")


def test_after_a_hand_off_the_page_says_so(page: Page) -> None:
    say(page, "转人工")
    expect(page.locator("#handoff")).to_be_visible()
    say(page, "人呢")
    expect(page.locator(".message.typing")).to_have_count(0)
    expect(page.locator(".message.bot")).to_have_count(1)
    page.get_by_role("button", name="重新开始").click()
    expect(page.locator("#handoff")).to_be_hidden()


def test_what_was_not_sent_can_be_sent_again(page: Page) -> None:
    expect(page.locator("#orders button")).to_have_count(20)
    page.route("**/v1/messages", lambda route: route.fulfill(status=502, body="bad gateway"))
    say(page, "漏发了")
    again = page.get_by_role("button", name="重发")
    expect(again).to_be_visible()
    page.unroute("**/v1/messages")
    again.click()
    expect(page.locator(".message.bot").last).to_contain_text("哪一单")
    expect(page.locator(".message.buyer")).to_have_count(1)
