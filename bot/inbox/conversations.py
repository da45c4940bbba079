"""How a door names a conversation that its vendor knows by a session or by the buyer."""

from __future__ import annotations

import hashlib

MAX_SESSION = 100  # characters; the name fits the log


def named(door: str, session: str, buyer_id: str | None) -> str:
    """A conversation is its buyer's own: the same session under another buyer's id is another conversation."""
    mark = hashlib.sha256(buyer_id.encode()).hexdigest()[:16] if buyer_id else "anyone"
    return f"{door}:{session}:{mark}"
