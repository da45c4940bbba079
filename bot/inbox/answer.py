"""What becomes of what was said: the engine's replies, the news there is, where the claim stands. Writes nothing."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.desk import Case
from bot.desk.handoffs import hand_off, hand_off_for
from bot.engine.protocol import Engine, Input, Response
from bot.inbox import with_person
from bot.inbox.claim_view import claim_as_json, handoff_as_json
from bot.inbox.model import Outcome, at_most
from bot.inbox.text import together
from bot.orders.base import OrdersSlow, OrdersUnavailable
from bot.store import UNREACHABLE, Author, Entry, Line, Urgency
from bot.talk import phrases, waiting
from bot.talk.due import broken_promise
from bot.understanding.danger import danger_in

logger = logging.getLogger(__name__)

HANDED_OFF = "handed_off"
OUT_OF_SCOPE = "out_of_scope"
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
    engine: Engine,
    case: Case,
    said: Sequence[Entry],
    memory: dict[str, Any] | None,
    order_id: str | None,
    due: Sequence[Entry] = (),
    outside: str | None = None,
) -> Answer:
    """Answer all that was said, together. Whatever goes wrong, the buyer gets an answer, and the case is as before.

    ``outside``: as in ``Incoming``.
    ``due``: what was said meanwhile where nothing can be sent unasked; it is in the log, and goes out with this answer.

    Raises:
        OrdersSlow, UNREACHABLE: what has to be known for it is not there yet, or not now.
    """
    text, cut_at = together([entry.text for entry in said], case.policy.messages.max_chars)
    uploads = [_upload(entry.file) for entry in said if entry.file]
    response, replies = Response(memory=memory), []
    begun: list[Line] = []
    failed: str | None = None
    is_silent = False
    own: list[dict[str, Any]]
    if case.handoff:
        replies = with_person.hear(engine, case, text)
    else:
        try:
            response = engine.respond(case, _inputs(text, uploads), memory, order_id)
            is_outside = outside is not None and response.intent.get("name") == OUT_OF_SCOPE and not case.is_changed
            is_silent = is_outside and not outside
            own = [{"text": outside, "buttons": [], "custom": None}] if outside else []
            replies = [*_news(case), *(own if is_outside else response.replies)]
        except _NOT_NOW:
            raise
        except Exception as error:
            away = isinstance(error, OrdersUnavailable)  # a line is enough: nothing is wrong in here
            logger.error("conversation %s: %s", case.speaker.conversation_id, error, exc_info=not away)
            failed = type(error).__name__
            case = case.desk.open(case.speaker)
            trouble = "utter_no_orders" if away else "utter_trouble"
            response, replies = Response(memory=memory), [engine.wording(trouble)]
            if not away and _has_just_failed(case, said):
                hand_off(case, "bot_error", text)
        if peril := danger_in(text):  # before any procedure; what was said of the order is on record all the same
            hand_off_for(case, peril.value, text)
            replies = [engine.wording(f"utter_{peril.value}", **phrases.helplines(case))]
        if cut_at:
            replies = [engine.wording("utter_too_long", limit=cut_at), *replies]
        if not replies and not case.handoff and not is_silent:
            replies = [engine.wording("utter_default")]
        if case.is_handed_over_now:
            replies += [waiting.begun(case)] if _is_told_its_place(case) else []
            begun.append((Author.SYSTEM, {"state": HANDED_OFF}, None))
    most = case.policy.messages.max_replies
    shown = [{"id": _id(said[-1], number), **reply} for number, reply in enumerate(at_most(replies, most))]
    lines: list[Line] = [*case.said, *((Author.BOT, _body(reply), reply["id"]) for reply in shown), *begun]
    before = [
        {"id": each.entry_id, "text": each.text, "buttons": each.body.get("buttons") or [], "custom": None}
        for each in due
    ]
    outcome = _outcome(case, at_most([*before, *shown], most), response)
    return Answer(outcome, case, response.memory, lines, failed)


def _has_just_failed(case: Case, said: Sequence[Entry]) -> bool:
    """Was the message before answered with an error too? Then trying again is no use."""
    return case.desk.store.log.failed_before(case.speaker.conversation_id, said[0].seq)


def _inputs(text: str, uploads: list[dict[str, Any]]) -> list[Input]:
    """Words first, then the files that came with them."""
    return [*([Input(text)] if text or not uploads else []), *([Input("", uploads)] if uploads else [])]


def _news(case: Case) -> list[dict[str, Any]]:
    """What the buyer should know and could not be told unasked."""
    text = broken_promise(case)
    return [{"text": text, "buttons": [], "custom": None}] if text else []


def standing(case: Case, replies: Sequence[dict[str, Any]] = ()) -> Outcome:
    """Where the claim stands and who has the conversation, when the dialogue says nothing."""
    return _outcome(case, list(replies), Response())


def _is_told_its_place(case: Case) -> bool:
    """Number, queue and hours are no word for somebody in danger or despair: who asks 人呢 hears them."""
    urgent = case.handoff is not None and case.handoff.urgency is Urgency.URGENT
    return not (urgent or case.is_with_platform)


def _outcome(case: Case, replies: list[dict[str, Any]], response: Response) -> Outcome:
    claim = case.shown
    return Outcome(
        replies=replies,
        intent=response.intent.get("name"),
        confidence=round(float(response.intent.get("confidence") or 0.0), 4),
        claim=claim_as_json(claim) if claim else None,
        handoff=handoff_as_json(case.handoff, begun=case.is_handed_over_now) if case.handoff else None,
        acts=response.acts,
        agenda=response.agenda,
        claims=[claim_as_json(each) for each in case.here],
        cases=response.cases,
    )


def _id(said: Entry, number: int) -> str:
    """The same for the same reply to the same message, however often it is worked out."""
    return hashlib.sha256(f"{said.conversation_id}\n{said.seq}\n{number}".encode()).hexdigest()[:32]


def _body(reply: dict[str, Any]) -> dict[str, Any]:
    """A reply as the log keeps it."""
    body = {"text": reply["text"], "buttons": reply.get("buttons"), "card": reply.get("custom")}
    return {name: value for name, value in body.items() if value or name == "text"}


def _upload(file: dict[str, Any]) -> dict[str, Any]:
    """What the dialogue sees of a file: not its name, which is the buyer's own business."""
    return {name: value for name, value in file.items() if name != "name"}
