"""Evidence: asked for, taken as it comes, told to the person who takes over."""

from __future__ import annotations

from bot.claims.model import Claim, EvidenceKind, EvidenceStatus
from bot.desk import Desk, evidence, facts, handoffs, offers
from tests.desks import BEN, do, hear, say


def test_the_same_picture_twice_is_one_piece_of_evidence(desk: Desk) -> None:
    asked = do(desk, evidence.ask, say(desk, "少两件", "T恤", missing=2), (EvidenceKind.PHOTO,))
    once = do(desk, evidence.receive, asked, [("a" * 64, False), ("a" * 64, False)])
    assert [item.sha256 for item in once.evidence] == ["a" * 64]
    assert do(desk, evidence.receive, once, [("a" * 64, False)]) == once


def test_evidence_that_is_not_there_is_an_answer(desk: Desk) -> None:
    claim = say(desk, "少两件", "T恤", missing=2)
    asked = do(desk, evidence.ask, claim, do(desk, facts.check, claim).evidence)
    declined = do(desk, evidence.decline, asked)
    assert [item.status for item in declined.evidence] == [EvidenceStatus.UNAVAILABLE]
    assert do(desk, offers.assess, declined).offer is not None


def test_who_was_asked_for_nothing_declines_nothing(desk: Desk, offered: Claim) -> None:
    assert do(desk, evidence.decline, offered) == offered


def test_what_was_asked_for_once_is_not_owed_again(desk: Desk) -> None:
    claim = say(desk, "少两件", "T恤", missing=2)
    owed = do(desk, facts.check, claim).evidence
    assert owed == (EvidenceKind.PHOTO,)
    assert do(desk, facts.check, do(desk, evidence.ask, claim, owed)).evidence == ()


def test_the_same_picture_on_two_claims_is_told_to_the_person_alone(desk: Desk) -> None:
    with desk.case(BEN) as case:
        bens = evidence.receive(case, hear(case, "少一件", "T恤", missing=1), [("a" * 64, False)])
    claim = do(desk, evidence.receive, say(desk, "少一件", "T恤", missing=1), [("a" * 64, False), ("b" * 64, False)])
    assert do(desk, offers.assess, claim).offer is not None, "it decides nothing"
    assert f"同一图片也在{bens.claim_id}" in do(desk, handoffs.hand_off, "angry").summary


def test_a_picture_of_its_own_is_nothing_to_tell(desk: Desk, offered: Claim) -> None:
    do(desk, evidence.receive, offered, [("a" * 64, False)])
    assert "同一图片" not in do(desk, handoffs.hand_off, "angry").summary
