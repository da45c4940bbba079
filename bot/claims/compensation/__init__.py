"""What is owed for a short shipment, in whole fen, from a case and the rulebook.

``case`` reads it, ``owed`` works out the sum, ``explanation`` gives the lines by which a buyer can follow it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.claims.compensation.case import CannotCompute, case_for, read
from bot.claims.compensation.explanation import explain, explain_stop
from bot.claims.compensation.owed import rules_on, tolerance_on, work_out
from bot.claims.rulebook import Rulebook

__all__ = ["case_for", "compensate"]


def compensate(case: Any, rulebook: Rulebook, *, high_value_fen: int, on: date) -> dict[str, Any]:
    """Work out one case.

    Args:
        case: as in ``bot.claims.compensation.case``; anything else gets ``error`` ``bad_input``.
        rulebook: where tolerance and the platforms' schemes come from.
        high_value_fen: from this value of the missing units on, a person looks at it.
        on: the date whose rules hold.

    Returns:
        ``status`` (``ok``, ``need_info``, ``error``), ``ask``, ``error``, ``action``, ``basis``, the amounts in fen,
        ``penalty_points`` (0 unless points are paid), ``penalty_currency`` (天猫积分; None unless a penalty may be
        claimed), ``penalty_range_fen`` ([on the short lines, on the whole order]), ``freight_by``,
        ``needs_review``, ``high_value``, ``lines`` (``explanation.Line``, in the order in which they are said),
        ``sources`` (rulebook ids).

    Raises:
        RulebookError: when the rulebook has no value on that date.
    """
    try:
        known = read(case, tolerance_fen=tolerance_on(rulebook, on))
    except CannotCompute as stop:
        return {**_stopped(stop), "lines": [explain_stop(stop)], "sources": []}
    scheme = rulebook.scheme(known.platform) if known.platform else None
    rules = rules_on(rulebook, scheme.id if scheme else None, on)
    owed = work_out(known, rules, high_value_fen)
    lines = [line.resting_on(rules.held) for line in explain(owed)]
    return {
        **owed.figures(),
        "lines": lines,
        # A dict, unlike a set, keeps the order in which they are named.
        "sources": list(dict.fromkeys(source for line in lines for source in line.sources)),
    }


def _stopped(stop: CannotCompute) -> dict[str, Any]:
    """An error owes nothing; what is not known is not known, not nothing."""
    amount = 0 if stop.error else None
    return {
        "status": "error" if stop.error else "need_info",
        "ask": [stop.ask] if stop.ask else [],
        "error": stop.error,
        "action": None,
        "basis": None,
        "refund_missing_fen": amount,
        "refund_shipping_fen": amount,
        "penalty_fen": amount,
        "penalty_points": amount,
        "penalty_currency": None,
        "penalty_range_fen": [amount, amount],
        "freight_by": "n/a" if stop.error else None,
        "needs_review": False,
        "high_value": False,
    }
