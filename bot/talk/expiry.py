"""What becomes of a dialogue whose claim has expired while nobody spoke."""

from __future__ import annotations

from bot.claims.model import ClaimState
from bot.desk import Case
from bot.talk.turn import Memory

STAGE = "expired"
_WAS_ASKED = frozenset({"evidence", "assessing", "offered"})


def is_left_behind(case: Case, memory: Memory) -> bool:
    """Does the dialogue still wait for an answer to a claim that has expired? Then it is at the stage ``expired``.

    Who was told to wait for a parcel is not left behind: that claim is taken up again with all that was said.
    """
    claim = case.current
    if claim is None or claim.state is not ClaimState.EXPIRED:
        return False
    return memory.form is not None or memory.slots.get("stage") in _WAS_ASKED
