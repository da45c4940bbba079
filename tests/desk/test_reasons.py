"""The table of reasons, row by row: how urgent, what the shop reads, what a colleague may begin with."""

from __future__ import annotations

import re

import pytest

from bot.desk.reasons import REASONS, label
from bot.settings import ROOT
from bot.store import Urgency
from bot.understanding.danger import Danger

URGENT = ("distress", "danger", "threat", "fraud", "information_security")
DANGERS = {danger.value for danger in Danger}
HIGH = ("vulnerable", "angry", "repeat_visits", "promise_broken", "bot_error", "undelivered")
NORMAL = (
    "user_requested",
    "policy_limit",
    "sum_to_confirm",
    "offers_paused",
    "evidence_unclear",
    "contradiction",
    "low_confidence",
    "other_problem",
    "unverified",
    "other_address",
    "shop_answer",
    "agent_took_over",
    "platform_stepped_in",
)


@pytest.mark.parametrize(
    ("code", "urgency"),
    [
        *((code, Urgency.URGENT) for code in URGENT),
        *((code, Urgency.HIGH) for code in HIGH),
        *((code, Urgency.NORMAL) for code in NORMAL),
    ],
)
def test_a_reason_has_its_urgency_and_its_words(code: str, urgency: Urgency) -> None:
    reason = REASONS[code]
    assert reason.urgency is urgency
    assert 3 <= len(reason.label) <= 16 and label(code) == reason.label
    assert 15 <= len(reason.next) <= 50, "a sentence that a colleague may send as it is"
    assert reason.notice is (code != "agent_took_over")


def test_there_are_no_others() -> None:
    assert set(REASONS) == {*URGENT, *HIGH, *NORMAL}
    assert {*URGENT, "vulnerable"} == DANGERS


def test_every_reason_is_one_for_which_the_bot_hands_over() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
    assert {name for name in REASONS if name not in DANGERS and f'"{name}"' not in code} == set()
    handed_over = set(re.findall(r'hand_(?:over|off)\((?:turn|case), "(\w+)"', code))
    assert handed_over and handed_over <= set(REASONS)


def test_what_an_older_version_wrote_stands_for_itself() -> None:
    assert label("no_order") == "no_order"
