"""What platforms and tools let pass; all that we can say does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.inbox.harmless import claims_a_deed, is_harmless, leads_away

ROOT = Path(__file__).resolve().parents[2]


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [value] if isinstance(value, str) else []


def templates() -> list[str]:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    words = yaml.safe_load((ROOT / "words.yml").read_text(encoding="utf-8"))
    return [*texts(domain["responses"]), *texts(words)]


def test_no_template_leads_away_or_claims_a_deed() -> None:
    assert [text for text in templates() if leads_away(text) or claims_a_deed(text)] == []


def test_no_template_offers_a_sum_of_its_own() -> None:
    """Sums come out of the order or the rulebook, by a {name}."""
    offered = re.compile(r"(?:退|赔|补|送|给您?)[^，。]{0,6}[0-9]+(?:\.[0-9]+)?\s*元")
    assert [text for text in templates() if offered.search(text)] == []


@pytest.mark.parametrize(
    "text",
    ["加我微信", "加V信聊", "QQ 12345", "支付宝转你", "走线下", "看 https://a.cn/x", "www.x.com", "微 信", "ＱＱ"],
)
def test_what_leads_away(text: str) -> None:
    assert leads_away(text) and not is_harmless(text)


@pytest.mark.parametrize("text", ["已退款，请查收", "已经给您发货了", "钱已到账"])
def test_what_claims_a_deed(text: str) -> None:
    assert claims_a_deed(text) and not is_harmless(text)


@pytest.mark.parametrize("text", ["物流显示已发货", "订单里写着已退款", "还没发货", "退款后联系我"])
def test_what_the_record_says_may_be_said(text: str) -> None:
    assert not claims_a_deed(text)


@pytest.mark.parametrize(
    "text", ["退您五十块", "给你打8折", "赔你100元", "一定会处理好", "送您优惠券", "包邮", "￥20", "便宜点", "三百块吧"]
)
def test_another_model_may_not_name_sums_or_promises(text: str) -> None:
    assert not is_harmless(text)


@pytest.mark.parametrize("text", ["您好，这款是纯棉的，可以机洗。", "今天天气不错，有事随时叫我。"])
def test_small_talk_may_be_said(text: str) -> None:
    assert is_harmless(text)
