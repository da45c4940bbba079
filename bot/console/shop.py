"""What a lead switches while the bot runs, and what could not be sent to the shop."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.console.guard import HOME
from bot.console.visit import Visit, route
from bot.doors.refusals import Refused
from bot.inbox.inbox import Inbox
from bot.store.accounts import Role
from bot.store.outbox import DeliveryState
from bot.store.switches import OFFERS_PAUSED, SUMS_CONFIRMED

SWITCHES = (OFFERS_PAUSED, SUMS_CONFIRMED)
_UNSENT = frozenset({DeliveryState.DEAD.value, DeliveryState.UNKNOWN.value})


def routes(inbox: Inbox) -> list[BaseRoute]:
    return [route(inbox, "/shop", _shop, Role.LEAD), route(inbox, "/shop", _switch, Role.LEAD, does=True)]


def _shop(visit: Visit) -> Response:
    unsent = {kind: count for (kind, state), count in visit.store.outbox.counts().items() if state in _UNSENT}
    return visit.page("shop", switches=SWITCHES, on=visit.store.switches.on(), unsent=unsent)


def _switch(visit: Visit) -> Response:
    name, is_on = visit.form.get("name", ""), visit.form.get("to") == "on"
    if name not in SWITCHES:
        raise Refused(400, "bad_request")
    with visit.noting("switched_on" if is_on else "switched_off", name) as parts:
        parts.switches.set(name, is_on, visit.now, visit.visitor.name)
    return visit.back(f"{HOME}/shop", "saved")
