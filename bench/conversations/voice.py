"""One buyer's choice of words: phrases of the own register, slots filled as this buyer names and counts things."""

from __future__ import annotations

import random
from typing import Any

from bench.conversations import record
from bench.conversations.bank import ITEMS, PHRASES, Goal, Temperament

_DIGITS = "零一二三四五六七八九"


class Voice:
    """Never says the same phrase twice as long as there is another."""

    def __init__(self, goal: Goal, temperament: Temperament, rng: random.Random) -> None:
        self._goal = goal
        self._temperament = temperament
        self._rng = rng
        self._said: set[str] = set()
        self._own = 0
        self._chinese = {"chinese": True, "arabic": False}.get(temperament.numerals, rng.random() < 0.5)
        self.pinyin = temperament.register == "pinyin"

    def say(self, act: str, sku: str, missing: int, **slots: Any) -> str:
        """A phrase of the act about so many missing of the line; ``wrong`` is another line, ``off`` a wrong count."""
        registers = PHRASES[act]
        own = registers.get(self._temperament.register, []) if self._own < self._temperament.own_at_most else []
        # Who has few phrases of the own kind falls back on plain ones now and then, as people do.
        use_own = bool(own) and (self.pinyin or self._rng.random() < 0.75)
        phrases = own if use_own else registers["plain"]
        self._own += use_own
        phrase = self._rng.choice([phrase for phrase in phrases if phrase not in self._said] or phrases)
        self._said.add(phrase)
        return phrase.format(**self._slots(sku, missing, latin=use_own and self.pinyin, **slots))

    def _slots(
        self, sku: str, missing: int, *, latin: bool, wrong: str = "", off: int = 0, nth: int = 1
    ) -> dict[str, str]:
        ordered = whole(self._goal, sku)
        counts = {"ordered": ordered, "arrived": ordered - missing, "missing": missing, "off": off}
        slots = {name: chinese(count) if self._chinese and not latin else str(count) for name, count in counts.items()}
        slots |= {"item": self._name(sku, latin), "gift": self._name(sku, latin), "unit": self._unit(sku, latin)}
        slots |= {"part": self._goal.part, "tail": record.tail(sku), "sum": str(self._goal.sum)}
        slots |= {"nth": chinese(nth).replace("两", "二") if self._chinese else str(nth)}
        slots |= {"wrong": self._name(wrong, latin) if wrong else ""}
        return slots | {f"{name}2": slots[name] for name in ("item", "missing", "unit")}

    def _name(self, sku: str, latin: bool) -> str:
        return str(ITEMS[sku]["pinyin"] if latin else self._rng.choice(ITEMS[sku]["names"]))

    def _unit(self, sku: str, latin: bool) -> str:
        if self._goal.unit and not latin:
            return self._goal.unit
        return str(ITEMS[sku]["pinyin_unit" if latin else "unit"])


def whole(goal: Goal, sku: str) -> int:
    """How many there should be, in the units (or pieces, or weight) that the goal counts in."""
    return goal.pieces or record.line_of(sku).quantity


def chinese(value: int) -> str:
    """A count before its unit: 两 for 2, 十二, 二十; from a hundred on in digits.

    >>> [chinese(n) for n in (0, 2, 10, 12, 20, 25, 300)]
    ['零', '两', '十', '十二', '二十', '二十五', '300']
    """
    if value == 2:
        return "两"
    if value >= 100:
        return str(value)
    tens, ones = divmod(value, 10)
    head = "" if not tens else ("" if tens == 1 else _DIGITS[tens]) + "十"
    return head + (_DIGITS[ones] if ones or not tens else "")
