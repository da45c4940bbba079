"""小二 has stepped in: said back in one line that names what is kept, and asked about when it is not sure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.claims.model import ClaimState
from bot.db import make_engine
from bot.desk import Desk, offers
from bot.talk.handoff import platform_stepped_in
from bot.talk.turn import Memory, Step, Turn
from tests.databases import NewDatabase
from tests.desks import ANNA, Clock, again, do, say, seeded_desk


@pytest.fixture
def desk(new_database: NewDatabase) -> Iterator[Desk]:
    url = new_database()
    yield seeded_desk(url, Clock())
    make_engine(url).dispose()


def hear(desk: Desk, confidence: float = 0.99) -> tuple[Turn, Step]:
    with desk.case(ANNA) as case:
        intent = {"name": "platform_stepped_in", "confidence": confidence}
        turn = Turn(case, {"text": "小二已经介入了", "intent": intent}, Memory({"stage": "offered"}))
        return turn, platform_stepped_in(turn)


def test_what_is_promised_is_named_and_stays(desk: Desk) -> None:
    agreed = do(desk, offers.accept, do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim)
    turn, step = hear(desk)
    (reply,) = turn.replies
    assert reply.response == "utter_platform_stepped_in"
    assert (
        agreed.claim_id in reply.values["kept"]
        and "说好的“补发「纯棉T恤 白色 L码」1件”照样算数" in reply.values["kept"]
    )
    assert step.hands_over and step.slots["stage"] == "closed"
    after = again(desk, agreed)
    assert (after.state, after.promise) == (ClaimState.ESCALATED, agreed.promise)


def test_an_offer_is_no_promise(desk: Desk) -> None:
    offered = do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim
    turn, _ = hear(desk)
    assert offered.claim_id in turn.replies[0].values["kept"] and "说好" not in turn.replies[0].values["kept"]


def test_without_a_claim_the_talk_is_kept(desk: Desk) -> None:
    turn, step = hear(desk)
    assert turn.replies[0].values == {"kept": "聊天记录都留着，平台要看随时有。"} and step.hands_over
    assert desk.open(ANNA).is_with_platform


def test_what_is_not_sure_is_asked_about_and_changes_nothing(desk: Desk) -> None:
    offered = do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim
    turn, step = hear(desk, 0.59)
    assert [reply.response for reply in turn.replies] == ["utter_ask_platform_stepped_in"]
    assert step == Step() and again(desk, offered) == offered and desk.open(ANNA).handoff is None
