"""What must not be lost: claims, messages, evidence, hand-offs. Everything else can be worked out again."""

from bot.store.claims import Conflict, new_claim_id
from bot.store.handoffs import Handoff
from bot.store.store import Store

__all__ = ["Conflict", "Handoff", "Store", "new_claim_id"]
