"""One request to the counter by somebody who may be there, and what a view answers to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import pages
from bot.console.guard import Visitor, language, to_login, visitor
from bot.doors.http import read_body
from bot.doors.refusals import Refused
from bot.inbox.inbox import Inbox
from bot.inbox.text import printable
from bot.store import Parts, Store
from bot.store.accounts import Role

_FORM_BYTES = 64_000
_FIELDS = 60


@dataclass(frozen=True)
class Visit:
    """``form``: the fields that were sent, ``query`` those of the address; all of it as text that can be stored."""

    inbox: Inbox
    visitor: Visitor
    request: Request
    form: Mapping[str, str]

    @property
    def store(self) -> Store:
        return self.inbox.desk.store

    @property
    def query(self) -> Mapping[str, str]:
        return {name: printable(value) for name, value in self.request.query_params.items()}

    @property
    def now(self) -> datetime:
        return self.inbox.desk.clock()

    @property
    def language(self) -> str:
        return language(self.request)

    def named(self, name: str) -> str:
        """A part of the path."""
        return printable(str(self.request.path_params[name]))

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        return pages.page(self.request, template, self.visitor, status, **values)

    def back(self, path: str, said: str | None = None) -> Response:
        """After something was done: to that page, which says ``said``, a name of ``words.yml``."""
        return RedirectResponse(path + (f"?said={quote(said)}" if said else ""), 303)

    def refused(self, key: str, status: int = 400, **values: Any) -> Refused:
        return Refused(status, key, pages.said(key, self.language, **values))

    @contextmanager
    def noting(self, did: str, about: str, **more: str) -> Iterator[Parts]:
        """One transaction for a deed and its line on the audit trail.

        Raises:
            Conflict: somebody else was first; nothing was written.
        """
        with self.store.transaction() as parts:
            yield parts
            parts.accounts.note(self.visitor.name, did, about, self.now, **more)


View: TypeAlias = Callable[[Visit], Response]


def route(
    inbox: Inbox,
    path: str,
    view: View,
    role: Role = Role.CLERK,
    *,
    does: bool = False,
    middleware: Sequence[Middleware] = (),
) -> Route:
    """A page for those with that role; ``does``: it is a form, which changes something."""

    async def endpoint(request: Request) -> Response:
        form = await read_form(request) if does else {}
        return await run_in_threadpool(_answer, inbox, view, role, request, form)

    return Route(path, endpoint, methods=["POST"] if does else ["GET"], middleware=middleware)


async def read_form(request: Request) -> dict[str, str]:
    """The fields, the last of each name, as text that can be stored.

    Raises:
        Refused: see ``read_body``.
    """
    body = (await read_body(request, _FORM_BYTES)).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError as error:
        raise Refused(400, "bad_request") from error
    return {name: printable(value) for name, value in pairs}


def as_number(text: str | None) -> int | None:
    """What the database takes for one; None for all else."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _answer(inbox: Inbox, view: View, role: Role, request: Request, form: Mapping[str, str]) -> Response:
    who = visitor(inbox.desk, request)
    if who is None:
        return to_login(request)
    visit = Visit(inbox, who, request, form)
    if not who.role.may(role):
        raise visit.refused("not_your_role", 403)
    return view(visit)
