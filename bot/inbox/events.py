"""What the shop's own programs are told as it happens (``docs/api.md``, "Events"): put into the outbox together with
what it is about, so that none is lost and none is told that did not happen.

``answer`` is the whole answer to a message for which nobody waited. ``claim``, put there by ``bot.desk``, says which
one has changed, and no more.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.desk import Desk
from bot.desk.telling import tell
from bot.inbox.answer_view import answer_as_json
from bot.inbox.model import Outcome
from bot.store import Entry, Parts


def answered(parts: Parts, desk: Desk, said: Sequence[Entry], outcome: Outcome) -> None:
    """The answer to these messages, which were kept to be answered later."""
    last = said[-1]
    answer = answer_as_json(last.conversation_id, last.entry_id, outcome)
    data = {**answer, "message_ids": [entry.entry_id for entry in said]}
    if desk.tells_events:
        tell(parts, "answer", str(last.seq), last.conversation_id, data, desk.clock())
