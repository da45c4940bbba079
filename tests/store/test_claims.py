"""Claims in SQLite: nothing is lost, nobody overwrites anybody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.claims.codec import from_json, to_json
from bot.claims.model import (
    Claim,
    ClaimLine,
    ClaimState,
    Evidence,
    EvidenceKind,
    EvidenceStatus,
    Fault,
    Offer,
    Platform,
    Promise,
    Remedy,
    Settlement,
    Shortage,
)
from bot.db import make_engine
from bot.store import Conflict, Store, new_claim_id
from tests.claims.builders import NOW, claim, claimed

LATER = NOW + timedelta(minutes=5)

FULL = Claim(
    claim_id="SF-20261120-7K3QXM",
    conversation_id="会话-1",
    buyer_id="买家😀",
    opened_at=NOW.replace(microsecond=123456),
    state=ClaimState.OFFERED,
    shortage=Shortage.PART,
    platform=Platform.TMALL,
    order_id="4012345678901234567",
    lines=(ClaimLine("北欧书架", "SHELF", 2, 1, 1, "螺丝包"), ClaimLine("只有名字")),
    evidence=(
        Evidence(EvidenceKind.UNBOXING_VIDEO, EvidenceStatus.RECEIVED, "ab" * 32),
        Evidence(EvidenceKind.OUTER_BOX, EvidenceStatus.UNAVAILABLE),
    ),
    evidence_asked=True,
    explained=("CAP", "GOGGLE"),
    fault=Fault.SELLER,
    reasons=("weight", "trace"),
    wish=Remedy.RETURN,
    offers=(Offer(Remedy.RESHIP, 0, LATER, NOW), Offer(Remedy.REFUND, 3333, LATER + timedelta(days=1), LATER)),
    promise=Promise(Remedy.REFUND, LATER + timedelta(days=1), LATER + timedelta(hours=3)),
    settlement=Settlement(3333, 50000, 2, "seller"),
)

_TIMES = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))]),
)
_FEN = st.integers(0, 10**12)
_COUNTS = st.none() | st.integers(0, 10**6)
_WORDS = st.none() | st.text(max_size=20)
_OFFERS = st.builds(Offer, st.sampled_from(Remedy), _FEN, _TIMES, _TIMES)
_CLAIMS = st.builds(
    Claim,
    claim_id=st.text(max_size=20),
    conversation_id=st.text(max_size=20),
    buyer_id=st.text(max_size=20),
    opened_at=_TIMES,
    state=st.sampled_from(ClaimState),
    shortage=st.sampled_from(Shortage),
    platform=st.sampled_from(Platform),
    order_id=_WORDS,
    lines=st.lists(
        st.builds(ClaimLine, st.text(max_size=20), _WORDS, _COUNTS, _COUNTS, _COUNTS, _WORDS), max_size=3
    ).map(tuple),
    evidence=st.lists(
        st.builds(Evidence, st.sampled_from(EvidenceKind), st.sampled_from(EvidenceStatus), _WORDS), max_size=3
    ).map(tuple),
    evidence_asked=st.booleans(),
    explained=st.lists(st.text(max_size=10), max_size=3).map(tuple),
    fault=st.none() | st.sampled_from(Fault),
    reasons=st.lists(st.text(max_size=10), max_size=3).map(tuple),
    wish=st.none() | st.sampled_from(Remedy),
    offers=st.lists(_OFFERS, max_size=3).map(tuple),
    promise=st.none() | st.builds(Promise, st.sampled_from(Remedy), _TIMES, st.none() | _TIMES),
    settlement=st.none() | st.builds(Settlement, _FEN, _FEN, st.integers(0, 48), st.text(max_size=10)),
    version=st.integers(0, 10**6),
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/var/shaofa.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    engine = make_engine(url)
    yield Store(engine)
    engine.dispose()


def test_a_full_claim_comes_back_as_it_went_in(store: Store) -> None:
    saved = store.claims.save(FULL, LATER)
    assert saved == replace(FULL, version=1)
    found = store.claims.get(FULL.claim_id)
    assert found == saved
    assert found is not None
    assert found.opened_at.utcoffset() == timedelta(0)
    assert found.state is ClaimState.OFFERED
    assert found.evidence[0].kind is EvidenceKind.UNBOXING_VIDEO
    assert found.fault is Fault.SELLER
    assert isinstance(found.lines, tuple)


def test_an_unknown_claim_is_none(store: Store) -> None:
    assert store.claims.get("SF-20261120-NOBODY") is None
    assert store.claims.current("nobody") is None
    assert store.claims.history("SF-20261120-NOBODY") == []
    assert store.claims.of_buyer("nobody") == []


def test_the_version_counts_up(store: Store) -> None:
    now = claim()
    for version in (1, 2, 3):
        now = store.claims.save(now, NOW)
        assert now.version == version
        assert store.claims.get(now.claim_id) == now


def test_history_holds_every_state_in_order(store: Store) -> None:
    states = [ClaimState.OPEN, ClaimState.GATHERING, ClaimState.ASSESSING, ClaimState.OFFERED, ClaimState.WITHDRAWN]
    now, expected = claim(claimed()), []
    for minute, state in enumerate(states):
        at = NOW + timedelta(minutes=minute)
        now = store.claims.save(replace(now, state=state), at)
        expected.append((at, now))
    assert store.claims.history(now.claim_id) == expected


def test_history_is_ordered_by_version_even_when_the_clock_goes_back(store: Store) -> None:
    first = store.claims.save(claim(), NOW)
    store.claims.save(first, NOW - timedelta(hours=1))
    assert [(at, kept.version) for at, kept in store.claims.history(first.claim_id)] == [
        (NOW, 1),
        (NOW - timedelta(hours=1), 2),
    ]


def test_history_of_one_claim_has_nothing_of_another(store: Store) -> None:
    store.claims.save(claim(), NOW)
    store.claims.save(FULL, NOW)
    assert [kept.claim_id for _, kept in store.claims.history(FULL.claim_id)] == [FULL.claim_id]


def test_the_second_writer_of_a_version_gets_a_conflict_and_nothing_is_lost(store: Store) -> None:
    seen = store.claims.save(claim(claimed()), NOW)
    won = store.claims.save(replace(seen, state=ClaimState.ASSESSING), LATER)
    with pytest.raises(Conflict, match=seen.claim_id):
        store.claims.save(replace(seen, state=ClaimState.WITHDRAWN, buyer_id="else"), LATER)
    assert store.claims.get(seen.claim_id) == won
    assert store.claims.in_state(ClaimState.WITHDRAWN) == []
    assert store.claims.of_buyer("else") == []
    assert store.claims.history(seen.claim_id) == [(NOW, seen), (LATER, won)]


def test_the_loser_of_a_conflict_can_read_again_and_save(store: Store) -> None:
    seen = store.claims.save(claim(), NOW)
    store.claims.save(replace(seen, reasons=("first",)), NOW)
    with pytest.raises(Conflict):
        store.claims.save(replace(seen, evidence_asked=True), NOW)
    fresh = store.claims.get(seen.claim_id)
    assert fresh is not None
    store.claims.save(replace(fresh, evidence_asked=True), LATER)
    merged = store.claims.get(seen.claim_id)
    assert merged == replace(seen, reasons=("first",), evidence_asked=True, version=3)


def test_a_claim_is_opened_once(store: Store) -> None:
    opened = store.claims.save(claim(), NOW)
    with pytest.raises(Conflict):
        store.claims.save(claim(state=ClaimState.EXPIRED), NOW)
    assert store.claims.get(opened.claim_id) == opened


def test_a_claim_that_was_never_opened_cannot_be_changed(store: Store) -> None:
    with pytest.raises(Conflict):
        store.claims.save(claim(version=7), NOW)
    assert store.claims.get(claim().claim_id) is None


def test_of_many_writers_at_once_exactly_one_wins(store: Store) -> None:
    writers = 6
    seen = store.claims.save(claim(), NOW)
    together = Barrier(writers)

    def write(number: int) -> Claim | None:
        together.wait()
        try:
            return store.claims.save(replace(seen, reasons=(str(number),)), LATER)
        except Conflict:
            return None

    with ThreadPoolExecutor(writers) as pool:
        won = [saved for saved in pool.map(write, range(writers)) if saved]
    assert len(won) == 1
    assert store.claims.get(seen.claim_id) == won[0]
    assert [kept for _, kept in store.claims.history(seen.claim_id)] == [seen, won[0]]


def _three(store: Store) -> tuple[Claim, Claim, Claim]:
    """Two claims of one buyer, the newer saved first; one of another."""
    new = replace(claim(state=ClaimState.OPEN), claim_id="new", opened_at=LATER, order_id="2")
    old = replace(claim(state=ClaimState.EXPIRED), claim_id="old", order_id="1")
    other = replace(claim(state=ClaimState.OPEN), claim_id="other", conversation_id="d", buyer_id="b", order_id="1")
    return store.claims.save(new, LATER), store.claims.save(old, NOW), store.claims.save(other, NOW)


def test_the_current_claim_is_the_latest_of_the_conversation(store: Store) -> None:
    new, _, other = _three(store)
    assert store.claims.current("c") == new
    assert store.claims.current("d") == other


def test_claims_by_buyer_order_and_state_newest_first(store: Store) -> None:
    new, old, other = _three(store)
    assert store.claims.of_buyer("buyer") == [new, old]
    assert store.claims.of_buyer("b") == [other]
    assert set(store.claims.of_order("1")) == {old, other}
    assert store.claims.of_order("2") == [new]
    assert store.claims.in_state(ClaimState.OPEN) == [new, other]
    assert store.claims.in_state(ClaimState.EXPIRED) == [old]
    assert store.claims.in_state(ClaimState.AGREED) == []


def test_a_changed_claim_is_found_by_what_it_is_now(store: Store) -> None:
    opened = store.claims.save(claim(state=ClaimState.OPEN, order_id=None), NOW)
    moved = store.claims.save(replace(opened, state=ClaimState.GATHERING, order_id="9"), LATER)
    assert store.claims.in_state(ClaimState.OPEN) == []
    assert store.claims.in_state(ClaimState.GATHERING) == [moved]
    assert store.claims.of_order("9") == [moved]


def test_claims_survive_a_restart(store: Store, url: str) -> None:
    saved = store.claims.save(store.claims.save(FULL, NOW), LATER)
    before = make_engine(url)
    before.dispose()
    make_engine.cache_clear()
    engine = make_engine(url)
    assert engine is not before
    again = Store(engine)
    assert again.claims.get(FULL.claim_id) == saved
    assert [at for at, _ in again.claims.history(FULL.claim_id)] == [NOW, LATER]
    assert again.claims.save(saved, LATER).version == 3
    engine.dispose()


def test_a_claim_id_says_the_day_and_can_be_read_out() -> None:
    ids = {new_claim_id(NOW) for _ in range(200)}
    assert len(ids) == 200
    assert all(re.fullmatch(r"SF-20261120-[2-9A-HJKMNP-Z]{6}", found) for found in ids)


@settings(max_examples=300, deadline=None)
@given(_CLAIMS)
def test_every_claim_survives_json(original: Claim) -> None:
    text = json.dumps(to_json(original))
    back = from_json(Claim, json.loads(text))
    assert back == original
    assert back.opened_at.tzinfo is not None
    assert to_json(back) == json.loads(text)


def test_json_holds_plain_values() -> None:
    body = to_json(FULL)
    assert body["state"] == "offered"
    assert body["opened_at"] == "2026-11-20T10:00:00.123456+00:00"
    assert body["offers"][1]["amount_fen"] == 3333
    assert body["evidence"][1]["sha256"] is None


def test_what_is_no_claim_is_refused() -> None:
    for wrong in ({}, {**to_json(FULL), "state": "lost"}, {**to_json(FULL), "opened_at": "soon"}):
        with pytest.raises(ValidationError):
            from_json(Claim, wrong)
