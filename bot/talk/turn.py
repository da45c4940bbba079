"""One turn of a conversation as the actions see it: who speaks, what was heard, which claim it is about."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.claims.model import Claim, Order
from bot.claims.negotiation import Counter
from bot.desk import Desk, Speaker
from bot.language.sums import named_sum
from bot.office import default_buyer, desk
from bot.understanding import matching
from bot.understanding.hearing import hear
from bot.understanding.intake import Asked, Heard, next_question

# Messages in which a name that the order knows is meant, even where no product was marked.
_NAMES_ITEMS = frozenset({"report_short_shipment", "give_item", "give_quantity", "correct_claim"})
# Answers to an offer, and the action that takes each.
ANSWERS = {
    "reject_offer": "action_next_offer",
    "counter_offer": "action_next_offer",
    "request_reship": "action_next_offer",
    "request_refund": "action_next_offer",
    "request_return": "action_next_offer",
    "accept_offer": "action_accept_offer",
}


class Turn:
    """Read access to the tracker in this project's words. One is made for every action that runs."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self.desk: Desk = desk()
        self.dispatcher = dispatcher
        self.tracker = tracker
        self.metadata = _metadata(tracker)
        self.speaker = Speaker(tracker.sender_id, self.metadata.get("buyer_id") or default_buyer(tracker.sender_id))

    @property
    def intent(self) -> str:
        return (self.tracker.latest_message.get("intent") or {}).get("name") or ""

    @property
    def also(self) -> list[str]:
        """Intents that single clauses of the message have besides; see ``bot.understanding.intents``."""
        return self.tracker.latest_message.get("also") or []

    @property
    def wanted(self) -> str:
        """The intent; of a message that is only loud, what one of its clauses answers to the offer."""
        if self.intent != "vent_anger":
            return self.intent
        answers = [intent for intent in self.also if intent in ANSWERS]
        return next((intent for intent in answers if intent != "accept_offer"), (answers or [self.intent])[0])

    @property
    def counter(self) -> Counter | None:
        """More is asked for: a sum, or just more. A sum agreed to may be another than the one on offer."""
        haggling = self.wanted == "counter_offer"
        named = named_sum(self.text, haggling=haggling) if haggling or self.wanted == "accept_offer" else None
        if named:
            return Counter(named.fen, named.on_top)
        return Counter() if haggling else None

    @property
    def is_still_short(self) -> bool:
        """补发的到了,还是少: what was promised has come, and it is not all."""
        return any(word in self.text for word in self.desk.policy.words.still_short)

    @property
    def is_sure(self) -> bool:
        """Sure enough of the intent to act on it for good?"""
        confidence = (self.tracker.latest_message.get("intent") or {}).get("confidence") or 0.0
        return float(confidence) * 100 >= self.desk.policy.messages.sure_percent

    @property
    def text(self) -> str:
        return self.tracker.latest_message.get("text") or ""

    @property
    def uploads(self) -> list[dict[str, Any]]:
        """Files that came with the message: ``{"sha256", "video"}``, or ``{"error": code}`` when refused."""
        return self.metadata.get("uploads") or []

    @property
    def pictures(self) -> list[dict[str, Any]]:
        """Uploads that came before there was a claim to put them to."""
        return self.tracker.slots.get("pictures") or []

    @property
    def asked(self) -> Asked | None:
        slot = self.tracker.slots.get("requested_slot")
        return Asked(slot) if slot in {question.value for question in Asked} else None

    @property
    def answers_form(self) -> bool:
        """Is the latest message an answer to the form that runs now? Not while the form starts, nor when it comes
        back after an interruption: then something else has dealt with the message already."""
        return self._actions_before_form()[:1] == ["action_listen"]

    @property
    def starts_form(self) -> bool:
        """Has this message brought the form up, rather than come while it was waiting?"""
        form = self.tracker.active_loop.get("name")
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return True
            if event.get("event") == "active_loop" and event.get("name") == form:
                return True
            if event.get("event") == "action_execution_rejected":
                return False
        return True

    def _actions_before_form(self) -> list[str]:
        """The latest actions, newest first, without the running form itself, which Rasa puts at the end."""
        names = [event["name"] for event in self.tracker.events if event.get("event") == "action"]
        return names[-2::-1]

    def heard(self) -> Heard:
        """What the NLU read in the latest message."""
        return hear(self.tracker.latest_message, self.asked)

    def order_meant(self, heard: Heard, claim: Claim | None) -> Order | None:
        """The order the message names, or points to; the one the channel passed, if the claim has none yet."""
        if heard.order_id:
            return self.desk.order(heard.order_id, self.speaker.buyer_id)
        here = self.desk.order_of(claim) if claim else None
        if here:
            named = "".join(heard.products) or (heard.text if self.intent in _NAMES_ITEMS else "")
            return None if matching.overlap(named, here.lines) else self.desk.order_with(self.speaker.buyer_id, named)
        passed = self.desk.order(self.metadata.get("order_id"), self.speaker.buyer_id)
        if passed and matching.overlap(heard.text, passed.lines):
            return passed
        # The item named may be in another order than the one whose page the buyer came from.
        asked = self.asked is Asked.ORDER
        guess = self.desk.guess_order(
            self.speaker.buyer_id, heard, asked=asked, named=asked or self.intent in _NAMES_ITEMS
        )
        return guess or passed

    def say(self, response: str, card: dict[str, Any] | None = None, **values: Any) -> None:
        """Utter a response of ``domain.yml``; ``buttons`` adds to the response's own, ``card`` shows it as well."""
        self.dispatcher.utter_message(response=response, json_message=card, **values)


def form_slots(claim: Claim | None) -> list[EventType]:
    """The claim form's slots, as the claim stands: a fact that is not known is asked for."""
    question = next_question(claim) if claim else Asked.ORDER
    order = [Asked.ORDER, Asked.ITEM, Asked.MISSING]
    unknown = order[order.index(question) :] if question else []
    values = {
        Asked.ORDER: claim.order_id if claim else None,
        Asked.ITEM: "、".join(line.title for line in claim.lines) if claim else None,
        Asked.MISSING: [line.missing for line in claim.lines] if claim else None,
    }
    return [SlotSet(name.value, None if name in unknown else values[name]) for name in order]


def _metadata(tracker: Tracker) -> dict[str, Any]:
    latest: dict[str, Any] = next((e for e in reversed(tracker.events) if e.get("event") == "user"), {})
    return latest.get("metadata") or {}
