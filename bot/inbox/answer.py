"""What becomes of what was said: the engine's replies, the news there is, where the claim stands. Writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.claims.events import SaidBy
from bot.desk import Case
from bot.desk.case import TO_PLATFORM
from bot.desk.handoffs import hand_off_for, in_force, step_aside
from bot.engine.protocol import Act, Engine, Response
from bot.inbox.claim_view import claim_as_json, handoff_as_json
from bot.inbox.model import Outcome, at_most
from bot.inbox.text import together
from bot.orders.base import OrdersSlow, OrdersUnavailable
from bot.store import UNREACHABLE, Author, Entry, Line
from bot.talk import phrases
from bot.talk.due import broken_promise
from bot.understanding.danger import danger_in

logger = logging.getLogger(__name__)

HANDED_OFF = "handed_off"
# It can be answered later, and is.
_NOT_NOW: tuple[type[Exception], ...] = (OrdersSlow, *UNREACHABLE)


@dataclass(frozen=True)
class Answer:
    """``case`` and ``memory`` are as they are to be saved, ``lines`` are for the log.

    ``error``: the kind of what went wrong, when the buyer was told that something did.
    """

    outcome: Outcome
    case: Case
    memory: dict[str, Any] | None
    lines: Sequence[Line] = field(default_factory=list)
    error: str | None = None


def answer_to(
    engine: Engine, case: Case, said: Sequence[Entry], memory: dict[str, Any] | None, order_id: str | None
) -> Answer:
    """Answer all that was said, together. Whatever goes wrong, the buyer gets an answer, and the case is as before.

    Raises:
        OrdersSlow, UNREACHABLE: what has to be known for it is not there yet, or not now.
    """
    text, cut_at = together([entry.text for entry in said], case.policy.messages.max_chars)
    uploads = [_upload(entry.file) for entry in said if entry.file]
    response, replies = Response(memory=memory), []
    begun: list[Line] = []
    failed: str | None = None
    if not in_force(case):
        try:
            response = engine.respond(case, _acts(text, uploads), memory, order_id)
            replies = [*_news(case), *response.replies]
        except _NOT_NOW:
            raise
        except Exception as error:
            away = isinstance(error, OrdersUnavailable)  # a line is enough: nothing is wrong in here
            logger.error("conversation %s: %s", case.speaker.conversation_id, error, exc_info=not away)
            failed = type(error).__name__
            case = case.desk.open(case.speaker)
            in_force(case)
            trouble = "utter_no_orders" if away else "utter_trouble"
            response, replies = Response(memory=memory), [engine.wording(trouble)]
        if peril := danger_in(text):  # before any procedure; what was said of the order is on record all the same
            hand_off_for(case, peril.value)
            replies = [engine.wording(f"utter_{peril.value}", **phrases.helplines(case))]
        if cut_at:
            replies = [engine.wording("utter_too_long", limit=cut_at), *replies]
        if not replies and not case.handoff:
            replies = [engine.wording("utter_default")]
        if case.is_handed_over_now:
            begun.append((Author.SYSTEM, {"state": HANDED_OFF}, None))
    elif text and not case.is_with_platform and _platform_stepped_in(engine, case, text):
        step_aside(case, SaidBy.BUYER)  # a person had the conversation before: nothing new to see
    shown = at_most(replies, case.policy.messages.max_replies)
    lines: list[Line] = [*case.said, *((Author.BOT, _body(reply), None) for reply in shown), *begun]
    return Answer(_outcome(case, shown, response), case, response.memory, lines, failed)


def _platform_stepped_in(engine: Engine, case: Case, text: str) -> bool:
    """The one thing that the bot hears while a person has the conversation: afterwards it must not speak again."""
    try:
        intent = engine.parse(text)["intent"]
    except Exception as error:  # what was said is kept for the person all the same
        logger.exception("conversation %s: %s", case.speaker.conversation_id, error)
        return False
    sure = float(intent.get("confidence") or 0.0) * 100 >= case.policy.messages.sure_percent
    return sure and intent.get("name") == TO_PLATFORM


def _acts(text: str, uploads: list[dict[str, Any]]) -> list[Act]:
    """Words first, then the files that came with them."""
    return [*([Act(text)] if text or not uploads else []), *([Act("", uploads)] if uploads else [])]


def _news(case: Case) -> list[dict[str, Any]]:
    """What the buyer should know and could not be told unasked."""
    text = broken_promise(case)
    return [{"text": text, "buttons": [], "custom": None}] if text else []


def standing(case: Case, replies: Sequence[dict[str, Any]] = ()) -> Outcome:
    """Where the claim stands and who has the conversation, when the dialogue says nothing."""
    return _outcome(case, list(replies), Response())


def _outcome(case: Case, replies: list[dict[str, Any]], response: Response) -> Outcome:
    claim = case.current
    return Outcome(
        replies=replies,
        intent=response.intent.get("name"),
        confidence=round(float(response.intent.get("confidence") or 0.0), 4),
        claim=claim_as_json(claim) if claim else None,
        handoff=handoff_as_json(case.handoff) if case.handoff else None,
    )


def _body(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply as the log keeps it."""
    body = {"text": reply["text"], "buttons": reply.get("buttons"), "card": reply.get("custom")}
    return {name: value for name, value in body.items() if value or name == "text"}


def _upload(file: dict[str, Any]) -> dict[str, Any]:
    """What the dialogue sees of a file: not its name, which is the buyer's own business."""
    return {name: value for name, value in file.items() if name != "name"}
