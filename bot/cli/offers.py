"""``shaofa offers``: stops and starts what the bot may offer, without a restart."""

from __future__ import annotations

import argparse
import getpass
from typing import TYPE_CHECKING

from bot.cli.terminal import say

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers

_WHAT = {
    "show": "what the bot may offer now",
    "pause": "the bot offers nothing any more; people decide",
    "resume": "the bot offers again",
    "confirm": "what costs money is offered only once a person has said yes to it",
    "trust": "the bot offers sums by itself again, within shop.yml",
}


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("offers", help="stop what the bot may offer, and let it go on; works at once")
    of_offers = parser.add_subparsers(metavar="command", required=True)
    for name, help_ in _WHAT.items():
        of_offers.add_parser(name, help=help_).set_defaults(run=run, what=name)


def run(args: argparse.Namespace) -> None:
    from bot import office
    from bot.claims.money import yuan
    from bot.desk import Speaker
    from bot.store.switches import OFFERS_PAUSED, SUMS_CONFIRMED

    desk = office.desk()
    changes = {
        "pause": (OFFERS_PAUSED, True),
        "resume": (OFFERS_PAUSED, False),
        "confirm": (SUMS_CONFIRMED, True),
        "trust": (SUMS_CONFIRMED, False),
    }
    if args.what in changes:
        name, is_on = changes[args.what]
        with desk.store.transaction() as parts:
            parts.switches.set(name, is_on, desk.clock(), getpass.getuser()[:64])
            parts.accounts.note(getpass.getuser(), "switched_on" if is_on else "switched_off", name, desk.clock())
    on = desk.store.switches.on()
    most = desk.policy.offers.per_day_fen
    today = desk.store.claims.promised_since(desk.open(Speaker("", "")).midnight)
    say(f"给方案：{'已暂停，都请同事来定' if OFFERS_PAUSED in on else '机器人自己给'}")
    say(f"涉及金额：{'每笔都要同事点头' if SUMS_CONFIRMED in on else 'shop.yml 限额内机器人自己定'}")
    say(f"今天答应的金额：{yuan(today)}，每天最多{yuan(most) if most is not None else '不限'}")
