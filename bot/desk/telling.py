"""Puts an event for the shop's own programs into the outbox, within the transaction of what it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.store import Parts

KIND = "event"


def tell(parts: Parts, name: str, key: str, conversation_id: str, data: Mapping[str, Any], now: datetime) -> None:
    """``key`` is the event's own, up to 64 characters. Those of one conversation come in order."""
    lane = f"{KIND}:{hashlib.sha256(conversation_id.encode()).hexdigest()}"
    payload = {"event": name, "conversation_id": conversation_id, "at": now.isoformat(), "data": data}
    parts.outbox.put(f"{lane}:{name}:{key}", KIND, lane, payload, now)
