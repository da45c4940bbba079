"""The transition table: what it allows works, everything else is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.model import ClaimState as S
from bot.claims.states import TRANSITIONS, IllegalTransition, move
from tests.claims.builders import claim, claimed

# Written out once more, so that a slip in the table is seen.
WAY = (S.OPEN, S.GATHERING, S.ASSESSING, S.OFFERED, S.AGREED, S.FULFILLED)
SIDE_DOORS = (S.HANDED_OFF, S.ESCALATED, S.WITHDRAWN, S.EXPIRED)
OVER = (S.WITHDRAWN, S.EXPIRED)
ALLOWED = {
    *pairwise(WAY),
    *product(WAY, SIDE_DOORS),
    (S.OPEN, S.ASSESSING),
    (S.ASSESSING, S.GATHERING),
    (S.OFFERED, S.GATHERING),
    (S.AGREED, S.OFFERED),
    *product((S.HANDED_OFF,), (*WAY[1:], S.ESCALATED, S.WITHDRAWN, S.EXPIRED)),
    *product((S.ESCALATED,), (S.FULFILLED, S.WITHDRAWN, S.EXPIRED)),
}
EVERY_PAIR = list(product(S, S))
REFUSED = [pair for pair in EVERY_PAIR if pair not in ALLOWED]


def reachable(start: S) -> set[S]:
    seen: set[S] = set()
    ahead = [start]
    while ahead:
        fresh = TRANSITIONS[ahead.pop()] - seen
        seen |= fresh
        ahead += fresh
    return seen


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(S)


@pytest.mark.parametrize(("before", "after"), sorted(ALLOWED))
def test_an_allowed_move_changes_the_state_and_nothing_else(before: S, after: S) -> None:
    was = claim(claimed(), state=before)
    now = move(was, after)
    assert now.state is after
    assert now == replace(was, state=after)
    assert was.state is before


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_any_other_move_is_refused_by_name(before: S, after: S) -> None:
    was = claim(claimed(), state=before)
    with pytest.raises(IllegalTransition, match=f"{was.claim_id}: {before.value} cannot become {after.value}"):
        move(was, after)
    assert was.state is before


@pytest.mark.parametrize("state", S)
def test_no_state_follows_itself(state: S) -> None:
    assert state not in TRANSITIONS[state]


@pytest.mark.parametrize("state", WAY)
def test_every_side_door_is_one_step_away(state: S) -> None:
    assert set(SIDE_DOORS) <= TRANSITIONS[state]


def test_what_is_fulfilled_is_not_negotiated_again() -> None:
    assert TRANSITIONS[S.FULFILLED] == set(SIDE_DOORS)


def test_what_the_platform_has_taken_does_not_come_back_to_the_shop() -> None:
    assert not TRANSITIONS[S.ESCALATED] & {S.GATHERING, S.ASSESSING, S.OFFERED, S.AGREED}


@pytest.mark.parametrize("state", OVER)
def test_a_terminal_state_leads_nowhere(state: S) -> None:
    assert TRANSITIONS[state] == frozenset()


def test_only_withdrawn_and_expired_are_terminal() -> None:
    assert {state for state, after in TRANSITIONS.items() if not after} == set(OVER)


@pytest.mark.parametrize("state", [state for state in S if state not in OVER])
def test_every_live_state_can_still_be_fulfilled_escalated_and_closed(state: S) -> None:
    assert {S.FULFILLED, S.ESCALATED, *OVER} <= reachable(state)


def test_nothing_becomes_open_again() -> None:
    assert not any(S.OPEN in after for after in TRANSITIONS.values())


def test_an_illegal_transition_is_a_value_error() -> None:
    assert issubclass(IllegalTransition, ValueError)


@given(st.lists(st.sampled_from(S), max_size=30))
def test_no_sequence_of_moves_leaves_the_table_or_a_terminal_state(wishes: list[S]) -> None:
    now = claim(claimed(), state=S.OPEN)
    for wish in wishes:
        before = now.state
        try:
            now = move(now, wish)
        except IllegalTransition:
            assert (before, wish) not in ALLOWED
        else:
            assert before not in OVER
            assert (before, now.state) in ALLOWED
