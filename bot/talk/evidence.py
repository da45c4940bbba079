"""Asking for evidence, and taking what comes."""

from __future__ import annotations

from bot.claims.evidence import outstanding
from bot.claims.model import NEVER_SENT, Claim, EvidenceKind
from bot.desk import evidence, facts
from bot.talk import agenda, phrases
from bot.talk.facts import WISHES
from bot.talk.handoff import hand_over_problem
from bot.talk.turn import Step, Turn

DECLINED = frozenset({"no_evidence", "deny"})
NOTHING_TO_SHOW = "report_not_received"  # 说了没收到,一家人都问过
PROMISED = frozenset({"accept_offer", "affirm"})  # 好的: the pictures will come


def validate_evidence_form(turn: Turn) -> Step:
    """Uploads and 没有 are answers; anything else is left to the rule for that message."""
    claim = turn.case.active
    if claim is None or not turn.memory.answers_form:
        return Step()
    if turn.uploads:
        claim = take_uploads(turn, claim)
    elif turn.intent in DECLINED or (turn.intent == NOTHING_TO_SHOW and nothing_came(turn, claim)):
        wish = next((WISHES[intent] for intent in turn.also if intent in WISHES), None)
        if wish:
            claim = facts.wish(turn.case, claim, wish)  # 没图,赶紧补吧
        claim = evidence.decline(turn.case, claim)
        turn.say("utter_evidence_declined")
    else:
        return Step()
    return Step({"evidence": None if outstanding(claim) else "complete"})


def ask_evidence_form_evidence(turn: Turn) -> Step:
    claim = turn.case.active
    kinds = outstanding(claim) if claim else ()
    if claim is None or not kinds or turn.intent == "hold_on" or agenda.says_none(turn.memory.slots):
        return Step()
    if turn.intent in PROMISED and not turn.memory.starts_form:
        turn.say("utter_hold_on")
        return Step()
    if any(item.sha256 for item in claim.evidence):
        turn.say("utter_evidence_more", kinds=phrases.kinds(kinds))
    elif nothing_came(turn, claim):
        turn.say("utter_ask_evidence_of_nothing")
    elif kinds == (EvidenceKind.PHOTO,):
        turn.say("utter_ask_evidence")
    else:
        turn.say("utter_ask_evidence_high_value", kinds=phrases.kinds(kinds))
    return Step()


def take_evidence(turn: Turn) -> Step:
    """A picture that nobody asked for, or the words that one was sent. Without a claim it waits for one."""
    claim = turn.case.active
    if claim:
        if turn.uploads:
            take_uploads(turn, claim)
        return Step()
    stored = [upload for upload in turn.uploads if "sha256" in upload]
    if say_refused(turn):
        return Step()
    if not stored:
        turn.say("utter_evidence_not_come")
        return Step()
    if turn.memory.slots.get("other_problem"):
        return hand_over_problem(turn)
    turn.say("utter_evidence_unclaimed")
    return Step({"pictures": [*turn.pictures, *stored]})


def take_uploads(turn: Turn, claim: Claim) -> Claim:
    """Record what was stored, and say what was refused and why."""
    stored = [(upload["sha256"], upload["video"]) for upload in turn.uploads if "sha256" in upload]
    if stored:
        claim = evidence.receive(turn.case, claim, stored)
    if not say_refused(turn) and stored:
        turn.say("utter_evidence_received")
    return claim


def nothing_came(turn: Turn, claim: Claim) -> bool:
    """Is all of the order missing? Then there are no goods to ask a picture of."""
    order = turn.case.order_of(claim)
    received = {line.sku: line.received for line in claim.lines}
    sent = [line for line in order.lines if line.status not in NEVER_SENT] if order else []
    return bool(sent) and all(received.get(line.sku) == 0 for line in sent)


def say_refused(turn: Turn) -> bool:
    """Was a file refused? Then it has been said why."""
    refused = [upload["error"] for upload in turn.uploads if "error" in upload]
    if refused:
        limit = turn.policy.evidence.max_picture_bytes // 1_000_000
        turn.say(f"utter_upload_{refused[0]}", limit=limit)
    return bool(refused)
