"""Claims in either database: nothing is lost, nobody overwrites anybody, a claim is what its events say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from threading import Barrier

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.claims.codec import from_json, to_json
from bot.claims.events import (
    ClaimImported,
    ClaimOpened,
    Event,
    EvidenceReceived,
    FactsLearned,
    FaultFound,
    HandedOff,
    OfferAccepted,
    OfferMade,
    OutOfPlace,
    UnknownEvent,
    WishNoted,
    Withdrawn,
    replay,
)
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
from bot.claims.states import IllegalTransition
from bot.db import make_engine
from bot.store import Conflict, Store, new_claim_id
from bot.store.tables import claim_events
from tests.claims.builders import NOW, claim, claimed

LATER = NOW + timedelta(minutes=5)
OFFER = Offer(Remedy.RESHIP, 0, LATER, NOW)
OPENED = ClaimOpened("SF-20261120-AAAAAA", "c", "buyer")
FACTS = FactsLearned("9", Platform.TMALL, (claimed(),), Shortage.UNITS)
WISH = WishNoted(Remedy.REFUND)
FAULT = FaultFound(Fault.SELLER, ("weight",))
ACCEPTED = OfferAccepted(Promise(Remedy.RESHIP, LATER), Settlement(0, 0, 0, "seller"))

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
def store(url: str) -> Iterator[Store]:
    engine = make_engine(url)
    yield Store(engine)
    engine.dispose()


def put(store: Store, whole: Claim, at: datetime = NOW) -> Claim:
    """A claim in the store just as the test wants it."""
    return store.claims.append(None, [ClaimImported(replace(whole, version=0))], at)


def test_a_full_claim_comes_back_as_it_went_in(store: Store) -> None:
    saved = put(store, FULL, LATER)
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


def test_the_version_counts_the_events(store: Store) -> None:
    opened = store.claims.append(None, [OPENED], NOW)
    assert (opened.version, opened.opened_at, opened.state) == (1, NOW, ClaimState.OPEN)
    wished = store.claims.append(opened, [WISH], LATER)
    assert wished.version == 2
    twice = store.claims.append(wished, [FAULT, WISH], LATER)
    assert twice.version == 4
    assert store.claims.get(OPENED.claim_id) == twice


def test_history_holds_every_event_in_order_with_its_time(store: Store) -> None:
    told = [OPENED, FACTS, FAULT, OfferMade(OFFER), Withdrawn("SF-other")]
    now, expected = None, []
    for minute, event in enumerate(told):
        at = NOW + timedelta(minutes=minute)
        now = store.claims.append(now, [event], at)
        expected.append((at, event))
    assert store.claims.history(OPENED.claim_id) == expected
    assert replay(expected) == now == store.claims.get(OPENED.claim_id)


def test_history_is_ordered_by_version_even_when_the_clock_goes_back(store: Store) -> None:
    first = store.claims.append(None, [OPENED], NOW)
    store.claims.append(first, [WISH], NOW - timedelta(hours=1))
    assert store.claims.history(OPENED.claim_id) == [(NOW, OPENED), (NOW - timedelta(hours=1), WISH)]


def test_history_of_one_claim_has_nothing_of_another(store: Store) -> None:
    store.claims.append(None, [OPENED], NOW)
    put(store, FULL)
    assert store.claims.history(OPENED.claim_id) == [(NOW, OPENED)]


def test_nothing_happens_halfway(store: Store) -> None:
    opened = store.claims.append(None, [OPENED], NOW)
    with pytest.raises(IllegalTransition):
        store.claims.append(opened, [WISH, ACCEPTED], LATER)
    with pytest.raises(OutOfPlace), store.transaction() as parts:
        parts.claims.append(opened, [WISH], LATER)
        parts.claims.append(None, [WISH], LATER)
    with pytest.raises(ValueError, match="no event"):
        store.claims.append(opened, [], LATER)
    assert store.claims.get(OPENED.claim_id) == opened
    assert store.claims.history(OPENED.claim_id) == [(NOW, OPENED)]


def test_of_several_claims_in_one_transaction_all_are_written_or_none(store: Store) -> None:
    opened = store.claims.append(None, [OPENED], NOW)
    stale = store.claims.append(None, [replace(OPENED, claim_id="stale")], NOW)
    store.claims.append(stale, [WISH], NOW)
    with pytest.raises(Conflict), store.transaction() as parts:
        parts.claims.append(opened, [WISH], LATER)
        parts.claims.append(stale, [WISH], LATER)
    assert store.claims.get(OPENED.claim_id) == opened
    with store.transaction() as parts:
        both = [parts.claims.append(None, [replace(OPENED, claim_id=name)], LATER) for name in ("1", "2")]
    assert [store.claims.get(name) for name in ("1", "2")] == both


def test_an_event_of_a_later_version_is_an_error_that_names_it(store: Store, url: str) -> None:
    store.claims.append(None, [OPENED], NOW)
    with make_engine(url).begin() as connection:
        connection.execute(sa.update(claim_events).values(kind="MoonSettled"))
    with pytest.raises(UnknownEvent, match="MoonSettled"):
        store.claims.history(OPENED.claim_id)


def test_the_second_writer_of_a_version_gets_a_conflict_and_nothing_is_lost(store: Store) -> None:
    seen = put(store, claim(claimed()))
    won = store.claims.append(seen, [FAULT], LATER)
    with pytest.raises(Conflict):
        store.claims.append(seen, [Withdrawn()], LATER)
    assert store.claims.get(seen.claim_id) == won
    assert store.claims.in_state(ClaimState.WITHDRAWN) == []
    assert [event for _, event in store.claims.history(seen.claim_id)][1:] == [FAULT]


def test_the_loser_of_a_conflict_can_read_again_and_write(store: Store) -> None:
    seen = put(store, claim(claimed()))
    store.claims.append(seen, [FAULT], NOW)
    with pytest.raises(Conflict):
        store.claims.append(seen, [WISH], NOW)
    fresh = store.claims.get(seen.claim_id)
    merged = store.claims.append(fresh, [WISH], LATER)
    assert (merged.fault, merged.wish, merged.version) == (Fault.SELLER, WISH.wish, 3)


def test_a_claim_is_opened_once(store: Store) -> None:
    opened = store.claims.append(None, [OPENED], NOW)
    with pytest.raises(Conflict):
        store.claims.append(None, [OPENED, WISH], NOW)
    assert store.claims.get(OPENED.claim_id) == opened


def test_a_claim_that_was_never_opened_cannot_be_changed(store: Store) -> None:
    with pytest.raises(Conflict):
        store.claims.append(claim(version=7), [WISH], NOW)
    assert store.claims.get(claim().claim_id) is None


def _race(store: Store, seen: list[Claim], event: Event) -> list[Claim]:
    """All writers start at once; those that won."""
    together = Barrier(len(seen))

    def write(before: Claim) -> Claim | None:
        together.wait()
        try:
            return store.claims.append(before, [event], LATER)
        except Conflict:
            return None

    with ThreadPoolExecutor(len(seen)) as pool:
        return [written for written in pool.map(write, seen) if written]


def test_of_many_writers_at_once_exactly_one_wins(store: Store) -> None:
    seen = put(store, claim(claimed()))
    won = _race(store, [seen] * 6, WISH)
    assert len(won) == 1
    assert store.claims.get(seen.claim_id) == won[0]
    assert len(store.claims.history(seen.claim_id)) == 2


def test_of_many_claims_about_the_same_line_exactly_one_is_settled(store: Store) -> None:
    offered = claim(claimed(), state=ClaimState.OFFERED, offers=(OFFER,))
    seen = [put(store, replace(offered, claim_id=f"claim-{n}", conversation_id=f"talk-{n}")) for n in range(6)]
    won = _race(store, seen, ACCEPTED)
    assert store.claims.in_state(ClaimState.AGREED) == won and len(won) == 1


def test_a_line_is_free_again_once_its_claim_no_longer_promises_anything(store: Store) -> None:
    offered = claim(claimed(), state=ClaimState.OFFERED, offers=(OFFER,))
    first, second, third = (put(store, replace(offered, claim_id=name)) for name in ("1", "2", "3"))
    first = store.claims.append(first, [ACCEPTED], NOW)
    with pytest.raises(Conflict):
        store.claims.append(second, [ACCEPTED], NOW)
    store.claims.append(first, [OfferMade(OFFER)], NOW)
    second = store.claims.append(second, [ACCEPTED], NOW)
    second = store.claims.append(second, [HandedOff("angry")], NOW)
    with pytest.raises(Conflict):
        store.claims.append(third, [ACCEPTED], NOW)
    store.claims.append(second, [Withdrawn()], NOW)
    store.claims.append(third, [ACCEPTED], NOW)


def test_other_parts_of_the_same_unit_can_be_promised_besides(store: Store) -> None:
    for part in ("螺丝包", "说明书", None):
        about = claim(claimed(part=part), state=ClaimState.OFFERED, offers=(OFFER,))
        store.claims.append(put(store, replace(about, claim_id=str(part))), [ACCEPTED], NOW)
    assert len(store.claims.in_state(ClaimState.AGREED)) == 3


def _three(store: Store) -> tuple[Claim, Claim, Claim]:
    """Two claims of one buyer, the newer saved first; one of another."""
    new = replace(claim(state=ClaimState.OPEN), claim_id="new", opened_at=LATER, order_id="2")
    old = replace(claim(state=ClaimState.EXPIRED), claim_id="old", order_id="1")
    other = replace(claim(state=ClaimState.OPEN), claim_id="other", conversation_id="d", buyer_id="b", order_id="1")
    return put(store, new, LATER), put(store, old), put(store, other)


def test_claims_with_the_same_file_are_found(store: Store) -> None:
    def opened(claim_id: str, buyer: str, minutes: int, *files: str) -> Claim:
        happened = (EvidenceReceived(EvidenceKind.PHOTO, sha256) for sha256 in files)
        at = NOW + timedelta(minutes=minutes)
        return store.claims.append(None, [ClaimOpened(claim_id, claim_id, buyer), *happened], at)

    first = opened("1", "buyer", 1, "a" * 64, "b" * 64)
    second = store.claims.append(opened("2", "another", 2, "a" * 64), [Withdrawn()], LATER)
    third = opened("3", "buyer", 3, "c" * 64, "a" * 64, "b" * 64)
    assert store.claims.with_same_files(first) == {"a" * 64: [second, third], "b" * 64: [third]}
    assert store.claims.with_same_files(second) == {"a" * 64: [first, third]}
    assert store.claims.with_same_files(opened("4", "buyer", 4)) == {}


def test_the_current_claim_is_the_latest_of_the_conversation(store: Store) -> None:
    new, _, other = _three(store)
    assert store.claims.current("c") == new
    assert store.claims.current("d") == other


def test_a_case_has_the_buyers_claims_newest_first_and_what_nobody_began_in_the_conversation(store: Store) -> None:
    new, old, _ = _three(store)
    nobodys = store.claims.append(None, [ClaimOpened("nobodys", "d", "d")], NOW)
    assert store.claims.of_case("c", "buyer") == store.claims.of_case("elsewhere", "buyer") == [new, old]
    assert nobodys == store.claims.of_case("d", "buyer")[-1] and nobodys not in store.claims.of_case("c", "buyer")
    assert store.claims.of_case("c", "d") == [nobodys] and store.claims.of_case("c", "nobody") == []


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
    moved = store.claims.append(store.claims.append(None, [OPENED], NOW), [FACTS], LATER)
    assert store.claims.in_state(ClaimState.OPEN) == []
    assert store.claims.in_state(ClaimState.GATHERING) == [moved]
    assert store.claims.of_order("9") == [moved]


def test_claims_survive_a_restart(store: Store, url: str) -> None:
    saved = store.claims.append(put(store, FULL), [WISH], LATER)
    before = make_engine(url)
    before.dispose()
    make_engine.cache_clear()
    engine = make_engine(url)
    assert engine is not before
    again = Store(engine)
    assert again.claims.get(FULL.claim_id) == saved
    assert [at for at, _ in again.claims.history(FULL.claim_id)] == [NOW, LATER]
    assert again.claims.append(saved, [WISH], LATER).version == 3
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
