"""小二 has stepped in: said in one line that names what is kept, and asked about when it is not sure."""

from __future__ import annotations

from bot.claims.model import Claim, ClaimState
from bot.desk import Case, promises
from bot.talk.handoff import platform_stepped_in
from bot.talk.turn import Step
from tests.turns import filled, take, turn

INTENT = "platform_stepped_in"


def test_what_is_promised_is_named_and_stays(case: Case, agreed: Claim) -> None:
    heard = turn(case, INTENT, stage="agreed")
    step, said = take(platform_stepped_in, heard)
    assert said == ["utter_platform_stepped_in"]
    kept = filled(heard)["kept"]
    assert agreed.claim_id in kept and "说好的“补发「纯棉T恤 白色 L码」1件”照样算数" in kept
    assert step == Step({"stage": "closed", "requested_slot": None}, hands_over=True)
    assert case.current is not None
    assert (case.current.state, case.current.promise) == (ClaimState.ESCALATED, agreed.promise)


def test_what_was_kept_is_no_promise_any_more(case: Case, agreed: Claim) -> None:
    promises.fulfil(case, agreed)
    heard = turn(case, INTENT)
    take(platform_stepped_in, heard)
    assert agreed.claim_id in filled(heard)["kept"] and "说好" not in filled(heard)["kept"]


def test_an_offer_is_no_promise(case: Case, offered: Claim) -> None:
    heard = turn(case, INTENT, stage="offered")
    take(platform_stepped_in, heard)
    assert offered.claim_id in filled(heard)["kept"] and "说好" not in filled(heard)["kept"]


def test_without_a_claim_the_talk_is_kept(case: Case) -> None:
    heard = turn(case, INTENT)
    step, _ = take(platform_stepped_in, heard)
    assert filled(heard) == {"kept": "聊天记录都留着，平台要看随时有。"}
    assert step.hands_over and case.is_with_platform


def test_what_is_not_sure_is_asked_about_and_changes_nothing(case: Case, offered: Claim) -> None:
    step, said = take(platform_stepped_in, turn(case, INTENT, confidence=0.59, stage="offered"))
    assert (step, said) == (Step(), ["utter_ask_platform_stepped_in"])
    assert case.current == offered and case.handoff is None
