"""Who comes to the counter, and whether the request is theirs: cookie, role, and where a form was sent from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.desk import Desk
from bot.doors.http import is_local, peer
from bot.doors.refusals import CHINESE, ENGLISH, ErrorForm, Refused, request_id
from bot.settings import settings
from bot.store.accounts import Role

COOKIE, LANGUAGE = "shaofa_counter", "shaofa_language"
HOME = "/counter"
EVENTS, LIVE = f"{HOME}/events", "x-shaofa-live"
_IDLE = timedelta(hours=12)  # a shift; then one logs in again
LONGEST = timedelta(days=7)
_NOTED_EVERY = timedelta(minutes=5)
_DEMO = "演示"

# No script and no style but ours, no other host, and nobody may put a page of ours into theirs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none at all a browser would not say where a form comes from
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Visitor:
    """``login``: which browser, see ``Login.mark``; None in the demo, where nobody logs in."""

    name: str
    role: Role
    login: str | None = None

    @property
    def is_demo(self) -> bool:
        return self.login is None

    def may(self, role: str) -> bool:
        return self.role.may(Role(role))


def visitor(desk: Desk, request: HTTPConnection) -> Visitor | None:
    """Who it is; None: somebody has to log in. What a page asks for by itself keeps nobody logged in."""
    accounts, now = desk.store.accounts, desk.clock()
    secret = request.cookies.get(COOKIE)
    found = accounts.logged_in(secret, now - LONGEST, now - _IDLE) if secret else None
    if found:
        account, login = found
        if now - login.seen_at > _NOTED_EVERY and not _is_by_itself(request):
            accounts.seen(login.mark, now)
        return Visitor(account.name, account.role, login.mark)
    if is_open_demo(request) and not accounts.are_in_use():
        return Visitor(_DEMO, Role.OWNER)
    return None


def _is_by_itself(request: HTTPConnection) -> bool:
    """The stream of news, and the page that is made fresh for it (``counter.js``): nobody has pressed anything."""
    return request.url.path == EVENTS or LIVE in request.headers


def is_open_demo(request: HTTPConnection) -> bool:
    """A demo on the caller's own machine: nothing in it is anybody's."""
    config = settings()
    return config.demo and config.api_key is None and is_local(request.headers, peer(request))


def admit(response: Response, request: Request, secret: str) -> Response:
    """From now on this browser is logged in."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(LONGEST.total_seconds()),
        path=HOME,
        httponly=True,
        samesite="lax",  # strict would log out whoever comes by the link of a notice
        secure=is_encrypted(request),
    )
    return response


def dismiss(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=HOME)
    return response


def to_login(request: Request) -> Response:
    """And back here afterwards, if there is anything to see here."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(asked)}" if request.method == "GET" and asked != HOME else ""
    return RedirectResponse(f"{HOME}/login{back}", 303)


def language(request: HTTPConnection) -> str:
    return ENGLISH if request.cookies.get(LANGUAGE) == ENGLISH else CHINESE


def place(request: HTTPConnection) -> str:
    """Where somebody comes from, for counting guesses: behind a proxy of the shop's own, what the proxy says.

    Whoever calls directly from the shop's own net may invent one; the guesses of a name from anywhere are counted too.
    """
    line = peer(request) or ""
    with suppress(ValueError):
        if ip_address(line).is_private:
            return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or line
    return line


class Guard:
    """Every answer gets the headers that keep a page ours; what changes something must come from a page of ours.

    A cookie goes along with a form on anybody's page of this site; browsers say which page it was.
    """

    def __init__(self, app: ASGIApp, form: ErrorForm) -> None:
        self._app, self._form = app, form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and not _is_from_us(Headers(scope=scope)):
            refused = Refused(403, "forbidden", "form_from_elsewhere")
            refused.language = language(HTTPConnection(scope))
            await self._form(refused, request_id(HTTPConnection(scope)))(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


def _is_from_us(headers: Headers) -> bool:
    # A proxy that ends TLS makes https into http, so the scheme is not compared.
    return headers.get("origin", "").partition("://")[2] == headers.get("host", "-")


def is_encrypted(request: Request) -> bool:
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
