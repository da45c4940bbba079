"""The whole way, each in a browser of their own: a buyer in the widget, a clerk and a lead at the counter. After every
step the server dies as when the power fails, and comes back: nothing is lost, and nothing said twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.console import passwords
from bot.db import make_engine
from bot.store import Store
from bot.store.accounts import Role
from tests.browser.chat import choose, mine, picture, say, send, theirs, words
from tests.browser.counter import (
    ANSWER_MS,
    LISTENING,
    PASSWORD,
    WIDE,
    ask_about,
    hears,
    open_first,
    press,
    turn_alerts_on,
    waits_for_a_person,
)
from tests.office import fresh
from tests.server import ROOT, Server

Visit = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a clerk, 小王, and a lead, 老陈; the bot may promise what is worth 50元, and no more."""
    folder: Path = tmp_path_factory.mktemp("flow")
    policy = (ROOT / "shop.yml").read_text(encoding="utf-8")
    (folder / "shop.yml").write_text(re.sub(r"(max_re(?:ship|fund)_fen): \d+", r"\1: 5000", policy), encoding="utf-8")
    server = Server(folder, SHAOFA_SHOP_FILE=str(folder / "shop.yml"))
    engine = make_engine(fresh(folder)["SHAOFA_DATABASE_URL"])
    accounts = Store(engine).accounts
    for name, role in (("小王", Role.CLERK), ("老陈", Role.LEAD)):
        accounts.open(name, role, datetime.now(timezone.utc))
        accounts.set_password(name, passwords.kept(PASSWORD))
    engine.dispose()
    yield server
    server.kill()


def at_the_counter(visit: Visit, shop: Server, name: str) -> Page:
    context = visit(**WIDE)
    context.add_init_script(LISTENING)
    tab = context.new_page()
    tab.goto(f"{shop.url}/counter")
    tab.get_by_label("名字").fill(name)
    tab.get_by_label("密码").fill(PASSWORD)
    press(tab, "登录")
    turn_alerts_on(tab)
    return tab


def test_from_the_complaint_to_the_number_with_the_server_killed_at_each_step(visit: Visit, shop: Server) -> None:
    def restart() -> None:
        shop.kill()
        shop.start()

    buyer = visit(**WIDE).new_page()
    buyer.goto(shop.url)
    clerk, lead = at_the_counter(visit, shop, "小王"), at_the_counter(visit, shop, "老陈")

    ask_about(buyer, "纯棉T恤")
    say(buyer, "只到了一件")
    restart()  # before it is answered
    hears(buyer, "少2件")
    choose(buyer, ("箱子.jpg", picture(600)))
    send(buyer)
    waits_for_a_person(buyer)  # two of them are worth more
    expect(clerk.locator(".queue a")).to_have_count(1, timeout=ANSWER_MS)
    expect(clerk).to_have_title(re.compile(r"^\(1\) "))
    assert clerk.evaluate("rung") >= 4  # when it was switched on, and now
    assert clerk.evaluate("noticed") == [["有买家在等人", "现在有1位在排队。"]]
    restart()

    open_first(clerk)
    expect(clerk.locator("#who")).to_contain_text("超出")
    press(clerk, "接手")
    expect(clerk.locator("#who")).to_contain_text("在您手里")
    restart()
    lead.goto(clerk.url.partition("?")[0])
    expect(lead.locator("#who")).to_contain_text("小王在办")

    clerk.get_by_role("radio", name="补发 超额度").check()
    press(clerk, "给这个方案")
    expect(clerk.locator("#case")).to_contain_text("要组长来批")
    restart()
    press(lead, "批准并发给买家")
    hears(buyer, "方案：补发")
    restart()

    buyer.get_by_role("button", name="同意", exact=True).last.click()
    expect(mine(buyer).filter(has_text="同意")).to_have_count(1)
    restart()  # before it is answered
    hears(buyer, "说定了")
    expect(clerk.locator("#case")).to_contain_text("已约定", timeout=ANSWER_MS)
    clerk.get_by_label("快递公司").fill("中通快递")
    clerk.get_by_label("快递单号").fill("ZT1234567890123")
    press(clerk, "已办好")
    hears(buyer, "ZT1234567890123")
    expect(clerk.locator("#case")).to_contain_text("已履行")
    restart()

    buyer.reload()
    for once in ("少2件", "方案：补发", "说定了", "ZT1234567890123"):
        expect(theirs(buyer).filter(has_text=once)).to_have_count(1, timeout=ANSWER_MS)
    assert [text.strip() for text in words(buyer) if text.strip()] == ["只到了一件", "同意"]
