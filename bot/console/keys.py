"""API keys of the shop's other programs: made and revoked by the owner. A key is shown once, when it is made."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.console.guard import HOME
from bot.console.visit import Visit, route
from bot.doors.refusals import Refused
from bot.inbox.inbox import Inbox
from bot.store import Conflict
from bot.store.accounts import Role
from bot.store.keys import SCOPES

_NAME_CHARS = 64


def routes(inbox: Inbox) -> list[BaseRoute]:
    return [route(inbox, "/keys", _keys, Role.OWNER), route(inbox, "/keys", _change, Role.OWNER, does=True)]


def _keys(visit: Visit, made: str | None = None, whose: str = "") -> Response:
    return visit.page("keys", keys=visit.store.keys.all(), scopes=SCOPES, made=made, whose=whose)


def _change(visit: Visit) -> Response:
    do, name = visit.form.get("do"), visit.form.get("name", "").strip()
    if do == "make":
        return _make(visit, name)
    if do != "revoke":
        raise Refused(400, "bad_request")
    with visit.noting("key_revoked", name) as parts:
        if not parts.keys.revoke(name, visit.now):
            raise visit.refused("no_such_key", 404)
    return visit.back(f"{HOME}/keys", "saved")


def _make(visit: Visit, name: str) -> Response:
    scopes = [scope for scope in SCOPES if visit.form.get(f"scope_{scope}")]
    if not name or len(name) > _NAME_CHARS or not name.isprintable():
        raise visit.refused("bad_key_name")
    if not scopes:
        raise visit.refused("no_scope_chosen")
    try:
        with visit.noting("key_made", name, scopes=" ".join(scopes)) as parts:
            made = parts.keys.make(name, scopes, visit.now)
    except Conflict as conflict:
        raise visit.refused("key_name_taken", 409) from conflict
    return _keys(visit, made, name)
