"""Who has a conversation, as far as one case is concerned: what changes is kept until ``save``, like the claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import uuid4

from bot.store import Conflict, Handoff, Parts
from bot.store.handoffs import Handoffs

_Step: TypeAlias = Callable[[Handoffs], bool]  # False: somebody else was quicker


@dataclass
class Custody:
    """``handoff`` is the one that holds, None while the bot has the conversation."""

    conversation_id: str
    now: datetime
    handoff: Handoff | None = None
    _begun: list[Handoff] = field(default_factory=list)
    _steps: list[_Step] = field(default_factory=list)
    _notices: list[tuple[str, str]] = field(default_factory=list)

    def begin(self, handoff: Handoff) -> None:
        """A person is asked to take over."""
        self.handoff = handoff
        self._begun.append(handoff)

    def withdraw(self) -> None:
        """What has just been begun is not: a weightier reason follows."""
        self.handoff = None
        self._begun.clear()
        self._notices.clear()

    def take(self, by: str) -> None:
        """A person has it from now on, or again."""
        assert self.handoff is not None  # it is taken from the queue
        since = self.handoff.taken_at or self.now
        self.handoff = replace(self.handoff, taken_by=by, taken_at=since, offered_back_at=None)
        if self._begun:
            self._begun[-1] = self.handoff
        else:
            self._steps.append(lambda handoffs: handoffs.take(self.conversation_id, by, self.now))

    def put_back(self) -> None:
        """It waits for the next person."""
        assert self.handoff is not None
        self.handoff = replace(self.handoff, taken_by=None, taken_at=None, offered_back_at=None, alarmed_at=None)
        self._steps.append(lambda handoffs: handoffs.put_back(self.conversation_id))

    def offer_back(self) -> None:
        """The buyer is asked whether the bot may go on."""
        assert self.handoff is not None
        self.handoff = replace(self.handoff, offered_back_at=self.now)
        self._steps.append(lambda handoffs: handoffs.offer_back(self.conversation_id, self.now))

    def alarm(self) -> None:
        """Nobody has come in time."""
        assert self.handoff is not None
        self.handoff = replace(self.handoff, alarmed_at=self.now)
        self._steps.append(lambda handoffs: handoffs.alarmed(self.conversation_id, self.now))

    def give_back(self) -> None:
        self.handoff = None
        self._steps.append(lambda handoffs: handoffs.give_back(self.conversation_id, self.now))

    def notify(self, event: str, text: str) -> None:
        """Tell the shop, by every way that there is."""
        self._notices.append((event, text))

    @property
    def is_begun_now(self) -> bool:
        return bool(self._begun)

    @property
    def is_changed(self) -> bool:
        return bool(self._begun or self._steps or self._notices)

    def save(self, parts: Parts, kinds: Sequence[str]) -> None:
        """Write it, within the caller's transaction. ``kinds``: by which deliveries the shop is told.

        Raises:
            Conflict: somebody else was quicker.
        """
        for step in self._steps:
            if not step(parts.handoffs):
                raise Conflict(f"conversation {self.conversation_id}: who has it has changed meanwhile")
        for handoff in self._begun:
            parts.handoffs.open(handoff)
        for event, text in self._notices:
            self._put(parts, event, text, kinds)

    def _put(self, parts: Parts, event: str, text: str, kinds: Sequence[str]) -> None:
        handoff = self.handoff
        payload = {
            "event": event,
            "text": text,
            "conversation_id": self.conversation_id,
            "case_no": handoff.case_no if handoff else None,
            "claim_id": handoff.claim_id if handoff else None,
            "reason": handoff.reason if handoff else None,
            "urgency": handoff.urgency.name.lower() if handoff else None,
            "at": self.now.isoformat(),
        }
        for kind in kinds:
            parts.outbox.put(f"{event}-{uuid4().hex}", kind, f"{kind}:{self.conversation_id}", payload, self.now)
