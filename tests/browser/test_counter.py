"""A buyer in the widget and a colleague at the counter, each in a browser of their own, against the real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import say
from tests.browser.counter import (
    ANSWER_MS,
    LISTENING,
    PASSWORD,
    PHONE,
    WIDE,
    complain,
    hears,
    open_first,
    press,
    turn_alerts_on,
)
from tests.server import Server


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("counter"))
    yield server
    server.kill()


@pytest.fixture
def buyer(visit: Callable[..., BrowserContext], real: Server) -> Page:
    tab = visit(**WIDE).new_page()
    tab.goto(real.url)
    return tab


@pytest.fixture
def clerk(visit: Callable[..., BrowserContext], real: Server) -> Page:
    """At the queue, with the alerts on."""
    context = visit(**WIDE)
    context.add_init_script(LISTENING)
    tab = context.new_page()
    tab.goto(f"{real.url}/counter")
    turn_alerts_on(tab)
    return tab


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
    for path in ("people", "keys", "audit", "?tab=done", "?q=T恤", "c/nowhere"):
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
