"""Every opening, whatever comes in between, leads to an offer that can be accepted."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest

from bot.inbox.model import Incoming, Outcome
from tests.office import TestOffice

OPENINGS: dict[str, list[str]] = {
    "a complaint": ["T恤少了一件"],
    "a bare number first": ["T恤", "到了两件"],
    "an item first": ["少的是T恤", "少一件"],
    "an order first": ["{order:T恤}", "到了两件"],
    "a wish first": ["我要退款", "T恤少了一件"],
    "another wish first": ["给我补发", "T恤少了一件"],
    "a yes to nothing": ["好的", "T恤少了一件"],
    "no photo to nothing": ["没照片", "T恤少了一件"],
    "a greeting": ["你好", "T恤少了一件"],
    "evidence owed, none there": ["T恤少了两件", "没有照片"],
    "a correction": ["T恤少了两件", "说错了，少一件"],
    "a parcel that has come after all": ["锅铲没有，箱子里只有锅", "不是"],
    "a parcel that is not waited for": ["弹力带没收到，只有瑜伽垫", "退款"],
    "a parcel that is not waited for, reship": ["弹力带没收到，只有瑜伽垫", "补发"],
    "an outburst": ["什么垃圾店", "T恤少了一件"],
}
INTERRUPTIONS = ["", "没照片", "运费谁出", "怎么赔偿？", "好气啊", "在吗", "🌸", "你是机器人吗", "换个方案", "谢谢"]


@pytest.mark.parametrize(("opening", "between"), list(product(OPENINGS, INTERRUPTIONS)))
def test_the_offer_can_be_accepted(office: TestOffice, opening: str, between: str) -> None:
    buyer = f"{opening}-{between}"
    office.welcome(buyer)

    def say(text: str) -> Outcome:
        incoming = Incoming(buyer, office.fill(text, buyer), buyer_id=buyer)
        return asyncio.run(office.inbox.handle(incoming))

    for text in OPENINGS[opening]:
        last = say(text)
    assert last.claim is not None and last.claim["state"] == "offered", last
    said = [reply["text"] for reply in last.replies]
    assert len(set(said)) == len(said) and sum("可以吗" in text for text in said) == 1, "one offer, made once"
    if between:
        say(between)
    agreed = say("接受")
    assert agreed.claim is not None and agreed.claim["state"] == "agreed", agreed
    assert agreed.replies[-1]["text"].startswith("定了")
