from __future__ import annotations

from bot.claims.events import EvidenceDeclined, EvidenceReceived, EvidenceRequested, FactsLearned, apply
from bot.claims.evidence import HIGH_VALUE, answered_by, checklist, outstanding
from bot.claims.model import Claim, EvidenceKind, EvidenceStatus, Platform, Shortage
from tests.claims.builders import NOW, POLICY, claim, claimed


def ask_for(before: Claim, kinds: tuple[EvidenceKind, ...]) -> Claim:
    return apply(before, EvidenceRequested(kinds), NOW)


def receive(before: Claim, sha256: str, *, is_video: bool) -> Claim:
    return apply(before, EvidenceReceived(answered_by(before, is_video=is_video), sha256), NOW)


def test_by_value() -> None:
    assert checklist(4999, POLICY) == ()
    assert checklist(5000, POLICY) == (EvidenceKind.PHOTO,)
    assert checklist(20000, POLICY) == HIGH_VALUE


def test_pictures_answer_the_list_in_its_order() -> None:
    asked = ask_for(claim(claimed()), HIGH_VALUE)
    assert outstanding(asked) == HIGH_VALUE
    one = receive(asked, "a", is_video=False)
    assert outstanding(one) == HIGH_VALUE[1:]
    assert outstanding(receive(one, "v", is_video=True)) == HIGH_VALUE[1:], "a video helps, it replaces nothing"


def test_no_is_an_answer() -> None:
    half = receive(ask_for(claim(claimed()), HIGH_VALUE), "a", is_video=False)
    declined = apply(half, EvidenceDeclined(outstanding(half)), NOW)
    assert outstanding(declined) == ()
    assert [item.status for item in declined.evidence].count(EvidenceStatus.UNAVAILABLE) == 2


def test_asking_twice_adds_nothing() -> None:
    asked = ask_for(claim(claimed()), HIGH_VALUE)
    assert ask_for(asked, HIGH_VALUE).evidence == asked.evidence


def test_a_picture_nobody_asked_for_is_kept() -> None:
    assert receive(claim(claimed()), "a", is_video=False).evidence[0].kind is EvidenceKind.PHOTO


def test_new_facts_are_asked_about_anew_and_what_came_is_kept() -> None:
    half = receive(ask_for(claim(claimed()), HIGH_VALUE), "a", is_video=False)
    facts = FactsLearned(half.order_id, Platform.TMALL, (claimed(missing=2),), Shortage.UNITS)
    anew = apply(half, facts, NOW)
    assert [item.sha256 for item in anew.evidence] == ["a"]
    assert not anew.evidence_asked and outstanding(anew) == ()
