"""Rasa's action names, and the handler of ``bot.talk`` behind each. Nothing else.

``shaofa run`` calls the handlers in its own process; ``rasa run actions`` finds them through ``actions.server``.
"""

from __future__ import annotations

from bot.talk import anytime, change, evidence, facts, handoff, offer
from bot.talk.turn import Handler

HANDLERS: dict[str, Handler] = {
    # the facts of a claim
    "action_open_claim": facts.open_claim,
    "action_take_facts": facts.take_facts,
    "action_correct_claim": facts.correct_claim,
    "action_note_wish": facts.note_wish,
    "validate_claim_form": facts.validate_claim_form,
    "action_ask_claim_form_order_id": facts.ask_claim_form_order_id,
    "action_ask_claim_form_item": facts.ask_claim_form_item,
    "action_ask_claim_form_missing": facts.ask_claim_form_missing,
    "action_check_claim": facts.check_claim,
    "action_insist": facts.insist,
    "action_withdraw": facts.withdraw,
    # evidence
    "validate_evidence_form": evidence.validate_evidence_form,
    "action_ask_evidence_form_evidence": evidence.ask_evidence_form_evidence,
    "action_take_evidence": evidence.take_evidence,
    # verdict, offers, agreement
    "action_assess": offer.assess,
    "action_next_offer": offer.next_offer,
    "action_accept_offer": offer.accept_offer,
    "action_stay_agreed": change.stays_agreed,
    "action_expired": offer.expired,
    "action_progress": offer.progress,
    "action_explain_compensation": offer.explain_compensation,
    # at any time
    "action_greet": anytime.greet,
    "action_nudge": anytime.nudge,
    "action_resume": anytime.back,
    "action_explain": anytime.explain,
    "action_explain_platform": anytime.explain_platform,
    "action_other_service": anytime.other_service,
    "action_other_problem": anytime.other_problem,
    "action_calm": anytime.calm,
    "action_hand_off": handoff.hand_off,
    "action_platform_stepped_in": handoff.platform_stepped_in,
    "action_default_fallback": anytime.default_fallback,
}
