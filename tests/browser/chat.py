"""How a buyer uses the widget; Playwright looks into the shadow DOM by itself."""

from __future__ import annotations

import io
import random

from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect


def open_chat(page: Page) -> None:
    page.locator("shaofa-chat").get_by_role("button", name="联系客服").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def box(page: Page) -> Locator:
    return page.get_by_label("输入消息")


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    payloads: list[FilePayload] = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    page.locator("shaofa-chat input[type=file][multiple]").set_input_files(payloads)


def send(page: Page) -> None:
    page.get_by_role("button", name="发送").click()


def line(page: Page) -> Locator:
    """Where it says 连接中, 已断开, 人工客服接入中."""
    return page.locator("shaofa-chat .line")


def mine(page: Page) -> Locator:
    return page.locator("shaofa-chat .entry.buyer")


def theirs(page: Page) -> Locator:
    """What robot and people said, the greeting among it."""
    return page.locator("shaofa-chat .entry:not(.buyer):not(:has(.typing))")


def words(page: Page) -> list[str]:
    """What the buyer's own bubbles say, in their order."""
    return mine(page).locator(".bubble").all_text_contents()


def picture(edge: int, form: str = "JPEG", *, noise: bool = False) -> bytes:
    """A square picture; noise is what cannot be compressed."""
    image = Image.new("RGB", (edge, edge), (180, 90, 40))
    if noise:
        image = Image.frombytes("RGB", (edge, edge), random.Random(7).randbytes(edge * edge * 3))
    data = io.BytesIO()
    image.save(data, form, quality=95, compress_level=1)
    return data.getvalue()
