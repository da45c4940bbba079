"""The verdict, the offers, the agreement, and what became of it."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.claims.deadlines import spoken
from bot.claims.model import Claim, ClaimState, Offer
from bot.claims.negotiation import covers, terms_of
from bot.language.references import says_there_is_none
from bot.talk import cards, phrases
from bot.talk.anytime import ask_offer, resume, say_offer
from bot.talk.facts import WISHES, already_claimed
from bot.talk.handoff import hand_over
from bot.talk.turn import Turn


class ActionAssess(Action):
    def name(self) -> str:
        return "action_assess"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim is None:
            return [SlotSet("stage", "closed")]
        found = turn.desk.assess(claim)
        reasons = "；".join(reason.text for reason in found.verdict.reasons)
        if found.offer:
            because = phrases.because(found.verdict)
            say_offer(turn, found.claim, found.offer, because)
            return [SlotSet("stage", "offered")]
        if found.reason == "history":
            return hand_over(turn, "policy_limit", "utter_hand_off_history")
        if found.reason == "policy_limit":
            return hand_over(turn, "policy_limit", "utter_hand_off_limit")
        turn.say(f"utter_{found.reason}", reasons=reasons)
        return hand_over(turn, "evidence_unclear", "utter_hand_off_unclear")


class ActionNextOffer(Action):
    """Refused, something else wanted, or a sum named: the best the shop allows, or a person after the last round."""

    def name(self) -> str:
        return "action_next_offer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim is None:
            return [SlotSet("stage", "closed")]
        wish, counter = WISHES.get(turn.wanted), turn.counter
        if says_there_is_none(turn.text):  # the answer to a question about photos that is no longer open
            resume(turn)
            return []
        if claim.state is ClaimState.OFFERED and claim.offer and wish is claim.offer.remedy:
            ask_offer(turn, claim)
            return [SlotSet("stage", "offered")]
        if claim.state is ClaimState.AGREED and claim.promise and wish is claim.promise.remedy:
            turn.say("utter_already_agreed", offer=phrases.promised(claim))
            return [SlotSet("stage", "agreed")]
        asked = counter.asked_fen(claim.offer) if counter else None
        if claim.state is ClaimState.OFFERED and claim.offer and asked and covers(claim.offer, asked):
            turn.say("utter_sum_reached")
            ask_offer(turn, claim)
            return [SlotSet("stage", "offered")]
        rounds = len(claim.offers)
        before = claim.offer
        claim, offer = turn.desk.another_offer(claim, wish, counter)
        if offer is None:
            last = rounds >= turn.desk.policy.offers.max_rounds
            return hand_over(turn, "policy_limit", "utter_hand_off_rounds" if last else "utter_hand_off_limit")
        if counter:
            _answer_sum(turn, offer, before, asked)
        say_offer(turn, claim, offer)
        return [SlotSet("stage", "offered")]


def _answer_sum(turn: Turn, offer: Offer, before: Offer | None, asked: int | None) -> None:
    """Why the next offer is what it is; the sum itself is never repeated."""
    gain = terms_of(offer).gain_fen
    if asked is not None and gain >= asked:
        turn.say("utter_sum_reached")
    elif before and gain <= terms_of(before).gain_fen:
        turn.say("utter_sum_highest_named")
    elif asked is not None:
        turn.say("utter_sum_too_high")


class ActionAcceptOffer(Action):
    def name(self) -> str:
        return "action_accept_offer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim is None or claim.state not in (ClaimState.OFFERED, ClaimState.AGREED):
            return [SlotSet("stage", "closed")]
        if not turn.is_sure:
            resume(turn)
            return []
        # Agreed already: a process has died after it was written and before it was said. So it is said now.
        if claim.state is ClaimState.OFFERED:
            earlier = turn.desk.check(claim).earlier
            if earlier:
                return already_claimed(turn, claim, earlier)
            asked = turn.counter.asked_fen(claim.offer) if turn.counter else None
            if claim.offer and asked and not covers(claim.offer, asked):
                return [FollowupAction("action_next_offer")]  # 那50就50吧, and it was 36
            if turn.desk.offer_has_lapsed(claim):
                ask_offer(turn, claim)
                return []
            claim = turn.desk.accept(claim)
        assert claim.offer is not None  # it has been accepted
        values = phrases.offered(claim, claim.offer, turn.desk.clock())
        turn.say(f"utter_agreed_{claim.offer.remedy.value}", cards.promise(claim), claim_id=claim.claim_id, **values)
        return [SlotSet("stage", "agreed")]


class ActionProgress(Action):
    """我的补发呢: where the claim is, and what a broken promise opens."""

    def name(self) -> str:
        return "action_progress"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.latest_of(turn.speaker)
        if claim is None:
            turn.say("utter_progress_none")
            return []
        if claim.state is ClaimState.WITHDRAWN:
            turn.say("utter_progress_withdrawn", claim_id=claim.claim_id)
            return []
        if claim.promise is None:
            status = phrases.STATES[claim.state]
            turn.say(
                "utter_progress_open", claim_id=claim.claim_id, item=phrases.titles(claim) or "这件", status=status
            )
            return []
        promised = phrases.promised(claim)
        if claim.promise.kept_at:
            kept = spoken(claim.promise.kept_at, turn.desk.clock())
            if claim.promise.broken_at:
                notice = phrases.broken(claim, turn.desk)
                turn.say("utter_progress_kept_late", cards.promise(claim), kept=kept, notice=notice)
                return []
            turn.say("utter_progress_kept", cards.promise(claim), claim_id=claim.claim_id, offer=promised, kept=kept)
            return []
        due = spoken(claim.promise.due_at, turn.desk.clock())
        if turn.is_still_short:
            return hand_over(turn, "policy_limit", "utter_hand_off_still_short")
        if not turn.desk.promise_is_broken(claim):
            turn.say("utter_progress_promised", cards.promise(claim), claim_id=claim.claim_id, offer=promised, due=due)
            return []
        claim = turn.desk.open_penalty(claim)
        result = turn.desk.compensation(claim, promise_broken=True)
        card = cards.compensation(result["explanation"], result)
        turn.say("utter_promise_broken", card, notice=phrases.broken(claim, turn.desk))
        return hand_over(turn, "promise_broken", "utter_hand_off_broken_promise")


class ActionExplainCompensation(Action):
    """怎么赔偿: what is owed now, what the penalty would be, worked out line by line from the order."""

    def name(self) -> str:
        return "action_explain_compensation"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim is None or turn.desk.order_of(claim) is None or not _worked_out(claim):
            turn.say("utter_compensation_general", **phrases.penalty_rule(turn.desk))
            return []
        result = turn.desk.compensation(claim, promise_broken=True)
        lines = phrases.compensation(claim, result)
        turn.say("utter_compensation", cards.compensation(lines, result), explanation="\n".join(lines))
        return []


def _worked_out(claim: Claim) -> bool:
    return bool(claim.lines) and all(line.missing is not None for line in claim.lines)
