"""One case worked out with the project's own rulebook, and said in its words, as the tests of compensation need it."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.claims.compensation import compensate
from bot.claims.rulebook import Rulebook
from bot.settings import ROOT
from bot.talk.phrases import explained

RULEBOOK = Rulebook.load(ROOT / "rulebook")
ON = date(2026, 11, 27)
HIGH_VALUE_FEN = 20000
AMOUNTS = ("refund_missing_fen", "refund_shipping_fen", "penalty_fen", "penalty_points")
KEYS = {
    *AMOUNTS,
    *("status", "ask", "error", "action", "basis", "penalty_currency", "penalty_range_fen", "freight_by"),
    *("needs_review", "high_value", "explanation", "sources"),
}


def worked_out(case: Any) -> dict[str, Any]:
    return explained(compensate(case, RULEBOOK, high_value_fen=HIGH_VALUE_FEN, on=ON), RULEBOOK)


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)
