"""From a complaint to complete facts: which order, which item, how many; then what the order says to it."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.claims.causes import CauseKind
from bot.claims.evidence import outstanding
from bot.claims.model import Claim, ClaimState, Order, Remedy
from bot.language.references import says_not_this_order
from bot.talk import cards, phrases
from bot.talk.anytime import ask_offer
from bot.talk.handoff import hand_over
from bot.talk.turn import Turn, form_slots
from bot.understanding import matching
from bot.understanding.intake import Asked, Excess

WISHES = {
    "request_reship": Remedy.RESHIP,
    "request_refund": Remedy.REFUND,
    "request_return": Remedy.RETURN,
}
FACTS = frozenset({"report_short_shipment", "give_order", "give_item", "give_quantity", "correct_claim"})


class ActionOpenClaim(Action):
    def name(self) -> str:
        return "action_open_claim"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        before = turn.desk.active(turn.speaker.conversation_id)
        claim, remarks = take_up(turn)
        events = [*form_slots(claim), SlotSet("stage", None), SlotSet("evidence", None), SlotSet("pictures", None)]
        if before is None and any(event["value"] is None for event in events[:3]):
            titles = phrases.titles(claim)
            if titles:
                turn.say("utter_claim_opened_with_item", item=titles)
            else:
                turn.say("utter_claim_opened")
        remarks.say(turn)
        return [*events, *remarks.counted(tracker)]


class ActionTakeFacts(Action):
    """A fact outside a form: an order, an item or a number, before or after anything else was said."""

    def name(self) -> str:
        return "action_take_facts"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        before = turn.desk.active(turn.speaker.conversation_id)
        claim, remarks = take_up(turn)
        if before is None and claim.order_id:
            turn.say("utter_order_seen", order_tail=claim.order_id[-4:])
        remarks.say(turn)
        return [*form_slots(claim), SlotSet("stage", None), SlotSet("pictures", None), *remarks.counted(tracker)]


class ActionCorrectClaim(Action):
    def name(self) -> str:
        return "action_correct_claim"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim, remarks = take_up(turn)
        remarks.say(turn)
        return [*form_slots(claim), SlotSet("stage", None)]


class ActionNoteWish(Action):
    """补发 or 退款, said before the facts are known: kept for the offer."""

    def name(self) -> str:
        return "action_note_wish"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        wish = WISHES[turn.intent]
        turn.desk.wish(turn.desk.open(turn.speaker), wish)
        claim, _ = take_up(turn)
        turn.say("utter_wish_noted", wish=phrases.REMEDIES[wish])
        return [*form_slots(claim), SlotSet("pictures", None)]


class ValidateClaimForm(Action):
    """Reads each message of the form into the claim, and mirrors the claim in the form's slots.

    Returns no events for a message that says nothing about the facts: then the form steps back and the rule for
    that message answers.
    """

    def name(self) -> str:
        return "validate_claim_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        if not turn.answers_form:
            return []  # the facts of this message were taken up by the action that started the form
        if not self._says_facts(turn):
            return []
        before = turn.desk.active(turn.speaker.conversation_id)
        claim, remarks = take_up(turn)
        if claim == before and remarks.empty and turn.intent not in FACTS:
            return []
        if not remarks.empty:
            if int(tracker.get_slot("misses") or 0) >= turn.desk.policy.handoff.fallback_limit:
                why = ("no_order", "utter_hand_off_no_order")
                if remarks.excess:
                    why = ("evidence_unclear", "utter_hand_off_excess")
                return [SlotSet("requested_slot", None), *hand_over(turn, *why)]
            remarks.say(turn)
            return [*form_slots(claim), *remarks.counted(tracker)]
        return form_slots(claim)

    @staticmethod
    def _says_facts(turn: Turn) -> bool:
        if turn.intent in FACTS:
            return True
        heard = turn.heard()
        if heard.order_id:
            return True
        if turn.intent.startswith(
            ("ask_", "request_", "report_", "vent_", "threaten_", "withdraw_", "bot_", "counter_")
        ):
            return False
        claim = turn.desk.active(turn.speaker.conversation_id)
        order = turn.desk.order_of(claim) if claim else None
        unclear = turn.intent == "nlu_fallback" or not turn.is_sure
        if order and unclear and matching.mentioned(heard.text, order.lines):
            return True  # an item by its name and nothing else
        if turn.asked is Asked.MISSING:
            return heard.number is not None
        return turn.order_meant(heard, claim) is not None


class ActionAskOrder(Action):
    def name(self) -> str:
        return "action_ask_claim_form_order_id"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        if turn.intent == "hold_on":
            return []
        orders = turn.desk.recent_orders(turn.speaker.buyer_id)
        if not orders:
            turn.say("utter_ask_order_number")
            return []
        turn.say("utter_ask_order", cards.orders(orders), buttons=[phrases.order_button(order) for order in orders])
        return []


class ActionAskItem(Action):
    def name(self) -> str:
        return "action_ask_claim_form_item"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        order = turn.desk.order_of(claim) if claim else None
        if turn.intent == "hold_on" or order is None:
            return []
        buttons = [phrases.item_button(line) for line in order.lines]
        turn.say("utter_ask_item", order_tail=order.order_id[-4:], count=len(order.lines), buttons=buttons)
        return []


class ActionAskMissing(Action):
    def name(self) -> str:
        return "action_ask_claim_form_missing"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        line = next((line for line in claim.lines if line.missing is None), None) if claim else None
        if turn.intent == "hold_on" or line is None or line.ordered is None:
            return []
        arrived = range(line.ordered) if line.ordered <= 5 else ()
        buttons = [phrases.arrived_button(count) for count in arrived]
        turn.say("utter_ask_missing", item=line.title, ordered=line.ordered, buttons=buttons)
        return []


class ActionCheckClaim(Action):
    """Says back what was understood, then what the order record says to it."""

    def name(self) -> str:
        return "action_check_claim"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim is None or claim.order_id is None:
            return [SlotSet("stage", "closed")]  # handed over while the facts were gathered
        if claim.state is ClaimState.OFFERED and claim.offer:
            ask_offer(turn, claim)
            return [SlotSet("stage", "offered")]
        if claim.state is ClaimState.AGREED:
            if turn.is_still_short and "补" in turn.text:
                return hand_over(turn, "policy_limit", "utter_hand_off_still_short")
            turn.say("utter_already_agreed", offer=phrases.status(claim, turn.desk.clock()))
            return [SlotSet("stage", "agreed")]
        if all(line.missing == 0 for line in claim.lines):
            turn.desk.withdraw(claim)
            turn.say("utter_nothing_missing", item=phrases.titles(claim), ordered=claim.lines[0].ordered)
            return [SlotSet("stage", "closed")]
        check = turn.desk.check(claim)
        if check.earlier:
            return already_claimed(turn, claim, check.earlier)
        turn.say("utter_understood", lines=phrases.understood(claim))
        if check.causes:
            cause = check.causes[0]
            order = turn.desk.order_of(claim)
            assert order is not None  # `check` has just read it
            turn.say(f"utter_cause_{cause.kind.value}", **phrases.cause(cause, order, turn.desk.clock()))
            claim = turn.desk.explained(claim, cause)
            if cause.kind is CauseKind.REFUNDED:
                return [SlotSet("stage", "closed")]
            if cause.kind is not CauseKind.OUT_OF_STOCK:
                return [SlotSet("stage", "waiting")]
        return next_step(turn, claim)


class ActionInsist(Action):
    """The parcel that should have explained it has come, or the buyer will not wait."""

    def name(self) -> str:
        return "action_insist"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim is None:
            return [SlotSet("stage", "closed")]
        if turn.intent in WISHES:
            claim = turn.desk.wish(claim, WISHES[turn.intent])
        return next_step(turn, claim)


class ActionWithdraw(Action):
    def name(self) -> str:
        return "action_withdraw"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(dispatcher, tracker)
        claim = turn.desk.active(turn.speaker.conversation_id)
        if claim is None:
            turn.say("utter_nothing_to_withdraw")
            return []
        if not turn.is_sure:
            turn.say("utter_ask_withdraw")
            return []
        found = turn.desk.found(claim, turn.text)
        if found:
            claim = turn.desk.keep_others(claim, found)
            turn.say("utter_part_found", found="、".join(line.title for line in found))
            return [*form_slots(claim), SlotSet("stage", None), FollowupAction("claim_form")]
        turn.desk.withdraw(claim)
        turn.say("utter_withdrawn")
        return [SlotSet("stage", "closed"), *form_slots(None)]


class Remarks:
    """What must be said about a message besides the next question."""

    def __init__(
        self, excess: Excess | None = None, order_unknown: str | None = None, another: Order | None = None
    ) -> None:
        self.excess = excess
        self.order_unknown = order_unknown
        self.another = another  # an order that has to wait until the offer on the table is decided

    @property
    def empty(self) -> bool:
        return not (self.excess or self.order_unknown)

    def counted(self, tracker: Tracker) -> list[EventType]:
        """So many times nothing could be made of what was said about order or number."""
        return [] if self.empty else [SlotSet("misses", int(tracker.get_slot("misses") or 0) + 1)]

    def say(self, turn: Turn) -> None:
        if self.order_unknown:
            turn.say("utter_order_not_found", order_tail=self.order_unknown[-4:])
        elif self.excess:
            turn.say("utter_excess", item=self.excess.title, ordered=self.excess.ordered, claimed=self.excess.claimed)
        elif self.another:
            turn.say("utter_one_at_a_time", item=self.another.lines[0].title)


def take_up(turn: Turn) -> tuple[Claim, Remarks]:
    """Read the latest message into the claim, and the pictures that were waiting for it."""
    heard = turn.heard()
    before = turn.desk.active(turn.speaker.conversation_id)
    order = turn.order_meant(heard, before)
    if before and order is None and says_not_this_order(heard.text):
        order = turn.desk.order_with(turn.speaker.buyer_id, heard.text)
        if order is None or order.order_id == before.order_id:
            return turn.desk.forget_order(before), Remarks()
    claim, excess = turn.desk.hear(turn.speaker, heard, turn.asked, order)
    wish = next((WISHES[intent] for intent in turn.also if intent in WISHES), None)
    if wish and claim.wish is None and claim.state is ClaimState.GATHERING:
        claim = turn.desk.wish(claim, wish)
    if turn.pictures:
        claim = turn.desk.receive(claim, [(upload["sha256"], upload["video"]) for upload in turn.pictures])
    unknown = heard.order_id if heard.order_id and order is None else None
    another = order if order and claim.state is ClaimState.OFFERED and order.order_id != claim.order_id else None
    return claim, Remarks(excess, unknown, another)


def already_claimed(turn: Turn, claim: Claim, earlier: Claim) -> list[EventType]:
    """Nothing is paid twice: the earlier claim counts, this one does not."""
    turn.desk.withdraw(claim)
    turn.say(
        "utter_already_claimed",
        item=phrases.titles(claim),
        claim_id=earlier.claim_id,
        status=phrases.status(earlier, turn.desk.clock()),
    )
    return [SlotSet("stage", "closed")]


def next_step(turn: Turn, claim: Claim) -> list[EventType]:
    """Evidence first when it is owed, the verdict otherwise."""
    owed = turn.desk.check(claim).evidence
    if owed:
        claim = turn.desk.ask_evidence(claim, owed)
    if not outstanding(claim):
        return [SlotSet("stage", "assessing")]
    return [SlotSet("stage", "evidence"), SlotSet("evidence", None)]
