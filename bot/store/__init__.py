"""What must not be lost: claims, what was said, evidence, hand-offs. Everything else can be worked out again."""

from bot.store.claims import new_claim_id
from bot.store.conversations import Conversation, new_lease
from bot.store.database import UNREACHABLE, Conflict
from bot.store.handoffs import Handoff, Urgency
from bot.store.log import Author, Entry, Line
from bot.store.outbox import Delivery, DeliveryState
from bot.store.sessions import Session
from bot.store.store import Parts, Store
from bot.store.threads import Thread

__all__ = [
    "UNREACHABLE",
    "Author",
    "Conflict",
    "Conversation",
    "Delivery",
    "DeliveryState",
    "Entry",
    "Handoff",
    "Line",
    "Parts",
    "Session",
    "Store",
    "Thread",
    "Urgency",
    "new_claim_id",
    "new_lease",
]
