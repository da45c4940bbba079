"""Conversations from the time when Rasa kept them in a tracker store of its own (``SHAOFA_TRACKER_URL``)."""

from __future__ import annotations

from typing import Any

from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain

from bot.engine.remembering import remember


class OldTrackers:
    """Read only: what is remembered from now on stands beside the log."""

    def __init__(self, url: str) -> None:
        self._store = SQLTrackerStore(host=url)

    async def memory(self, conversation_id: str, domain: Domain) -> dict[str, Any] | None:
        """What is to be remembered of the conversation; None when there was none."""
        self._store.domain = domain
        tracker = await self._store.retrieve(conversation_id)
        return remember(tracker, domain) if tracker else None
