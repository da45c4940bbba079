"""A buyer in the widget and a colleague at the counter, each in a browser of their own, against the real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import choose, picture, say, send, theirs
from tests.server import Server

ANSWER_MS = 45_000
PASSWORD = "a long enough password"
WIDE = {"viewport": {"width": 1366, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
# What a browser would let sound and show; nobody hears it here.
LISTENING = """
window.rung = 0; window.noticed = [];
AudioContext.prototype.createOscillator = (original => function () { window.rung += 1; return original.call(this); })(
  AudioContext.prototype.createOscillator);
window.Notification = class {
  static permission = 'granted';
  constructor(title, more) { window.noticed.push([title, more.body]); }
};
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("counter"))
    yield server
    server.kill()


@pytest.fixture
def buyer(visit: Callable[..., BrowserContext], real: Server) -> Page:
    tab = visit(**WIDE).new_page()
    tab.goto(real.url)
    expect(tab.locator("#orders > li")).to_have_count(20)
    return tab


@pytest.fixture
def clerk(visit: Callable[..., BrowserContext], real: Server) -> Page:
    """At the queue, with the alerts on."""
    context = visit(**WIDE)
    context.add_init_script(LISTENING)
    tab = context.new_page()
    tab.goto(f"{real.url}/counter")
    tab.get_by_role("button", name="开启提醒").click()
    expect(tab.get_by_role("button", name="提醒已开")).to_be_visible()
    return tab


def hears(tab: Page, text: str) -> None:
    expect(theirs(tab).filter(has_text=text).last).to_be_visible(timeout=ANSWER_MS)


def complain(buyer: Page, item: str = "纯棉T恤") -> None:
    """About an item, with a picture, until a person is asked for."""
    buyer.locator("#orders > li").filter(has_text=item).first.get_by_role("button", name="联系客服").click()
    say(buyer, "只到了一件")
    hears(buyer, "少2件")
    choose(buyer, ("箱子.jpg", picture(600)))
    send(buyer)
    hears(buyer, "补发")
    say(buyer, "转人工")
    expect(buyer.locator("shaofa-chat .line")).to_have_text("人工客服接入中", timeout=ANSWER_MS)


def open_first(clerk: Page) -> None:
    clerk.locator(".queue a").first.click()
    expect(clerk.locator("#log")).to_be_visible()


def press(clerk: Page, name: str) -> None:
    clerk.get_by_role("button", name=name, exact=True).first.click()


def test_from_the_complaint_to_the_number_with_the_server_killed_at_each_step(
    buyer: Page, clerk: Page, real: Server
) -> None:
    def restart() -> None:
        real.kill()
        real.start()

    complain(buyer)
    expect(clerk.locator(".queue a")).to_have_count(1, timeout=ANSWER_MS)
    expect(clerk).to_have_title(re.compile(r"^\(1\) "))
    assert clerk.evaluate("rung") >= 4  # when it was switched on, and now
    assert clerk.evaluate("noticed") == [["有买家在等人", "现在有1位在排队。"]]
    restart()
    open_first(clerk)
    press(clerk, "接手")
    expect(clerk.locator("#who")).to_contain_text("在您手里")
    restart()
    clerk.get_by_label("退款", exact=False).last.check()
    clerk.get_by_label("退多少元").fill("100")
    press(clerk, "给这个方案")  # above the limits: in the demo whoever is at the counter is the owner
    hears(buyer, "退您100元")
    restart()
    buyer.get_by_role("button", name="同意", exact=True).last.click(timeout=ANSWER_MS)
    hears(buyer, "说定了")
    expect(clerk.locator("#case")).to_contain_text("已约定", timeout=ANSWER_MS)
    restart()
    press(clerk, "已办好")
    hears(buyer, "退款已经办了")
    expect(clerk.locator("#case")).to_contain_text("已履行")
    restart()
    buyer.reload()
    for once in ("方案：退您100元", "说定了", "退款已经办了"):
        expect(theirs(buyer).filter(has_text=once)).to_have_count(1, timeout=ANSWER_MS)


def test_a_reply_and_the_buyers_words_come_without_a_reload(buyer: Page, clerk: Page) -> None:
    complain(buyer)
    open_first(clerk)
    clerk.get_by_label("回复买家").fill("我是小王，这就查")
    clerk.get_by_label("回复买家").press("Control+Enter")
    hears(buyer, "我是小王，这就查")
    clerk.get_by_label("回复买家").fill("还没写完")
    say(buyer, "谢谢，等您")
    expect(clerk.locator("#log")).to_contain_text("谢谢，等您", timeout=ANSWER_MS)
    expect(clerk.get_by_label("回复买家")).to_have_value("还没写完")
    clerk.get_by_text("常用语").click()
    clerk.locator(".phrases button").first.click()
    expect(clerk.get_by_label("回复买家")).to_have_value(re.compile("我是同事"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "desktop"])
def test_axe_has_nothing_to_say_and_nothing_sticks_out(
    visit: Callable[..., BrowserContext], buyer: Page, real: Server, size: dict[str, Any], scheme: str
) -> None:
    complain(buyer)
    tab = visit(color_scheme=scheme, bypass_csp=True, **size).new_page()
    found = []

    def look(path: str) -> None:
        tab.goto(path)
        for one in tab.locator("details").all():
            one.evaluate("details => { details.open = true; }")
        found.append((path, Axe().run(tab)))
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

    look(f"{real.url}/counter")
    talk = f"{real.url}{tab.locator('.queue a').last.get_attribute('href')}"
    look(talk)
    look(f"{real.url}{tab.locator('a.picture').first.get_attribute('href')}")
    look(f"{talk.partition('?')[0]}/read/1")
    for path in ("people", "audit", "?tab=done", "?q=T恤", "c/nowhere"):
        look(f"{real.url}/counter/{path}")
    wrong = [f"{path}: {result.generate_report()}" for path, result in found if result.violations_count]
    assert not wrong, "\n".join(wrong)


def test_everything_by_keyboard(buyer: Page, clerk: Page) -> None:
    complain(buyer)
    clerk.reload()
    link = clerk.locator(".queue a").first
    for _ in range(40):
        clerk.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    clerk.keyboard.press("Enter")
    expect(clerk.locator("#log")).to_be_visible()
    take = clerk.get_by_role("button", name="接手", exact=True)
    for _ in range(40):
        clerk.keyboard.press("Tab")
        if take.evaluate("button => button === document.activeElement"):
            break
    clerk.keyboard.press("Enter")
    expect(clerk.locator("#who")).to_contain_text("在您手里")


def test_accounts_and_roles_in_a_browser(
    visit: Callable[..., BrowserContext], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The link of the first start, a colleague of the owner's, and what that one may not do."""
    server = Server(tmp_path_factory.mktemp("shop"), SHAOFA_API_KEY="k" * 32)
    try:
        link = re.search(r"http://\S+/counter/welcome/[\w-]+", server.log())
        assert link
        owner = visit(**WIDE).new_page()
        owner.goto(link[0])
        owner.get_by_label("新密码").fill(PASSWORD)
        owner.get_by_label("再输一遍").fill(PASSWORD)
        press(owner, "设置密码")
        owner.get_by_role("link", name="人员").click()
        owner.get_by_label("名字").fill("小李")
        press(owner, "添加同事")
        colleague = visit(**WIDE).new_page()
        colleague.goto(owner.locator("#link").inner_text())
        colleague.get_by_label("新密码").fill(PASSWORD)
        colleague.get_by_label("再输一遍").fill(PASSWORD)
        press(colleague, "设置密码")
        expect(colleague.get_by_role("link", name="小李")).to_be_visible()
        expect(colleague.get_by_role("link", name="人员")).to_have_count(0)
        found = Axe().run(colleague)
        assert not found.violations_count, found.generate_report()
        press(colleague, "退出")
        expect(colleague.get_by_role("heading", name="登录")).to_be_visible()
    finally:
        server.stop()
