"""Whole fen, never a float. Only the edge prints 元."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_YUAN = re.compile(r"¥?\s*(\d{1,9}|\d{1,3}(?:,\d{3})+)(?:\.(\d{1,2})0*)?\s*元?", re.ASCII)


def share(total_fen: int, part: int, whole: int) -> int:
    """``total_fen × part ÷ whole``, half a fen rounded up (project convention, rules.md 1.1).

    Raises:
        ValueError: when ``whole`` is not positive or ``total_fen`` or ``part`` is negative.
    """
    if whole <= 0 or part < 0 or total_fen < 0:
        raise ValueError(f"no share of {total_fen} fen in {part}/{whole}")
    return (2 * total_fen * part + whole) // (2 * whole)


def split(total_fen: int, weights: Sequence[int]) -> list[int]:
    """Divide a sum in proportion to the weights by largest remainder: the parts add up to it exactly.

    Raises:
        ValueError: when a weight is negative, or all are zero while there is something to divide.
    """
    whole = sum(weights)
    if any(weight < 0 for weight in weights) or (whole == 0 and total_fen):
        raise ValueError(f"cannot divide {total_fen} fen by {list(weights)}")
    if whole == 0:
        return [0] * len(weights)
    parts = [total_fen * weight // whole for weight in weights]
    remainders = [total_fen * weight % whole for weight in weights]
    largest = sorted(range(len(weights)), key=lambda i: -remainders[i])
    for i in largest[: total_fen - sum(parts)]:
        parts[i] += 1
    return parts


def yuan(fen: int) -> str:
    """As a buyer reads it: 12元, 12.50元."""
    whole, rest = divmod(abs(fen), 100)
    sign = "-" if fen < 0 else ""
    return f"{sign}{whole}.{rest:02d}元" if rest else f"{sign}{whole}元"


def fen(text: str) -> int:
    """Yuan as a sheet writes them, in fen: 39.9, 1,234.50, ¥12.00, １２元.

    Raises:
        ValueError: when it is no amount, is negative, or has a fraction of a fen.
    """
    # NFKC makes ￥ of the full-width form a plain ¥, and full-width digits plain ones.
    found = _YUAN.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found:
        raise ValueError(f"no amount of money: {text!r}")
    whole, rest = found.groups()
    return int(whole.replace(",", "")) * 100 + int((rest or "").ljust(2, "0"))
