"""``shaofa promises``: what was promised and is not done yet."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("promises", help="what was promised and is not done yet")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.claims.deadlines import is_broken, spoken
    from bot.desk import promises

    desk = office.desk()
    for claim in promises.promised(desk):
        assert claim.promise is not None  # that is what `promised` asked for
        late = "已超时" if is_broken(claim.promise, desk.clock()) else "未到期"
        print(f"{claim.claim_id}\t{claim.promise.remedy.value}\t{spoken(claim.promise.due_at)}\t{late}")
