"""What must stay legible: what buyers say of their goods, and the numbers of orders, parcels, claims and requests."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable

import pytest

from bot.privacy import mask
from tests.examples import examples

SENTENCES = ("订单{}少了一件", "我的订单号是{}", "{}这单", "单号{} 一直没到", "{}")
Chance = random.Random(20261127)


def test_what_buyers_say_is_not_damaged() -> None:
    messages = examples()
    damaged = [said for said in messages if mask(said) != said]
    assert len(messages) > 15_000
    assert len(damaged) * 2000 <= len(messages), damaged


@pytest.mark.parametrize(
    "text",
    [
        "放在3号楼了",
        "3号楼",
        "地铁2号线",
        "5号发货8号才到",
        "都是套路",
        "一路颠簸少了3个",
        "给我弄2层气泡膜",
        "逛街5号买的",
        "15 20 25 30 35 4码各一件",
        "139.00 29.90 15",
        "1399.00和2000.00",
        "退了1500.00 2000.00 30",
        "买了一二三四五六七八九十件",
        "2026-11-23 13:14:15.926",
        "1号箱2层3个",
        "A4纸500张*8包",
        "100%纯棉 50%聚酯",
        "C:\\new\\2026\\u",
        "实付¥12,345.67",
        "2026年11月23日13时14分",
        "SF-20261123-7K3QXM",
        "YT0001234567890",
        "JD0123456789012",
        "231123-138123456789012",
        "4012 3456 7890 1234 567",
    ],
)
def test_this_stays_as_it_is(text: str) -> None:
    assert mask(text) == text


def _digits(count: int, first: str = "123456789") -> str:
    return Chance.choice(first) + "".join(Chance.choices("0123456789", k=count - 1))


@pytest.mark.parametrize(
    ("number", "per_mille"),
    [
        pytest.param(lambda: _digits(19, "1234"), 1, id="淘宝, 19 digits"),
        pytest.param(lambda: _digits(18), 2, id="淘宝, 18 digits, some like an identity number"),
        pytest.param(lambda: "69" + _digits(17), 1, id="抖音"),
        pytest.param(lambda: f"261123-{_digits(15)}", 0, id="拼多多"),
        pytest.param(lambda: _digits(12), 1, id="京东"),
        pytest.param(lambda: "2" + _digits(15), 1, id="快手"),
        pytest.param(lambda: _digits(16), 10, id="16 digits, some like a bank card"),
        pytest.param(lambda: _digits(15), 10, id="15 digits, some like an old identity number"),
        pytest.param(lambda: _digits(13), 2, id="圆通, 韵达"),
        pytest.param(lambda: f"SF{_digits(13)}", 2, id="顺丰"),
        pytest.param(lambda: _digits(10), 4, id="10 digits, some like 400 numbers"),
        pytest.param(lambda: _digits(8), 0, id="8 digits"),
        pytest.param(lambda: uuid.UUID(int=Chance.getrandbits(128)).hex, 0, id="request"),
        pytest.param(lambda: str(uuid.UUID(int=Chance.getrandbits(128))), 0, id="uuid"),
        pytest.param(lambda: "".join(Chance.choices("23456789ABCDEFGHJK", k=20)), 1, id="letters and digits"),
    ],
)
def test_hardly_a_number_is_taken_for_somebodys(number: Callable[[], str], per_mille: int) -> None:
    texts = [Chance.choice(SENTENCES).format(number()) for _ in range(3000)]
    damaged = [text for text in texts if mask(text) != text]
    assert len(damaged) <= 3 * per_mille, damaged


@pytest.mark.parametrize(
    "part",
    [
        "1", "13", "138-", "1 ", "0571", "6222 ", "路", "路1", "村1", "1号楼", "1栋1", "-1", "%E6", "%25", "\\",
        "\\u676d", "\\xe6", "一", "单", "a", "a.", "a@a.", "lu 1", "room 1 ", "No 1 a ", "*", "(",
        "订单", "13812345678 ", "文一路1号，", "a@b.c ",
    ],
)  # fmt: skip
def test_a_long_text_takes_no_time(part: str) -> None:
    begun = time.process_time()
    mask(part * (256_000 // len(part.encode())))
    assert time.process_time() - begun < 5  # below one as a rule; what grows with the square takes minutes
