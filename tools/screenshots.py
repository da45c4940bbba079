"""The pictures of the README, taken of the demo shop at ``URL``: ``python tools/screenshots.py URL``."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 760}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 1.5,
}
ANSWER_MS = 30_000


def send(page: Page, text: str, answer: str) -> None:
    page.get_by_label("输入消息").fill(text)
    page.get_by_role("button", name="发送").click()
    expect(page.locator("shaofa-chat .entry").filter(has_text=answer).last).to_be_visible(timeout=ANSWER_MS)


def complain(browser: Browser, url: str, **options: Any) -> Page:
    """About the first order, up to the first offer."""
    page = browser.new_context(reduced_motion="reduce", **options).new_page()
    page.goto(url)
    page.locator("#orders > li").first.get_by_role("button", name="联系客服").click()
    send(page, "拍了三件T恤，怎么就到一件", "拍张照片")
    photo = io.BytesIO()
    parcel = Image.new("RGB", (640, 480), "#c8a27c")
    ImageDraw.Draw(parcel).rectangle((150, 110, 490, 390), "#fdfdfb", "#8a6a4a", 6)
    parcel.save(photo, "JPEG")
    page.locator("shaofa-chat input[multiple]").set_input_files(
        {"name": "收到的东西.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    send(page, "", "给您补发")
    return page


def ask_for_a_person(page: Page, words: str) -> None:
    send(page, words, words)
    expect(page.locator("shaofa-chat .line")).to_have_text("人工客服接入中", timeout=ANSWER_MS)


def keep(page: Page, name: str) -> None:
    page.evaluate("document.activeElement.shadowRoot?.activeElement?.blur() ?? document.activeElement.blur()")
    page.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256, Image.Quantize.MAXCOVERAGE).save(FOLDER / f"{name}.png", optimize=True)


def counter(browser: Browser, url: str) -> None:
    """The queue and a conversation, as the shop's people see them."""
    for item, words in (("中筒袜", "转人工"), ("护眼台灯", "台灯冒烟，把手烫伤了")):
        page = browser.new_context(**WIDE).new_page()
        page.goto(url)
        page.locator("#orders > li").filter(has_text=item).first.get_by_role("button", name="联系客服").click()
        ask_for_a_person(page, words)
    ask_for_a_person(complain(browser, url, **WIDE), "我要找人工")

    page = browser.new_context(**WIDE).new_page()
    page.goto(f"{url}/counter?q=纯棉T恤")
    page.locator(".queue a").first.click()
    page.get_by_role("button", name="接手", exact=True).click()
    page.get_by_label("回复买家").fill("您好，前面的我都看过了，退款我来给您定。")
    page.get_by_role("button", name="发送").click()
    expect(page.locator("#log")).to_contain_text("退款我来给您定")
    keep(page, "counter-talk")

    page = browser.new_context(**PHONE).new_page()
    page.goto(f"{url}/counter")
    keep(page, "counter-phone")
    page = browser.new_context(**PHONE, color_scheme="dark").new_page()
    page.goto(f"{url}/counter?q=纯棉T恤")
    page.locator(".queue a").first.click()
    page.locator("#case").evaluate("part => part.scrollIntoView({block: 'start'})")
    keep(page, "counter-dark")


def main(url: str) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        keep(complain(browser, url, **WIDE), "desktop")

        page = complain(browser, url, **PHONE)
        page.get_by_role("button", name="换个方案").click()
        page.get_by_role("button", name="接受", exact=True).last.and_(page.locator(":enabled")).click(timeout=ANSWER_MS)
        expect(page.get_by_role("region", name="说好的事")).to_be_visible(timeout=ANSWER_MS)
        keep(page, "phone")

        page = complain(browser, url, **PHONE, color_scheme="dark")
        send(page, "怎么赔偿？", "违约金可申请")
        page.get_by_role("region", name="怎么算的").evaluate("card => card.scrollIntoView({block: 'start'})")
        keep(page, "dark")

        counter(browser, url)


if __name__ == "__main__":
    main(sys.argv[1])
