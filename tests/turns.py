"""Turns made by hand: what a handler of ``bot.talk`` is given, with no model to read and no dialogue to choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.desk import Case
from bot.talk.turn import Handler, Happened, Memory, Step, Turn

LISTENS = Happened("action", "action_listen")


def said(intent: str) -> Happened:
    return Happened("user", intent)


def product(name: str) -> dict[str, Any]:
    return {"entity": "product", "value": name}


def quantity(value: int, role: str = "missing", unit: str = "件") -> dict[str, Any]:
    return {"entity": "quantity", "role": role, "value": value, "unit": unit}


def order_number(number: str) -> dict[str, Any]:
    return {"entity": "order_number", "value": number}


def turn(
    case: Case,
    intent: str,
    text: str = "",
    *entities: dict[str, Any],
    confidence: float = 1.0,
    also: Sequence[str] = (),
    form: str | None = None,
    story: Sequence[Happened] | None = None,
    uploads: Sequence[dict[str, Any]] = (),
    order_id: str | None = None,
    **slots: Any,
) -> Turn:
    """The buyer says ``text``, which was read as ``intent``; ``story`` ends with it. In a form it answers the form."""
    if story is None:
        story = [LISTENS, said(intent), Happened("action", form)] if form else [LISTENS, said(intent)]
    return Turn(
        case,
        {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": list(entities),
            "also": list(also),
        },
        Memory(slots, form, story),
        uploads,
        order_id,
    )


def take(handler: Handler, turn: Turn) -> tuple[Step, list[str]]:
    """What follows, and the names of what is said."""
    step = handler(turn)
    return step, [reply.response for reply in turn.replies]


def filled(turn: Turn) -> dict[str, Any]:
    """What fills the gaps of the last reply."""
    return dict(turn.replies[-1].values)
