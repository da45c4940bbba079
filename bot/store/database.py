"""How the parts of the store reach the database: each call in a transaction of its own, or several in one together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy import exc
from sqlalchemy.engine import Connection

Connect = Callable[[], AbstractContextManager[Connection]]
# The database is away, locked, full, or has no line free: it may be well again soon, and nothing was written.
UNREACHABLE: tuple[type[Exception], ...] = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)


class Conflict(RuntimeError):
    """Somebody else was first; nothing was written, and what was decided upon is out of date."""


class Part:
    """A part of the store. ``connection`` gives a transaction, which ends with its block unless it is a shared one."""

    def __init__(self, connection: Connect) -> None:
        self.connection = connection

    @contextmanager
    def together(self) -> Iterator[Connect]:
        """One transaction for several parts."""
        with self.connection() as connection:
            yield lambda: nullcontext(connection)
