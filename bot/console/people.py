"""Accounts: logging in and out, the link that sets a password, one's own browsers, and what the owner does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console import guard, pages, passwords
from bot.console.guard import HOME
from bot.console.visit import Visit, as_number, read_form, route
from bot.doors.refusals import CHINESE, ENGLISH, Refused
from bot.inbox.inbox import Inbox
from bot.store import Conflict, Parts
from bot.store.accounts import Role

_NAME = re.compile(r"(?=.*\w)[\w.\-·]{1,32}")  # it stands in an address, where .. leads elsewhere
_BROWSER_CHARS = 128
_CHECKED_AT_ONCE = 2  # passwords, each with 64 MiB: who sends many gets no more of the machine than that


def routes(inbox: Inbox) -> list[BaseRoute]:
    return [
        *_Entrance(inbox).routes(),
        route(inbox, "/logout", _log_out, does=True),
        route(inbox, "/me", _me),
        route(inbox, "/me", _change_me, does=True),
        route(inbox, "/people", _people, Role.OWNER),
        route(inbox, "/people", _add, Role.OWNER, does=True),
        route(inbox, "/people/{name}", _change, Role.OWNER, does=True),
        route(inbox, "/audit", _audit, Role.OWNER),
    ]


class _Entrance:
    """What is open to those who have not come in yet."""

    def __init__(self, inbox: Inbox) -> None:
        self._desk = inbox.desk
        self._checking = anyio.CapacityLimiter(_CHECKED_AT_ONCE)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/login", self._asked, methods=["GET"]),
            Route("/login", self._came, methods=["POST"]),
            Route("/welcome/{secret}", self._welcomed, methods=["GET"]),
            Route("/welcome/{secret}", self._set, methods=["POST"]),
            Route("/language", self._speak, methods=["POST"]),
        ]

    def _asked(self, request: Request) -> Response:
        if guard.visitor(self._desk, request):
            return RedirectResponse(HOME, 303)
        return pages.page(request, "login", wrong=None, name="", next=_inside(request.query_params.get("next")))

    async def _came(self, request: Request) -> Response:
        form = await read_form(request)
        work = partial(self._log_in, request, form.get("name", ""), form)
        return await anyio.to_thread.run_sync(work, limiter=self._checking)

    def _log_in(self, request: Request, name: str, form: dict[str, str]) -> Response:
        store, now, there = self._desk.store, self._desk.clock(), _inside(form.get("next"))
        try:
            account = passwords.log_in(store, name, form.get("password", ""), guard.place(request), now)
        except passwords.TooManyGuesses:
            return pages.page(request, "login", status=429, wrong="too_many_guesses", name=name, next=there)
        if account is None:
            return pages.page(request, "login", status=403, wrong="wrong_password", name=name, next=there)
        with store.transaction() as parts:
            return self._admitted(parts, request, account.name, there, "logged_in")

    def _welcomed(self, request: Request) -> Response:
        name = self._desk.store.accounts.linked(request.path_params["secret"], self._desk.clock())
        return pages.page(request, "welcome", status=200 if name else 404, name=name, wrong=None)

    async def _set(self, request: Request) -> Response:
        form = await read_form(request)
        return await anyio.to_thread.run_sync(self._set_password, request, form, limiter=self._checking)

    def _set_password(self, request: Request, form: dict[str, str]) -> Response:
        accounts = self._desk.store.accounts
        name = accounts.linked(request.path_params["secret"], self._desk.clock())
        wrong = _wrong_with(form) if name else None
        if name is None or wrong:
            return pages.page(request, "welcome", status=400 if name else 404, name=name, wrong=wrong)
        kept = passwords.kept(form["password"])
        with self._desk.store.transaction() as parts:
            if not parts.accounts.use_link(request.path_params["secret"], kept, self._desk.clock()):
                return pages.page(request, "welcome", status=404, name=None, wrong=None)  # used just now, elsewhere
            return self._admitted(parts, request, name, HOME, "password_set")

    def _admitted(self, parts: Parts, request: Request, name: str, there: str, did: str) -> Response:
        now, browser = self._desk.clock(), request.headers.get("user-agent", "")[:_BROWSER_CHARS]
        parts.accounts.forget(now - guard.LONGEST, now)
        secret = parts.accounts.log_in(name, browser, now)
        parts.accounts.note(name, did, name, now, peer=guard.place(request))
        return guard.admit(RedirectResponse(there, 303), request, secret)

    async def _speak(self, request: Request) -> Response:
        form = await read_form(request)
        chosen = ENGLISH if form.get("to") == ENGLISH else CHINESE
        answer = RedirectResponse(_inside(form.get("back")), 303)
        answer.set_cookie(guard.LANGUAGE, chosen, max_age=31_536_000, path=HOME, httponly=True, samesite="lax")
        return answer


def _log_out(visit: Visit) -> Response:
    if visit.visitor.login:
        with visit.noting("logged_out", visit.visitor.name) as parts:
            parts.accounts.log_out(visit.visitor.name, visit.visitor.login)
    return guard.dismiss(RedirectResponse(f"{HOME}/login", 303))


# --- one's own ------------------------------------------------------------------------------------


def _me(visit: Visit, wrong: str | None = None) -> Response:
    logins = visit.store.accounts.logins(visit.visitor.name)
    return visit.page("me", 400 if wrong else 200, logins=logins, wrong=wrong, least=passwords.LEAST_CHARS)


def _change_me(visit: Visit) -> Response:
    name = visit.visitor.name
    if visit.visitor.is_demo:
        raise visit.refused("not_in_demo", 403)
    if mark := visit.form.get("end"):
        with visit.noting("browser_ended", name) as parts:
            parts.accounts.log_out(name, mark)
        return visit.back(f"{HOME}/me", "saved")
    try:
        known = passwords.log_in(visit.store, name, visit.form.get("old", ""), guard.place(visit.request), visit.now)
    except passwords.TooManyGuesses:
        return _me(visit, "too_many_guesses")
    wrong = _wrong_with(visit.form) if known else "wrong_password"
    if wrong:
        return _me(visit, wrong)
    kept, browser = passwords.kept(visit.form["password"]), visit.request.headers.get("user-agent", "")
    with visit.noting("password_set", name) as parts:
        parts.accounts.set_password(name, kept)
        secret = parts.accounts.log_in(name, browser[:_BROWSER_CHARS], visit.now)
    return guard.admit(visit.back(f"{HOME}/me", "saved"), visit.request, secret)


# --- the owner's ----------------------------------------------------------------------------------


def _people(visit: Visit, link: str | None = None, whose: str = "") -> Response:
    """``link``: shown this once, for the owner to pass on."""
    scheme = "https" if guard.is_encrypted(visit.request) else "http"
    address = f"{scheme}://{visit.request.headers.get('host', '')}{link}" if link else None
    accounts = visit.store.accounts.all()
    return visit.page("people", accounts=accounts, roles=list(Role), link=address, whose=whose)


def _add(visit: Visit) -> Response:
    name, role = visit.form.get("name", ""), _role(visit)
    if not _NAME.fullmatch(name):
        raise visit.refused("bad_name")
    try:
        with visit.noting("account_opened", name, role=role.value) as parts:
            parts.accounts.open(name, role, visit.now)
            link = passwords.new_link(parts.accounts, name, visit.now)
    except Conflict as conflict:
        raise visit.refused("name_taken", 409) from conflict
    return _people(visit, link, name)


def _change(visit: Visit) -> Response:
    name, do = visit.named("name"), visit.form.get("do")
    if visit.store.accounts.get(name) is None:
        raise Refused(404, "not_found")
    if name == visit.visitor.name and do in ("role", "close"):
        raise visit.refused("not_yourself")  # or nobody might be left who can open the door again
    if do == "role":
        with visit.noting("role_set", name, role=_role(visit).value) as parts:
            parts.accounts.set_role(name, _role(visit))
    elif do == "close":
        with visit.noting("account_closed", name) as parts:
            parts.accounts.close(name, visit.now)
    elif do == "link":
        with visit.noting("link_made", name) as parts:
            parts.accounts.reopen(name)
            link = passwords.new_link(parts.accounts, name, visit.now)
        return _people(visit, link, name)
    return visit.back(f"{HOME}/people", "saved")


def _audit(visit: Visit) -> Response:
    deeds = visit.store.accounts.deeds(as_number(visit.query.get("before")))
    return visit.page("audit", deeds=deeds)


def _role(visit: Visit) -> Role:
    try:
        return Role(visit.form.get("role", ""))
    except ValueError as error:
        raise Refused(400, "bad_request") from error


def _wrong_with(form: Mapping[str, str]) -> str | None:
    """What is wrong with a new password, a name of ``words.yml``."""
    password = form.get("password", "")
    if not passwords.is_long_enough(password):
        return "password_length"
    return None if password == form.get("again") else "passwords_differ"


def _inside(path: str | None) -> str:
    """Where a form may lead: to a page of the counter's own."""
    return path if path and re.fullmatch(rf"{HOME}(/[^/\\][^\\]*|\?.*)?", path) else HOME
