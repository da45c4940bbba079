"""The end that was reached against the ends that are right, and pass^k over many tries (as in τ-bench)."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb
from typing import Any

from bench.conversations.bank import Goal
from bench.conversations.buyer import OPEN, SETTLED, in_pieces
from bench.conversations.promises import refunds


def outcome(claims: Iterable[dict[str, Any]], handed_off: bool) -> str:
    """``handed_off``, ``reship``, ``refund``, ``return``, ``mixed``, ``withdrawn`` or ``nothing``."""
    claims = list(claims)
    if handed_off:
        return "handed_off"
    remedies = {claim["offer"]["remedy"] for claim in claims if claim["state"] in SETTLED}
    if remedies:
        return remedies.pop() if len(remedies) == 1 else "mixed"
    states = {claim["state"] for claim in claims}
    return "withdrawn" if "withdrawn" in states and not states & {*OPEN} else "nothing"


def right(goal: Goal, claims: Iterable[dict[str, Any]], handed_off: bool) -> tuple[bool, str]:
    """Whether the end is the shop's, and if not, why in a few words."""
    claims = list(claims)
    end = outcome(claims, handed_off)
    if end not in goal.end:
        return False, f"{end}, not {' or '.join(goal.end)}"
    if end not in ("reship", "refund"):
        return True, ""
    agreed = [claim for claim in claims if claim["state"] in SETTLED]
    wrong = _goods(goal, [line for claim in agreed for line in claim["lines"]])
    if wrong:
        return False, wrong
    for claim in agreed:
        if end == "refund" and claim["offer"]["amount_fen"] not in refunds(claim, goal.pieces):
            return False, f"{claim['offer']['amount_fen']} fen"
    return True, ""


def _goods(goal: Goal, lines: list[dict[str, Any]]) -> str:
    if goal.kind == "part":
        (sku,) = goal.lines
        named = [
            line
            for line in lines
            if line["sku"] == sku and (goal.part in line.get("parts", ()) or goal.part in line["title"])
        ]
        return "" if len(named) == len(lines) == 1 else f"not the part {goal.part}"
    wanted = {**goal.lines, **goal.second}
    got = {line["sku"]: line["missing"] for line in lines if line["missing"]}
    if goal.kind == "pack" and not all(map(in_pieces, lines)):
        return f"whole packs {got}, not pieces {wanted}"
    if goal.kind == "weight":
        return ""
    return "" if got == wanted and len(lines) == len(got) else f"goods {got}, not {wanted}"


def pass_k(rights: Iterable[list[bool]], k: int) -> float:
    """The mean chance, over goals, that k tries of a goal drawn from its n are all right: C(c, k) ÷ C(n, k).

    >>> pass_k([[True, True], [True, False]], 1), pass_k([[True, True], [True, False]], 2)
    (0.75, 0.5)
    """
    shares = [comb(sum(tries), k) / comb(len(tries), k) for tries in rights if len(tries) >= k]
    return sum(shares) / len(shares) if shares else 0.0
