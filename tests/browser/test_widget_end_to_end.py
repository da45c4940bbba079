"""The widget on the demo page against the real server: what buyers do, and what goes wrong on the way.

Faults of the network and of single answers are played through on the double, in ``test_widget_faults.py``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.chat import box, choose, line, mine, open_chat, picture, say, send, theirs, words
from tests.server import Server, serve

ANSWER_MS = 45_000  # a busy machine thinks longer, and a dead worker's lease has to run out
SECRET = "for-tests-only-for-tests-only-32"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WIDE = {"viewport": {"width": 1366, "height": 800}}
TWENTY_MB = picture(50, "PNG") + bytes(20_000_000)
MARKUP = "<img src=x onerror=alert(1)><script>alert(1)</script>少了一件"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("real"))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose buyers come with a token."""
    with serve(tmp_path_factory.mktemp("shop"), SHAOFA_WIDGET_SECRET=SECRET) as url:
        yield url


@pytest.fixture
def demo(visit: Callable[..., BrowserContext], real: Server) -> Page:
    """The demo page as a newcomer finds it."""
    return at_the_shop(visit(**WIDE).new_page(), real)


def at_the_shop(tab: Page, real: Server) -> Page:
    tab.goto(real.url)
    expect(tab.locator("#orders > li")).to_have_count(20)
    return tab


def ask_about(tab: Page, title: str) -> None:
    tab.locator("#orders > li").filter(has_text=title).first.get_by_role("button", name="联系客服").click()
    expect(box(tab)).to_be_focused()


def hears(tab: Page, text: str) -> None:
    expect(theirs(tab).filter(has_text=text).last).to_be_visible(timeout=ANSWER_MS)


def kept(tab: Page) -> dict[str, Any]:
    """What the widget remembers of its session."""
    found: dict[str, Any] = json.loads(
        tab.evaluate("Object.entries(localStorage).find(([key]) => key.startsWith('shaofa '))[1]")
    )
    return found


def log(server: str, tab: Page) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {kept(tab)['session']}"}
    entries: list[dict[str, Any]] = requests.get(f"{server}/v1/web/log", headers=headers, timeout=30).json()["entries"]
    return entries


def test_a_complaint_with_pictures_from_the_order_to_the_promise(
    visit: Callable[..., BrowserContext], real: Server
) -> None:
    tab = at_the_shop(visit(**PHONE).new_page(), real)
    open_chat(tab)
    say(tab, "你们漏发了")
    shirt = tab.get_by_role("button", name="纯棉T恤")
    shirt.click(timeout=ANSWER_MS)
    hears(tab, "实际到了几件")
    say(tab, "只到了一件")
    hears(tab, "少2件")
    choose(tab, ("箱子.jpg", picture(600)), ("衣服.png", picture(500, "PNG")))
    send(tab)
    hears(tab, "收到，存好了")
    tab.reload()
    expect(mine(tab).get_by_role("img", name="图片：箱子.jpg")).to_have_js_property(
        "naturalWidth", 480, timeout=ANSWER_MS
    )
    offer = tab.get_by_role("region", name="给您的方案").last
    expect(offer).to_contain_text("补发「纯棉T恤 白色 L码」2件")
    offer.get_by_role("button", name="换个方案").click()
    expect(offer).to_contain_text("退您73.13元", timeout=ANSWER_MS)
    say(tab, "怎么赔偿？")
    sums = tab.get_by_role("region", name="怎么算的")
    expect(sums.locator("b")).to_have_text(["73.13元", "32.91元"], timeout=ANSWER_MS)
    expect(sums).to_contain_text("以平台判定为准")
    offer.get_by_role("button", name="接受", exact=True).click()
    expect(tab.get_by_role("region", name="说好的事")).to_contain_text("退您73.13元", timeout=ANSWER_MS)
    expect(tab.get_by_role("region", name="说好的事")).to_contain_text("申请后24小时内")
    said = [entry["text"] for entry in log(real.url, tab) if entry["from"] == "buyer" and entry["text"]]
    assert said == words(tab)


def test_the_order_of_the_page_may_change_while_the_chat_is_open(demo: Page) -> None:
    ask_about(demo, "纯棉T恤")
    say(demo, "在吗")
    hears(demo, "我是示例小店的售后机器人")
    ask_about(demo, "中筒袜")
    say(demo, "少了一双")
    hears(demo, "「中筒袜 黑色」拍了5件，收到4件，少1件")


def test_the_server_is_killed_in_the_middle_of_an_answer(demo: Page, real: Server) -> None:
    ask_about(demo, "纯棉T恤")
    say(demo, "T恤少了一件")
    expect(demo.get_by_role("img", name="小发正在输入")).to_be_visible()
    real.kill()
    expect(line(demo)).to_have_text("已断开，正在重连…")
    say(demo, "人呢")
    expect(mine(demo).last).to_contain_text("网络不通")
    real.start()
    hears(demo, "少1件")
    expect(line(demo)).to_be_hidden(timeout=ANSWER_MS)
    expect(demo.locator("shaofa-chat .pending")).to_have_count(0, timeout=ANSWER_MS)
    assert words(demo) == ["T恤少了一件", "人呢"]
    assert [entry["text"] for entry in log(real.url, demo) if entry["from"] == "buyer"] == words(demo)
    expect(theirs(demo).filter(has_text="少1件。")).to_have_count(1)


def test_offline_online_and_a_second_tab(demo: Page, real: Server) -> None:
    ask_about(demo, "纯棉T恤")
    demo.context.set_offline(True)
    for text in ("T恤只到了", "一件"):
        say(demo, text)
    expect(mine(demo).first).to_contain_text("网络不通")
    demo.context.set_offline(False)
    hears(demo, "少2件")
    second = at_the_shop(demo.context.new_page(), real)
    hears(second, "少2件")
    say(second, "没有照片")
    hears(demo, "补发「纯棉T恤 白色 L码」2件")
    hears(second, "补发「纯棉T恤 白色 L码」2件")
    assert words(demo) == words(second) == ["T恤只到了", "一件", "没有照片"]
    assert theirs(demo).all_inner_texts() == theirs(second).all_inner_texts()


def test_pictures_too_large_or_not_pictures(demo: Page, real: Server) -> None:
    say(demo, "在吗")
    hears(demo, "我是示例小店的售后机器人")
    notice = demo.locator("shaofa-chat .notice")
    choose(demo, ("<b>说明</b>.png", "这是文字，不是图片".encode()))
    expect(notice).to_contain_text("“<b>说明</b>.png”不是图片或MP4视频")
    one = picture(600, "PNG", noise=True)
    assert len(one) > 1_000_000
    choose(demo, ("<i>一兆</i>.png", one))
    send(demo)
    hears(demo, "图收到了")
    expect(mine(demo).get_by_role("img", name="图片：<i>一兆</i>.png")).to_be_visible()
    # Past the widget: the server has the same limits.
    headers = {"Authorization": f"Bearer {kept(demo)['session']}", "Content-Type": "image/png"}
    for data, code in ((TWENTY_MB, "too_large"), ("这是文字".encode(), "not_a_picture")):
        answer = requests.post(f"{real.url}/v1/web/files?id={code}", headers=headers, data=data, timeout=60)
        assert answer.json()["error"]["code"] == code
    # A browser that cannot make a picture smaller sends none that is too large.
    demo.evaluate("window.createImageBitmap = () => Promise.reject(new Error('too many pixels')); null")
    choose(demo, ("大图.png", TWENTY_MB))
    expect(notice).to_contain_text("“大图.png”太大了，最多10 MB", timeout=ANSWER_MS)
    assert len([entry for entry in log(real.url, demo) if "file" in entry]) == 1


def test_markup_is_text_wherever_it_comes_from(demo: Page, real: Server) -> None:
    def poisoned(route: Route) -> None:
        answer = route.fetch()
        shown = answer.json()
        shown["orders"][0]["lines"][0]["title"] = MARKUP
        route.fulfill(response=answer, json=shown)

    say(demo, MARKUP)
    expect(mine(demo)).to_contain_text(MARKUP)
    expect(theirs(demo).nth(1)).to_be_visible(timeout=ANSWER_MS)
    agent = {"id": "markup", "conversation_id": kept(demo)["conversation_id"], "sender": {"id": "a", "role": "agent"}}
    requests.post(f"{real.url}/v1/messages", json={**agent, "text": MARKUP}, timeout=30)
    hears(demo, MARKUP)
    demo.route("**/demo/session", poisoned)
    demo.reload()
    expect(demo.locator("#orders > li").first).to_contain_text(MARKUP)
    expect(demo.locator("#orders :is(img, script), shaofa-chat .log :is(img, script)")).to_have_count(0)


def test_a_person_takes_over(demo: Page, real: Server) -> None:
    demo.get_by_role("button", name="转人工").click()
    hears(demo, "已经请同事接手")
    expect(line(demo)).to_have_text("人工客服接入中")
    agent = {"id": "agent-1", "conversation_id": kept(demo)["conversation_id"], "sender": {"id": "a", "role": "agent"}}
    requests.post(f"{real.url}/v1/messages", json={**agent, "text": "我是小王，这就给您办"}, timeout=30)
    expect(theirs(demo).last).to_contain_text("我是小王，这就给您办")
    expect(line(demo)).to_have_text("人工客服为您服务")
    before = len(log(real.url, demo))
    say(demo, "好的")
    time.sleep(2.5)
    assert len(log(real.url, demo)) == before + 1  # the bot is silent
    expect(demo.get_by_role("img", name="小发正在输入")).to_have_count(0)


def test_who_says_too_much_reads_why_in_chinese(demo: Page, real: Server) -> None:
    say(demo, "转人工")
    hears(demo, "已经请同事接手")
    headers = {"Authorization": f"Bearer {kept(demo)['session']}"}
    for number in range(60):
        said = {"id": f"m{number}", "text": "快"}
        requests.post(f"{real.url}/v1/web/messages", json=said, headers=headers, timeout=30)
    say(demo, "还有")
    expect(mine(demo).last).to_contain_text("发得太快了", timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "desktop"])
def test_axe_and_the_policy_have_nothing_to_say(
    visit: Callable[..., BrowserContext], real: Server, size: dict[str, Any], scheme: str
) -> None:
    context = visit(color_scheme=scheme, reduced_motion="reduce", **size)
    context.add_init_script(
        """window.violations = [];
        document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))"""
    )
    tab = at_the_shop(context.new_page(), real)
    found = [Axe().run(tab)]
    tab.locator("#orders > li").first.get_by_role("button", name="申请售后").click()
    say(tab, "少了一件")
    expect(tab.get_by_role("button", name="接受", exact=True)).to_be_visible(timeout=ANSWER_MS)
    found.append(Axe().run(tab))
    assert [result.generate_report() for result in found if result.violations_count] == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate("violations") == []


def token(buyer: str, lasts_s: int = 600) -> str:
    return jwt.encode({"sub": buyer, "exp": int(time.time()) + lasts_s}, SECRET, "HS256")


def page_of(tab: Page, shop: str, bearer: str) -> None:
    """A page of the shop that has logged this buyer in."""
    attributes = f'buyer-id="me" token="{bearer}" open'
    page = (
        '<!doctype html><html lang="zh-CN"><title>一家店</title><link rel="icon" href="data:,">'
        f'<script type="module" src="/widget/shaofa-chat.js"></script><shaofa-chat {attributes}></shaofa-chat></html>'
    )
    policy = {"Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:"}
    tab.route(f"{shop}/page", lambda route: route.fulfill(body=page, content_type="text/html", headers=policy))
    tab.goto(f"{shop}/page")


def test_another_buyers_token_opens_another_session(visit: Callable[..., BrowserContext], shop: str) -> None:
    tab = visit().new_page()
    page_of(tab, shop, token("buyer-1"))
    say(tab, "我是甲")
    expect(theirs(tab).nth(1)).to_be_visible(timeout=ANSWER_MS)
    first = kept(tab)
    answers: list[int] = []
    tab.on("response", lambda answer: answers.append(answer.status) if answer.url.endswith("/session") else None)
    page_of(tab, shop, token("buyer-2"))
    expect(mine(tab)).to_have_count(0)
    expect(theirs(tab)).to_have_count(1)
    say(tab, "我是乙")
    expect(theirs(tab).nth(1)).to_be_visible(timeout=ANSWER_MS)
    assert answers[:2] == [403, 200]
    assert words(tab) == ["我是乙"] and kept(tab)["conversation_id"] != first["conversation_id"]


def test_an_expired_token_is_said_and_a_new_one_helps(visit: Callable[..., BrowserContext], shop: str) -> None:
    tab = visit().new_page()
    page_of(tab, shop, token("buyer-3", lasts_s=-600))
    expect(line(tab)).to_have_text("现在连不上客服：登录信息过期了，请刷新页面再试。")
    say(tab, "少了一件")
    tab.locator("shaofa-chat").evaluate("(chat, token) => chat.setAttribute('token', token)", token("buyer-3"))
    expect(theirs(tab).nth(1)).to_be_visible(timeout=ANSWER_MS)
    expect(line(tab)).to_be_hidden()
    assert words(tab) == ["少了一件"]
