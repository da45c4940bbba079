"""The store as a whole, over one engine of ``bot.db``."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from bot.store.claims import Claims
from bot.store.handoffs import Handoffs
from bot.store.log import Log
from bot.store.sessions import Sessions


class Store:
    def __init__(self, engine: Engine) -> None:
        self.claims = Claims(engine)
        self.log = Log(engine)
        self.handoffs = Handoffs(engine)
        self.sessions = Sessions(engine)
