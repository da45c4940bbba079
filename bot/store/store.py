"""The store as a whole, over one engine of ``bot.db``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from bot.store.accounts import Accounts
from bot.store.claims import Claims
from bot.store.conversations import Conversations
from bot.store.database import Conflict, Connect
from bot.store.handoffs import Handoffs
from bot.store.keys import Keys
from bot.store.log import Log
from bot.store.nonces import Nonces
from bot.store.outbox import Outbox
from bot.store.ratings import Ratings
from bot.store.sessions import Sessions
from bot.store.switches import Switches
from bot.store.threads import Threads
from bot.store.worklist import Worklist


class Parts:
    """What is stored, over one way to the database."""

    def __init__(self, connection: Connect) -> None:
        self.claims = Claims(connection)
        self.conversations = Conversations(connection)
        self.log = Log(connection)
        self.handoffs = Handoffs(connection)
        self.sessions = Sessions(connection)
        self.outbox = Outbox(connection)
        self.threads = Threads(connection)
        self.switches = Switches(connection)
        self.accounts = Accounts(connection)
        self.worklist = Worklist(connection)
        self.keys = Keys(connection)
        self.nonces = Nonces(connection)
        self.ratings = Ratings(connection)


class Store(Parts):
    """Each call is a transaction of its own; see ``transaction`` for several together."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(self._begin)
        self._engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Parts]:
        """The parts over one transaction: what goes through them is written together, or not at all.

        Raises:
            Conflict: somebody else has written the same meanwhile; nothing was written.
        """
        with self._begin() as connection:
            yield Parts(lambda: nullcontext(connection))

    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many are kept for the next who asks."""
        pool = self._engine.pool
        return pool.checkedout(), pool.checkedin()

    @contextmanager
    def reading(self) -> Iterator[Parts]:
        """The parts over one connection, for several questions at once; there is nothing to commit."""
        with self._engine.connect() as connection:
            yield Parts(lambda: nullcontext(connection))

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise Conflict("somebody else was first") from error
