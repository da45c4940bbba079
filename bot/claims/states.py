"""Which state of a claim may follow which: one table, asked by everything else."""

from __future__ import annotations

from dataclasses import replace

from bot.claims.model import Claim
from bot.claims.model import ClaimState as S

_LEAVE = {S.HANDED_OFF, S.ESCALATED, S.WITHDRAWN, S.EXPIRED}

TRANSITIONS: dict[S, frozenset[S]] = {
    S.OPEN: frozenset({S.GATHERING, S.ASSESSING} | _LEAVE),
    S.GATHERING: frozenset({S.ASSESSING} | _LEAVE),
    # Back to gathering: the buyer corrects what was said.
    S.ASSESSING: frozenset({S.GATHERING, S.OFFERED} | _LEAVE),
    S.OFFERED: frozenset({S.GATHERING, S.AGREED} | _LEAVE),
    # Back to offered: a change of mind before dispatch, 补发 to 退款.
    S.AGREED: frozenset({S.OFFERED, S.FULFILLED} | _LEAVE),
    S.FULFILLED: frozenset(_LEAVE),
    # A person may settle it, or give it back to where it was.
    S.HANDED_OFF: frozenset({S.GATHERING, S.ASSESSING, S.OFFERED, S.AGREED, S.FULFILLED} | _LEAVE - {S.HANDED_OFF}),
    # The platform has the last word; the shop only carries it out.
    S.ESCALATED: frozenset({S.FULFILLED, S.WITHDRAWN, S.EXPIRED}),
    S.WITHDRAWN: frozenset(),
    S.EXPIRED: frozenset(),
}


class IllegalTransition(ValueError):
    """A claim cannot go from its state to the one asked for."""


def move(claim: Claim, to: S) -> Claim:
    """The claim in its next state.

    Raises:
        IllegalTransition: when the table does not allow it.
    """
    if to not in TRANSITIONS[claim.state]:
        raise IllegalTransition(f"claim {claim.claim_id}: {claim.state.value} cannot become {to.value}")
    return replace(claim, state=to)
