from __future__ import annotations

from bot.claims.evidence import HIGH_VALUE, ask_anew, ask_for, checklist, decline, outstanding, receive
from bot.claims.model import EvidenceKind, EvidenceStatus
from tests.claims.builders import POLICY, claim, claimed


def test_by_value() -> None:
    assert checklist(4999, POLICY) == ()
    assert checklist(5000, POLICY) == (EvidenceKind.PHOTO,)
    assert checklist(20000, POLICY) == HIGH_VALUE


def test_pictures_answer_the_list_in_its_order() -> None:
    asked = ask_for(claim(claimed()), HIGH_VALUE)
    assert outstanding(asked) == HIGH_VALUE
    one = receive(asked, "a", is_video=False)
    assert outstanding(one) == HIGH_VALUE[1:]
    assert receive(one, "a", is_video=False) == one, "the same file twice is one piece of evidence"
    assert outstanding(receive(one, "v", is_video=True)) == HIGH_VALUE[1:], "a video helps, it replaces nothing"


def test_no_is_an_answer() -> None:
    declined = decline(receive(ask_for(claim(claimed()), HIGH_VALUE), "a", is_video=False))
    assert outstanding(declined) == ()
    assert [item.status for item in declined.evidence].count(EvidenceStatus.UNAVAILABLE) == 2


def test_asking_twice_adds_nothing() -> None:
    asked = ask_for(claim(claimed()), HIGH_VALUE)
    assert ask_for(asked, HIGH_VALUE) == asked


def test_a_picture_nobody_asked_for_is_kept() -> None:
    assert receive(claim(claimed()), "a", is_video=False).evidence[0].kind is EvidenceKind.PHOTO


def test_new_facts_are_asked_about_anew_and_what_came_is_kept() -> None:
    half = receive(ask_for(claim(claimed()), HIGH_VALUE), "a", is_video=False)
    anew = ask_anew(half)
    assert [item.sha256 for item in anew.evidence] == ["a"]
    assert not anew.evidence_asked and outstanding(anew) == ()
