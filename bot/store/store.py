"""The store as a whole, over one engine of ``bot.db``."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from bot.store.claims import Claims
from bot.store.handoffs import Handoffs
from bot.store.messages import Messages


class Store:
    def __init__(self, engine: Engine) -> None:
        self.claims = Claims(engine)
        self.messages = Messages(engine)
        self.handoffs = Handoffs(engine)
