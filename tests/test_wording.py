"""What the bot says: every response is used, every button is understood, nothing promised that may not be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.claims.causes import CauseKind
from bot.claims.model import Remedy
from bot.doors.web.refusals import STATUS
from tests.office import TestOffice

ROOT = Path(__file__).resolve().parent.parent
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
PHRASES: dict[str, Any] = yaml.safe_load((ROOT / "bot" / "talk" / "phrases.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
TEXTS = {name: variant["text"] for name, variants in RESPONSES.items() for variant in variants}
BUTTONS = [button for variants in RESPONSES.values() for variant in variants for button in variant.get("buttons", [])]

# What a button must be understood as, whatever the model is trained on.
MEANT = {
    "接受": "accept_offer",
    "换个方案": "reject_offer",
    "那我等等": "hold_on",
    "我去问问": "hold_on",
    "确实没有": "deny",
    "不等了，现在处理": "reject_offer",
    "不等了，退款": "request_refund",
    "已经收到了，里面没有": "report_short_shipment",
    "没找到，还是少了": "report_short_shipment",
    "找到了，不用办了": "withdraw_claim",
    "没有照片": "no_evidence",
    "少发了东西": "report_short_shipment",
    "查进度": "ask_progress",
    "转人工": "request_human",
    "小二已经介入了": "platform_stepped_in",
    "怎么申请小二介入": "request_platform",
    "订单号4010123456789012345": "give_order",
    "少的是纯棉T恤 白色 L码": "give_item",
    "只收到2件": "give_quantity report_short_shipment",  # facts, whichever it is called
    "一件都没收到": "give_quantity report_short_shipment",
}


@pytest.mark.parametrize(("payload", "intent"), MEANT.items())
def test_a_button_is_understood_as_what_it_says(office: TestOffice, payload: str, intent: str) -> None:
    seen = office.inbox.engine.parse(payload)["intent"]
    assert seen["name"] in intent.split() and seen["confidence"] > 0.5, seen


def test_every_button_is_among_them() -> None:
    fixed = {button["payload"] for button in BUTTONS}
    assert fixed <= set(MEANT)
    assert not any(payload.startswith("/") for payload in fixed)


def test_every_response_is_said_somewhere() -> None:
    rooms = ("talk", "inbox", "doors")
    code = "".join(path.read_text(encoding="utf-8") for room in rooms for path in (ROOT / "bot" / room).glob("*.py"))
    data = "".join((ROOT / "data" / name).read_text(encoding="utf-8") for name in ("rules.yml", "stories.yml"))
    composed = (
        {f"utter_offer_{remedy.value}" for remedy in Remedy}
        | {f"utter_agreed_{remedy.value}" for remedy in Remedy}
        | {f"utter_cause_{kind.value}" for kind in CauseKind}
        | {f"utter_upload_{code}" for code in ("too_large", "not_a_picture", "unreadable", "missing")}
        | {f"utter_{reason}" for reason in ("not_upheld", "unclear")}
        | {f"utter_state_{state}" for state in ("handed_off", "resumed")}
        | {f"utter_web_{code}" for code in STATUS}
        # `action_explain` and `action_other_problem` answer with the response of the intent's name.
        | {f"utter_{name}" for intent in DOMAIN["intents"] for name in intent}
    )
    unsaid = {name for name in RESPONSES if name not in composed and f'"{name}"' not in code and name not in data}
    assert unsaid == set()


@pytest.mark.parametrize("name", TEXTS)
def test_a_response_is_short_and_plain(name: str) -> None:
    text = TEXTS[name]
    assert len(text) <= 220, "nobody reads more on a phone"
    officialese = ("尊敬的", "敬请", "予以", "贵方", "烦请", "谅解", "为您服务", "祝您生活愉快", "非常抱歉给您带来")
    begging = ("求您", "跪", "删差评", "改评价", "给个好评", "五星")
    promised = ("一定赔", "保证赔", "肯定能拿到", "绝对")
    elsewhere = ("微信", "QQ", "支付宝转账", "线下", "加我")
    for word in (*officialese, *begging, *promised, *elsewhere):
        assert word not in text
    assert not re.search(r"[a-z]{4,}", re.sub(r"\{\w+\}|jpg|png", "", text)), "no English to a buyer"


def test_the_words_that_make_seller_tools_transfer_are_left_to_hand_offs() -> None:
    # dify-on-qianniu transfers, and deletes the words, wherever an answer holds 转人工.
    assert [name for name, text in TEXTS.items() if "转人工" in text] == []


def test_the_penalty_is_always_left_to_the_platform() -> None:
    for name, text in TEXTS.items():
        if "违约金" in text:
            assert "平台" in text, name


@pytest.mark.parametrize("name", ["utter_hand_off_unclear", "utter_hand_off_rounds", "utter_explain_platform"])
def test_without_agreement_the_way_to_the_platform_is_said(name: str) -> None:
    assert "小二介入" in TEXTS[name] and "以页面倒计时为准" in TEXTS[name]


def test_every_intent_has_examples_and_the_main_ones_many() -> None:
    examples: dict[str, int] = {}
    for path in (ROOT / "data" / "nlu.yml", *(ROOT / "data" / "nlu").rglob("*.yml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in item:
                examples[item["intent"]] = examples.get(item["intent"], 0) + item["examples"].count("\n")
    intents = {name for intent in DOMAIN["intents"] for name in intent}
    assert set(examples) == intents and len(intents) >= 30
    assert sorted(examples.values())[-10] >= 40


def test_fixed_phrases_keep_their_gaps() -> None:
    """A reworded phrase that loses its {name} would lose a fact."""
    assert "{missing}" in PHRASES["understood"] and "{received}" in PHRASES["understood"]
    assert all(
        "{what}" in PHRASES["promised"][key] or "{amount}" in PHRASES["promised"][key] for key in PHRASES["promised"]
    )
    assert "{order_id}" in PHRASES["buttons"]["order"]["payload"]
