from __future__ import annotations

from typing import Any

import pytest

from bot.claims.events import EvidenceDeclined, EvidenceReceived, EvidenceRequested, FactsLearned, apply
from bot.claims.evidence import HIGH_VALUE, answered_by, checklist, outstanding
from bot.claims.model import Claim, EvidenceKind, EvidenceStatus, Platform, Shortage, TrackingEvent, TrackingKind
from tests.claims.builders import NOW, POLICY, claim, claimed, line, order, parcel

BOX, LABEL, ALL, ONE, CHAT = (
    EvidenceKind(kind) for kind in ("outer_box", "waybill_label", "contents", "photo", "chat")
)
DAMAGED = parcel({"毛巾": 1}, damaged_in_transit=True)
REPACKED = parcel({"毛巾": 1}, events=(TrackingEvent(NOW, TrackingKind.REPACKED),))


def ask_for(before: Claim, kinds: tuple[EvidenceKind, ...]) -> Claim:
    return apply(before, EvidenceRequested(kinds), NOW)


def receive(before: Claim, sha256: str, *, is_video: bool) -> Claim:
    return apply(before, EvidenceReceived(answered_by(before, is_video=is_video), sha256), NOW)


@pytest.mark.parametrize(
    ("situation", "value_fen", "record", "torn", "asked"),
    [
        ("cheap: the buyer's word is enough", 4999, {}, False, ()),
        ("cheap, whatever else is known", 4999, {"confirmed_at": NOW, "merged_with": ("1",)}, True, ()),
        ("worth a photo", 5000, {}, False, (ONE,)),
        ("just not dear", 19999, {}, False, (ONE,)),
        ("dear", 20000, {}, False, (BOX, LABEL, ALL)),
        ("the buyer says that the box came torn", 5000, {}, True, (BOX, ONE)),
        ("the courier's record says damaged", 5000, {"parcels": (DAMAGED,)}, False, (BOX, ONE)),
        ("the courier packed it anew", 5000, {"parcels": (REPACKED,)}, False, (BOX, ONE)),
        ("dear and torn: the box is on the list already", 20000, {}, True, (BOX, LABEL, ALL)),
        ("merged by the seller, who bears proof", 5000, {"merged_with": ("1",)}, False, (ONE,)),
        ("merged and dear", 20000, {"merged_with": ("1",)}, True, (ONE,)),
        ("confirmed, so that the buyer bears proof", 5000, {"confirmed_at": NOW}, False, (BOX, LABEL, ALL, CHAT)),
        ("confirmed and dear", 20000, {"confirmed_at": NOW}, False, (BOX, LABEL, ALL, CHAT)),
        (
            "merged and confirmed",
            20000,
            {"confirmed_at": NOW, "merged_with": ("1",)},
            False,
            (BOX, LABEL, ALL, CHAT),
        ),
    ],
)
def test_the_buyer_is_asked_for(
    situation: str, value_fen: int, record: dict[str, Any], torn: bool, asked: tuple[EvidenceKind, ...]
) -> None:
    towel = order(line("毛巾", 1, value_fen), **record)
    assert checklist(towel, claim(claimed("毛巾", 1, 1), box_torn=torn), POLICY) == asked, situation


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
