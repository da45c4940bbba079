"""What the inbox asks of a dialogue engine. Rasa answers it here; a test may answer it with anything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.desk import Case


@dataclass(frozen=True)
class Input:
    """One thing that the buyer has done: words, or files that came. ``uploads`` as in ``bot.talk.turn.Turn``."""

    text: str
    uploads: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Response:
    """``replies``: ``{"text", "buttons", "custom"}`` each. ``memory``: JSON, what the dialogue is to remember.

    ``intent``: ``{"name", "confidence"}`` of what was said first. ``acts``: all that was said, ``agenda``: what of it
    waits, ``cases``: problems of another kind; each as DESIGN.md shows it.
    """

    replies: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[str, Any] | None = None
    intent: Mapping[str, Any] = field(default_factory=dict)
    acts: list[dict[str, Any]] = field(default_factory=list)
    agenda: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)


class Engine(Protocol):
    """Holds nothing of a conversation, and may be asked from several threads at once."""

    def respond(
        self, case: Case, inputs: Sequence[Input], memory: dict[str, Any] | None, order_id: str | None
    ) -> Response:
        """Deal with what the buyer has done, input by input, until one of them hands the conversation over.

        The case is changed, not saved. What a handler raises comes through.
        """

    def parse(self, text: str) -> Mapping[str, Any]:
        """What is read in a text by itself: ``intent`` as in ``Response``, and more."""

    def wording(self, response: str, **values: Any) -> dict[str, Any]:
        """A response of ``domain.yml`` as a reply."""
