"""Answers at any point, and the way back to where the conversation was."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.claims.model import Claim, ClaimState, Offer, Order, ParcelState
from bot.language.references import asks_when, has_words, is_link
from bot.talk import cards, phrases
from bot.talk.handoff import hand_over
from bot.talk.turn import ANSWERS, Turn
from bot.understanding import matching
from bot.understanding.intake import Heard


class ActionGreet(Action):
    def name(self) -> str:
        return "action_greet"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        first = sum(1 for event in tracker.events if event.get("event") == "user") <= 1
        if first:
            turn.say("utter_greet", shop=turn.desk.policy.name)
        else:
            turn.say("utter_greet_again")
        return []


class ActionNudge(Action):
    """在吗, ??: an answer at once, with the question that is open."""

    def name(self) -> str:
        return "action_nudge"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        if not resume(turn):
            turn.say("utter_greet_again" if tracker.active_loop.get("name") else "utter_nudge")
        return []


class ActionResume(Action):
    """Back to the open question. In a form the form itself asks again, so this says nothing."""

    def name(self) -> str:
        return "action_resume"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        resume(Turn(dispatcher, tracker))
        return []


class ActionExplain(Action):
    """The answer to the intent at hand, with the figures of rulebook and shop filled in."""

    def name(self) -> str:
        return "action_explain"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if turn.intent == "ask_time_limit" and claim and claim.offer:
            turn.say("utter_time_of_offer", offer=phrases.offer(claim, claim.offer, turn.desk.clock()))
            return []
        turn.say(f"utter_{turn.intent}", **phrases.figures(turn.desk))
        return []


class ActionOtherService(Action):
    """Not this bot's business, but for the question when the promised things come."""

    def name(self) -> str:
        return "action_other_service"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim and claim.offer and asks_when(turn.text):
            turn.say("utter_time_of_offer", offer=phrases.offer(claim, claim.offer, turn.desk.clock()))
        else:
            turn.say("utter_ask_other_service")
        return []


class ActionExplainPlatform(Action):
    def name(self) -> str:
        return "action_explain_platform"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        if any(event.get("name") == self.name() for event in tracker.events if event.get("event") == "action"):
            turn.say("utter_explain_platform_again")
        else:
            turn.say("utter_explain_platform", **phrases.figures(turn.desk))
        return []


class ActionOtherProblem(Action):
    """Wrong, broken or not there at all: not a shortage, so say what to do instead of asking for a count."""

    def name(self) -> str:
        return "action_other_problem"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        heard = turn.heard()
        order = turn.order_meant(heard, None)
        if turn.intent == "report_not_received" and order and _is_one_of_several(heard.text, order):
            return [FollowupAction("action_take_facts")]  # the parcel has come, one thing in it has not
        if turn.intent == "report_not_received" and order and order.parcels:
            parcels = "；".join(phrases.parcel(parcel, turn.desk.clock()) for parcel in order.parcels)
            turn.say("utter_parcel_states", order_tail=order.order_id[-4:], parcels=parcels)
        else:
            turn.say(f"utter_{turn.intent}")
        return []


class ActionCalm(Action):
    """Short and plain: the problem by its name, then the next step. After too many outbursts, a person."""

    def name(self) -> str:
        return "action_calm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        outbursts = int(tracker.get_slot("outbursts") or 0) + 1
        if outbursts >= turn.desk.policy.handoff.anger_limit:
            return hand_over(turn, "angry", "utter_hand_off_angry")
        claim = turn.desk.active(turn.speaker.conversation_id)
        titles = phrases.titles(claim) if claim else ""
        if titles:
            turn.say("utter_calm_open", item=titles)
        else:
            turn.say("utter_calm")
        # An answer to the offer is an answer, however loud; it gets what the same words said politely would get.
        answer = ANSWERS.get(turn.wanted) if tracker.get_slot("stage") == "offered" else None
        return [SlotSet("outbursts", outbursts), *([FollowupAction(answer)] if answer else [])]


class ActionDefaultFallback(Action):
    """Not understood, or understood but out of place: one question back, then a person."""

    def name(self) -> str:
        return "action_default_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        heard = turn.heard()
        if turn.intent == "nlu_fallback" and _says_how_many(heard) and (heard.products or turn.asked):
            return [FollowupAction("action_take_facts")]
        if turn.intent not in ("nlu_fallback", ""):
            # A plain 好的 or 不是 with nothing to say yes or no to.
            if not resume(turn) and not tracker.active_loop.get("name"):
                turn.say("utter_noted" if turn.desk.current(turn.speaker.conversation_id) else "utter_nudge")
            return []
        text = turn.text.strip()
        if not text:
            turn.say("utter_empty")
            return []
        if is_link(text):
            turn.say("utter_link")
            return []
        if not has_words(text):
            turn.say("utter_sticker")
            return []
        misses = _misses_in_a_row(tracker)
        if misses >= turn.desk.policy.handoff.fallback_limit:
            return hand_over(turn, "low_confidence", "utter_hand_off_lost")
        if tracker.active_loop.get("name"):
            return []  # the form asks its question again
        turn.say("utter_default")
        return []


def resume(turn: Turn) -> bool:
    """Repeat the question that is open outside the forms; False when there is none."""
    claim = turn.desk.active(turn.speaker.conversation_id)
    stage = turn.tracker.get_slot("stage")
    if turn.tracker.active_loop.get("name") or claim is None:
        return False
    if stage == "offered" and claim.state is ClaimState.OFFERED and claim.offer:
        ask_offer(turn, claim)
        return True
    if stage == "waiting":
        turn.say("utter_ask_wait")
        return True
    return False


def ask_offer(turn: Turn, claim: Claim) -> None:
    """Is the offer on the table all right? One that has lapsed is made anew first."""
    if turn.desk.offer_has_lapsed(claim):
        claim, renewed = turn.desk.renew(claim)
        if renewed:
            turn.say("utter_offer_lapsed")
            say_offer(turn, claim, renewed)
            return
    assert claim.offer is not None  # that is what is asked about
    turn.say("utter_ask_offer", cards.offer(claim), offer=phrases.offer(claim, claim.offer, turn.desk.clock()))


def say_offer(turn: Turn, claim: Claim, offer: Offer, because: str = "") -> None:
    values = phrases.offered(claim, offer, turn.desk.clock())
    turn.say(f"utter_offer_{offer.remedy.value}", cards.offer(claim), because=because, **values)


def _says_how_many(heard: Heard) -> bool:
    return any(count is not None for count in (heard.ordered, heard.received, heard.missing))


def _is_one_of_several(text: str, order: Order) -> bool:
    named = matching.mentioned(text, order.lines)
    signed = any(parcel.state is ParcelState.SIGNED for parcel in order.parcels)
    return signed and 0 < len(named) < len(order.lines)


def _misses_in_a_row(tracker: Tracker) -> int:
    """How many of the latest messages, this one included, were not understood."""
    misses = 0
    for event in reversed(tracker.events):
        if event.get("event") != "user":
            continue
        if ((event.get("parse_data") or {}).get("intent") or {}).get("name") != "nlu_fallback":
            break
        misses += 1
    return misses
