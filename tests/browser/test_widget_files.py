"""Pictures and videos: chosen, pasted, dragged; told apart by content, made smaller, cancelled, tried again."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import choose, mine, open_chat, picture, say, send, theirs
from tests.browser.conftest import Double


def bring(page: Page, how: str, name: str, data: bytes) -> None:
    """Paste or drop a file, as the browser would report it."""
    page.locator("shaofa-chat textarea").evaluate(
        """(box, [how, name, base64]) => {
            const data = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([data], name, {type: 'image/jpeg'}));
            const more = {bubbles: true, cancelable: true, composed: true};
            box.dispatchEvent(how === 'paste' ? new ClipboardEvent('paste', {clipboardData: carried, ...more})
                                              : new DragEvent('drop', {dataTransfer: carried, ...more}));
        }""",
        [how, name, base64.b64encode(data).decode()],
    )


def uploads(server: Double) -> list[dict[str, Any]]:
    return [entry for log in server.fake() for entry in log if "file" in entry]


def test_a_picture_is_chosen_sent_and_shown_after_a_refresh(page: Page, server: Double) -> None:
    open_chat(page)
    choose(page, ("收到的.png", picture(400)))
    expect(page.get_by_role("img", name="图片：收到的.png")).to_be_visible()
    assert uploads(server) == []  # not before the buyer says so
    send(page)
    expect(theirs(page).last).to_contain_text("收到：图片")
    expect(mine(page).get_by_role("img", name="图片：收到的.png")).to_be_visible()
    page.reload()
    shown = mine(page).get_by_role("img", name="图片：收到的.png")
    expect(shown).to_have_js_property("naturalWidth", 400)
    shown.click()
    expect(page.locator("shaofa-chat .viewer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("shaofa-chat .viewer")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_pasted_and_dropped(page: Page, server: Double, how: str) -> None:
    open_chat(page)
    bring(page, how, "截图.jpg", picture(300))
    say(page, "就是这个")
    expect(theirs(page).filter(has_text="收到：就是这个")).to_have_count(1)
    assert [entry["file"]["name"] for entry in uploads(server)] == ["截图.jpg"]


def test_a_large_picture_is_made_smaller(page: Page, server: Double) -> None:
    data = picture(2640, "PNG", noise=True)
    assert len(data) > 20_000_000
    open_chat(page)
    choose(page, ("大图.png", data))
    send(page)
    expect(theirs(page).last).to_contain_text("收到：图片", timeout=30_000)
    expect(mine(page).get_by_role("img", name="图片：大图.png")).to_have_js_property("naturalWidth", 1600)
    assert len(uploads(server)) == 1


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("<b>说明</b>.png", "这是文字，不是图片".encode(), "“<b>说明</b>.png”不是图片或MP4视频"),
        ("坏了.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 100, "“坏了.jpg”打不开"),
        ("手机.heic", b"\0\0\0\x18ftypheic" + b"\0" * 100, "“手机.heic”打不开"),
        ("长.mp4", b"\0\0\0\x18ftypisom" + b"\0" * 100_000_001, "“长.mp4”太大了，最多100 MB"),
    ],
    ids=["text", "broken", "heic", "long"],  # not the 100 MB themselves
)
def test_what_cannot_be_sent_is_said_before_sending(
    page: Page, server: Double, name: str, data: bytes, reason: str
) -> None:
    open_chat(page)
    if len(data) > 50_000_000:  # more than Playwright carries over
        page.evaluate("window.big = new Blob([new Uint8Array([0, 0, 0, 24]), 'ftypisom', new Uint8Array(100_000_001)])")
        page.locator("shaofa-chat textarea").evaluate(
            """(box, name) => {
                const carried = new DataTransfer();
                carried.items.add(new File([window.big], name));
                box.dispatchEvent(new DragEvent('drop', {dataTransfer: carried, bubbles: true, cancelable: true}));
            }""",
            name,
        )
    else:
        choose(page, (name, data))
    expect(page.locator("shaofa-chat .notice")).to_contain_text(reason)
    expect(page.locator("shaofa-chat .tray li")).to_have_count(0)
    assert uploads(server) == []


def test_what_the_server_refuses_is_shown_with_its_reason(page: Page) -> None:
    refusal = '{"error": {"code": "unreadable", "message": "这张图打不开"}}'
    open_chat(page)
    page.route("**/v1/web/files?*", lambda route: route.fulfill(status=415, body=refusal))
    choose(page, ("图.png", picture(100)))
    send(page)
    expect(mine(page)).to_contain_text("没发出去：这张图打不开")
    mine(page).get_by_role("button", name="删除").click()
    expect(mine(page)).to_have_count(0)


def test_at_most_nine_at_once(page: Page) -> None:
    open_chat(page)
    choose(page, *[(f"{number}.png", picture(50 + number)) for number in range(11)])
    expect(page.locator("shaofa-chat .tray li")).to_have_count(9)
    expect(page.locator("shaofa-chat .notice")).to_contain_text("一次最多9个")
    page.get_by_role("button", name="移除0.png").click()
    expect(page.locator("shaofa-chat .tray li")).to_have_count(8)


def test_an_upload_under_way_is_cancelled(page: Page, server: Double) -> None:
    open_chat(page)
    server.fake(slow=20)
    choose(page, ("图.png", picture(200)))
    send(page)
    expect(page.get_by_role("progressbar", name="正在上传图.png")).to_be_visible()
    mine(page).get_by_role("button", name="取消").click()
    expect(mine(page)).to_have_count(0)
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(mine(page)).to_have_count(0)


def test_a_picture_waits_for_the_network_over_a_refresh(page: Page, server: Double) -> None:
    open_chat(page)
    say(page, "少了")
    expect(theirs(page).last).to_contain_text("收到：少了")
    page.route("**/v1/web/files?*", lambda route: route.abort())
    choose(page, ("图.png", picture(200)))
    send(page)
    expect(mine(page).last).to_contain_text("网络不通")
    page.unroute("**/v1/web/files?*")
    page.reload()
    expect(theirs(page).last).to_contain_text("收到：图片")
    assert len(uploads(server)) == 1
    expect(mine(page)).to_have_count(2)


def test_a_video_is_sent_as_it_is(page: Page, server: Double) -> None:
    open_chat(page)
    choose(page, ("开箱.mp4", b"\0\0\0\x18ftypisom" + b"\0" * 2000))
    send(page)
    expect(mine(page)).to_contain_text("视频：开箱.mp4")
    expect(theirs(page).last).to_contain_text("收到：图片")
    assert uploads(server)[0]["file"]["video"] is True
