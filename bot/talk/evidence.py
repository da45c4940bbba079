"""Asking for evidence, and taking what comes."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.claims.evidence import outstanding
from bot.claims.model import Claim, EvidenceKind
from bot.talk import phrases
from bot.talk.turn import Turn

DECLINED = frozenset({"no_evidence", "deny"})
PROMISED = frozenset({"accept_offer", "affirm"})  # 好的: the pictures will come


class ValidateEvidenceForm(Action):
    """Uploads and 没有 are answers; anything else is left to the rule for that message."""

    def name(self) -> str:
        return "validate_evidence_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim is None or not turn.answers_form:
            return []
        if turn.uploads:
            claim = take_uploads(turn, claim)
        elif turn.intent in DECLINED:
            claim = turn.desk.decline_evidence(claim)
            turn.say("utter_evidence_declined")
        else:
            return []
        return [SlotSet("evidence", None if outstanding(claim) else "complete")]


class ActionAskEvidence(Action):
    def name(self) -> str:
        return "action_ask_evidence_form_evidence"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        kinds = outstanding(claim) if claim else ()
        if claim is None or not kinds or turn.intent == "hold_on":
            return []
        if turn.intent in PROMISED and not turn.starts_form:
            turn.say("utter_hold_on")
            return []
        if any(item.sha256 for item in claim.evidence):
            turn.say("utter_evidence_more", kinds=phrases.kinds(kinds))
        elif kinds == (EvidenceKind.PHOTO,):
            turn.say("utter_ask_evidence")
        else:
            turn.say("utter_ask_evidence_high_value", kinds=phrases.kinds(kinds))
        return []


class ActionTakeEvidence(Action):
    """A picture that nobody asked for, or the words that one was sent. Without a claim it waits for one."""

    def name(self) -> str:
        return "action_take_evidence"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim:
            if turn.uploads:
                take_uploads(turn, claim)
            return []
        stored = [upload for upload in turn.uploads if "sha256" in upload]
        if say_refused(turn):
            return []
        if not stored:
            turn.say("utter_evidence_not_come")
            return []
        turn.say("utter_evidence_unclaimed")
        return [SlotSet("pictures", [*turn.pictures, *stored])]


def take_uploads(turn: Turn, claim: Claim) -> Claim:
    """Record what was stored, and say what was refused and why."""
    stored = [(upload["sha256"], upload["video"]) for upload in turn.uploads if "sha256" in upload]
    if stored:
        claim = turn.desk.receive(claim, stored)
    if not say_refused(turn) and stored:
        turn.say("utter_evidence_received")
    return claim


def say_refused(turn: Turn) -> bool:
    """Was a file refused? Then it has been said why."""
    refused = [upload["error"] for upload in turn.uploads if "error" in upload]
    if refused:
        limit = turn.desk.policy.evidence.max_picture_bytes // 1_000_000
        turn.say(f"utter_upload_{refused[0]}", limit=limit)
    return bool(refused)
