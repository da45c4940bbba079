"""How people of the shop use the counter, and how a buyer gets there."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.chat import choose, picture, say, send, theirs

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


def hears(tab: Page, text: str) -> None:
    expect(theirs(tab).filter(has_text=text).last).to_be_visible(timeout=ANSWER_MS)


def ask_about(buyer: Page, item: str) -> None:
    """From the demo's list of orders."""
    expect(buyer.locator("#orders > li")).to_have_count(20)
    buyer.locator("#orders > li").filter(has_text=item).first.get_by_role("button", name="联系客服").click()


def complain(buyer: Page, item: str = "纯棉T恤") -> None:
    """About an item, with a picture, until a person is asked for."""
    ask_about(buyer, item)
    say(buyer, "只到了一件")
    hears(buyer, "少2件")
    choose(buyer, ("箱子.jpg", picture(600)))
    send(buyer)
    hears(buyer, "补发")
    say(buyer, "转人工")
    waits_for_a_person(buyer)


def waits_for_a_person(buyer: Page) -> None:
    expect(buyer.locator("shaofa-chat .line")).to_have_text("人工客服接入中", timeout=ANSWER_MS)


def turn_alerts_on(tab: Page) -> None:
    tab.get_by_role("button", name="开启提醒").click()
    expect(tab.get_by_role("button", name="提醒已开")).to_be_visible()


def open_first(tab: Page) -> None:
    tab.locator(".queue a").first.click()
    expect(tab.locator("#log")).to_be_visible()


def press(tab: Page, name: str) -> None:
    tab.get_by_role("button", name=name, exact=True).first.click()
