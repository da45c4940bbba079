"""What must not be lost: claims, what was said, evidence, hand-offs. Everything else can be worked out again."""

from bot.store.claims import Conflict, new_claim_id
from bot.store.handoffs import Handoff
from bot.store.log import Author, Entry
from bot.store.sessions import Session
from bot.store.store import Store

__all__ = ["Author", "Conflict", "Entry", "Handoff", "Session", "Store", "new_claim_id"]
