"""Asking for evidence, and taking what comes, handler by handler."""

from __future__ import annotations

from typing import Any

import pytest

from bot.claims.model import Claim, EvidenceStatus
from bot.desk import Case
from bot.desk import evidence as on_desk
from bot.desk import facts as facts_on_desk
from bot.talk import evidence
from bot.talk.turn import Happened, Step
from tests.desks import hear
from tests.turns import LISTENS, filled, said, take, turn

PHOTO: dict[str, Any] = {"sha256": "a" * 64, "video": False}


@pytest.fixture
def owing(case: Case) -> Claim:
    """A photo of two missing shirts is asked for."""
    claim = hear(case, "少两件", "T恤", missing=2)
    return on_desk.ask(case, claim, facts_on_desk.check(case, claim).evidence)


def statuses(case: Case) -> list[EvidenceStatus]:
    assert case.active is not None
    return [item.status for item in case.active.evidence]


@pytest.mark.usefixtures("owing")
def test_a_photo_completes_it(case: Case) -> None:
    sent = turn(case, "give_evidence", "[图片]", form="evidence_form", uploads=[PHOTO])
    assert take(evidence.validate_evidence_form, sent) == (Step({"evidence": "complete"}), ["utter_evidence_received"])
    assert statuses(case) == [EvidenceStatus.RECEIVED]


@pytest.mark.usefixtures("owing")
@pytest.mark.parametrize("intent", ["no_evidence", "deny"])
def test_none_is_an_answer(case: Case, intent: str) -> None:
    said_none = turn(case, intent, "没有", form="evidence_form")
    step, said_now = take(evidence.validate_evidence_form, said_none)
    assert (step, said_now) == (Step({"evidence": "complete"}), ["utter_evidence_declined"])
    assert statuses(case) == [EvidenceStatus.UNAVAILABLE]


def test_anything_else_is_left_to_others(case: Case, owing: Claim) -> None:
    assert take(evidence.validate_evidence_form, turn(case, "ask_freight", form="evidence_form")) == (Step(), [])
    starting = turn(case, "deny", form="evidence_form", story=[LISTENS, said("deny")])
    assert take(evidence.validate_evidence_form, starting) == (Step(), [])
    assert case.active == owing


@pytest.mark.usefixtures("owing")
def test_a_file_that_was_refused_is_said_to_be(case: Case) -> None:
    refused = turn(case, "give_evidence", form="evidence_form", uploads=[{"error": "too_large"}])
    assert take(evidence.validate_evidence_form, refused) == (Step({"evidence": None}), ["utter_upload_too_large"])
    assert filled(refused) == {"limit": 10} and statuses(case) == [EvidenceStatus.REQUESTED]


@pytest.mark.usefixtures("owing")
def test_the_question_names_what_is_owed(case: Case) -> None:
    assert take(evidence.ask_evidence_form_evidence, turn(case, "give_quantity"))[1] == ["utter_ask_evidence"]
    assert take(evidence.ask_evidence_form_evidence, turn(case, "hold_on"))[1] == []
    asked = [said("give_quantity"), Happened("form", "evidence_form"), LISTENS]
    story = [*asked, said("accept_offer"), Happened("stepped_back", "evidence_form")]
    promised = turn(case, "accept_offer", "好的", form="evidence_form", story=story)
    assert take(evidence.ask_evidence_form_evidence, promised)[1] == ["utter_hold_on"], "the pictures will come"


def test_a_picture_before_any_claim_waits_for_one(case: Case) -> None:
    earlier = {"sha256": "b" * 64, "video": True}
    sent = turn(case, "give_evidence", "[图片]", uploads=[PHOTO], pictures=[earlier])
    assert take(evidence.take_evidence, sent) == (Step({"pictures": [earlier, PHOTO]}), ["utter_evidence_unclaimed"])
    assert take(evidence.take_evidence, turn(case, "give_evidence", "发了"))[1] == ["utter_evidence_not_come"]
    refused = turn(case, "give_evidence", uploads=[{"error": "missing"}])
    assert take(evidence.take_evidence, refused)[1] == ["utter_upload_missing"]


def test_a_picture_that_nobody_asked_for_is_kept_with_the_claim(case: Case, offered: Claim) -> None:
    sent = turn(case, "give_evidence", "[图片]", uploads=[PHOTO])
    assert take(evidence.take_evidence, sent) == (Step(), ["utter_evidence_received"])
    assert (
        case.active is not None and case.active.offer == offered.offer and statuses(case) == [EvidenceStatus.RECEIVED]
    )
