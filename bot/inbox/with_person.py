"""What the bot still says and hears while a person has the conversation: where the person is, and little else."""

from __future__ import annotations

import logging
from typing import Any

from bot.claims.events import SaidBy
from bot.claims.model import Claim, ClaimState
from bot.desk import Case, offers
from bot.desk.case import TO_PLATFORM
from bot.desk.handoffs import hand_off, mute_is_over, resume, step_aside
from bot.desk.reasons import REASONS
from bot.engine.protocol import Engine
from bot.store import Urgency
from bot.talk import colleague, phrases, waiting
from bot.understanding.danger import Danger, danger_in
from bot.understanding.replies import Answer, read
from bot.understanding.waiting import asks_for_the_person

logger = logging.getLogger(__name__)

Reply = dict[str, Any]


def hear(engine: Engine, case: Case, text: str) -> list[Reply]:
    """Deal with what the buyer has said. The rest of it is kept for the person.

    The platform has stepped in: silence. Danger comes before everything else. A yes to a colleague's offer makes it a
    promise. A yes to the question whether the bot may go on lets it; anything else calls a person again. Who asks where
    the person is hears it.
    """
    assert case.handoff is not None  # a person has it
    if case.is_with_platform:
        return []
    if text and _platform_stepped_in(engine, case, text):
        step_aside(case, SaidBy.BUYER)  # a person had the conversation before: nothing new to see
        return []
    if (peril := danger_in(text)) and _must_speak(case, peril):
        if REASONS[peril.value].urgency < case.handoff.urgency or case.handoff.offered_back_at:
            hand_off(case, peril.value, text)  # to the head of the queue
        return [engine.wording(f"utter_{peril.value}", **phrases.helplines(case))]
    said = read(text) if text else None
    agrees = said is not None and said.answer is Answer.YES and said.is_whole and not said.refused
    if case.handoff.offered_back_at:
        return _answer_to_may_i(case, agrees)
    claim = _colleagues_offer(case)
    if (
        claim
        and agrees
        and not offers.has_lapsed(case, claim)
        and (said is None or said.wanted in (None, claim.offer and claim.offer.remedy))
    ):
        return [_reply(colleague.agreed(case, offers.accept(case, claim)))]
    if mute_is_over(case):
        case.custody.offer_back()
        return [waiting.may_i()]
    if not case.handoff.is_waiting:
        return []
    if text and asks_for_the_person(text):
        return [waiting.asked(case)]
    if case.handoff.urgency is Urgency.URGENT:
        return []  # when people are back is no word for somebody in danger; who asks for the person hears it
    kept = waiting.left_word(case)
    return [kept] if kept else []


def _must_speak(case: Case, danger: Danger) -> bool:
    """Whoever has the conversation may have gone home: what is urgent calls all of them, once."""
    handoff = case.handoff
    assert handoff is not None
    urgency = REASONS[danger.value].urgency
    is_new = urgency is Urgency.URGENT and urgency < handoff.urgency
    return handoff.is_waiting or handoff.offered_back_at is not None or is_new


def _answer_to_may_i(case: Case, agrees: bool) -> list[Reply]:
    if agrees:
        resume(case)
        return [waiting.resumed(case)]
    assert case.handoff is not None
    case.custody.put_back()
    case.custody.notify("handoff", f"{case.handoff.summary}\n{case.handoff.case_no}")
    return [waiting.stays(case)]


def _colleagues_offer(case: Case) -> Claim | None:
    """The claim that has one on the table."""
    claim = case.current
    stands = claim is not None and claim.state is ClaimState.OFFERED and claim.offer is not None
    return claim if claim and stands and claim.offer and claim.offer.by else None


def _platform_stepped_in(engine: Engine, case: Case, text: str) -> bool:
    """Afterwards the bot must not speak again."""
    try:
        intent = engine.parse(text)["intent"]
    except Exception as error:  # what was said is kept for the person all the same
        logger.exception("conversation %s: %s", case.speaker.conversation_id, error)
        return False
    sure = float(intent.get("confidence") or 0.0) * 100 >= case.policy.messages.sure_percent
    return sure and intent.get("name") == TO_PLATFORM


def _reply(body: Reply) -> Reply:
    return {"text": body["text"], "buttons": body.get("buttons", []), "custom": None}
