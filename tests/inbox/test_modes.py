"""How far the shop lets the bot go: by mode, at night, when it is not sure, and beside its business."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from bot.claims.doors import DoorPolicy, Mode, Outside
from bot.claims.shop import Hours
from bot.desk import Case, Desk, handoffs
from bot.engine.protocol import Response
from bot.inbox.inbox import Inbox
from bot.inbox.modes import Dealt, deal, spoken
from bot.inbox.upstream import Upstream
from tests.desks import POLICY
from tests.inboxes import Echo, log, message, reply, said


class Other(Upstream):
    def __init__(self, answer: str | Exception) -> None:
        super().__init__("http://127.0.0.1:1", None, "x")
        self._answer, self.asked = answer, 0

    def _ask(self, text: str) -> str:
        self.asked += 1
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def dealt(inbox: Inbox, text: str, policy: DoorPolicy, **more: Any) -> Dealt:
    return asyncio.run(deal(inbox, message(text, key="desk-1"), policy, **more))


@pytest.fixture
def outside(engine: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Response([reply("这个我帮不上。")], {}, {"name": "out_of_scope", "confidence": 0.9})
    monkeypatch.setattr(engine, "respond", lambda *_: own)


def test_auto_counts_and_is_on_record_with_its_key(inbox: Inbox) -> None:
    assert dealt(inbox, "少了", DoorPolicy()).decision == "send"
    (entry, _) = inbox.log.after("talk-a")
    assert entry.body == {"text": "少了", "key": "desk-1"}
    assert inbox.log.became([entry])[0].why == "echo"


@pytest.mark.parametrize(("mode", "decision"), [(Mode.SUGGEST, "suggest"), (Mode.OFF, "no_reply")])
def test_less_than_auto_writes_nothing(inbox: Inbox, mode: Mode, decision: str) -> None:
    assert dealt(inbox, "少了", DoorPolicy(mode=mode)).decision == decision and log(inbox) == []


def test_at_night_another_mode_holds(inbox: Inbox, desk: Desk) -> None:
    closed = Hours(weekly={"mon": "9:00-10:00"})
    desk.policy = POLICY.copy(update={"hours": closed})
    assert dealt(inbox, "少了", DoorPolicy(night=Mode.SUGGEST)).mode is Mode.SUGGEST
    desk.policy = POLICY.copy(update={"hours": Hours()})
    assert dealt(inbox, "少了", DoorPolicy(night=Mode.SUGGEST)).mode is Mode.AUTO


def test_what_it_is_not_sure_of_is_only_suggested(inbox: Inbox) -> None:
    assert dealt(inbox, "少了", DoorPolicy(sure_percent=60)).decision == "suggest" and log(inbox) == []
    assert dealt(inbox, "少了", DoorPolicy(sure_percent=40)).decision == "send"


@pytest.mark.usefixtures("outside")
def test_beside_its_business_the_shop_chooses_the_words(inbox: Inbox) -> None:
    assert said(dealt(inbox, "讲个笑话", DoorPolicy()).outcome) == ["这个我帮不上。"]
    assert said(dealt(inbox, "讲个笑话", DoorPolicy(outside=Outside.SILENT)).outcome) == []
    line = DoorPolicy(outside=Outside.LINE, outside_line="同事稍后回您")
    assert said(dealt(inbox, "讲个笑话", line).outcome) == ["同事稍后回您"]


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("这款可以机洗。", "这款可以机洗。"),
        ("给您退50元", "这个我帮不上。"),
        ("加我微信聊", "这个我帮不上。"),
        ("", "这个我帮不上。"),
        (requests.ConnectionError(), "这个我帮不上。"),
    ],
)
def test_another_model_is_believed_little(inbox: Inbox, answer: str | Exception, told: str) -> None:
    policy = DoorPolicy(outside=Outside.UPSTREAM)
    assert said(dealt(inbox, "能洗吗", policy, upstream=Other(answer)).outcome) == [told]


@pytest.mark.usefixtures("outside")
def test_one_that_fails_again_and_again_is_left_alone(inbox: Inbox) -> None:
    other = Other(requests.Timeout())
    for _ in range(5):
        dealt(inbox, "能洗吗", DoorPolicy(outside=Outside.UPSTREAM), upstream=other)
    assert other.asked == 3


def test_what_is_its_business_is_nobody_elses(inbox: Inbox) -> None:
    other = Other("这款可以机洗。")
    dealt(inbox, "少了", DoorPolicy(outside=Outside.UPSTREAM), upstream=other)
    assert other.asked == 0


def test_a_hand_off_is_one(inbox: Inbox, engine: Echo) -> None:
    def call(case: Case) -> None:
        handoffs.hand_off(case, "user_requested")

    engine.during = call
    outcome = dealt(inbox, "转人工", DoorPolicy())
    assert outcome.hands_over and outcome.decision == "handoff"


def test_a_suggestion_calls_nobody_and_has_no_marker(inbox: Inbox, engine: Echo) -> None:
    engine.during = lambda case: handoffs.hand_off(case, "user_requested")
    policy = DoorPolicy(mode=Mode.SUGGEST, marker="转人工")
    suggested = dealt(inbox, "找人", policy)
    assert suggested.would_hand_over and not suggested.hands_over
    assert "转人工" not in spoken(suggested, policy) and not inbox.with_person("talk-a")


@pytest.mark.parametrize("wrong", [{"outside": "line"}, {"outside_line": "x"}, {"mode": "on"}, {"more": 1}])
def test_what_does_not_go_together_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DoorPolicy(**wrong)
