"""What the listing commands share: their arguments, a table, a claim on one line, a claim by whatever id is at hand."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from bot.cli import InputError

if TYPE_CHECKING:
    from bot.claims.model import Claim
    from bot.store import Store

_MOST = 50

Row = TypeVar("Row")


def add_arguments(parser: argparse.ArgumentParser, found_by: str, states: Iterable[str]) -> None:
    parser.add_argument("search", metavar="SEARCH", nargs="?", help=found_by)
    parser.add_argument("--state", choices=sorted(states), help="only these")
    parser.add_argument("--limit", type=_count, default=_MOST, metavar="N", help=f"at most so many ({_MOST})")
    parser.add_argument("--json", action="store_true", help="a JSON list, for programs")


def first(found: Iterable[Row], name: Callable[[Row], str], limit: int) -> list[Row]:
    """Of so many names, the first that was found by each; no more is looked for."""
    rows: dict[str, Row] = {}
    for row in found:
        rows.setdefault(name(row), row)
        if len(rows) == limit:
            break
    return list(rows.values())


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    from tabulate import tabulate  # with wcwidth installed it knows that a Chinese character takes two columns

    drawn = tabulate(rows, head, tablefmt="plain", disable_numparse=True)
    return "\n".join(line.rstrip() for line in drawn.splitlines())


def buyer(buyer_id: str | None) -> str:
    from bot.privacy import mask, mask_name

    return mask_name(mask(buyer_id)) if buyer_id else "未知"


def items(claim: Claim) -> str:
    """纯棉T恤 白色 L码 少1."""
    return short((line.part or line.title, line.missing) for line in claim.lines)


def short(named: Iterable[tuple[str, int | None]]) -> str:
    """The same, of names and how many are missing."""
    from bot.privacy import mask

    return "、".join(f"{mask(name)} 少{'?' if missing is None else missing}" for name, missing in named)


def money(claim: Claim) -> str:
    """补发, 退款18.20元: what is promised, or offered; empty before."""
    from bot.claims.money import yuan
    from bot.talk.phrases import REMEDIES

    if claim.offer is None:
        return ""
    sum_ = yuan(claim.offer.money_fen) if claim.offer.money_fen else ""
    return f"{REMEDIES[claim.offer.remedy]}{sum_}"


def claim_of(store: Store, any_id: str) -> Claim:
    """By its number, its conversation, or its order.

    Raises:
        InputError: nothing goes by that id.
    """
    found = store.claims.get(any_id) or store.claims.current(any_id)
    found = found or next(iter(store.claims.of_order(any_id)), None)
    if found is None:
        raise InputError(f"没有登记号 {any_id}")
    return found


def _count(value: str) -> int:
    number = int(value)
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError(f"{value} is not between 1 and 1000")
    return number
