"""The store as a whole, over one engine."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from bot.store.claims import Claims
from bot.store.handoffs import Handoffs
from bot.store.messages import Messages
from bot.store.tables import metadata


class Store:
    """Creates its tables when they are missing."""

    def __init__(self, engine: Engine) -> None:
        metadata.create_all(engine)
        self.claims = Claims(engine)
        self.messages = Messages(engine)
        self.handoffs = Handoffs(engine)
