"""From a complaint to complete facts: which order, which item, how many; then what the order says to it."""

from __future__ import annotations

from bot.claims.causes import CauseKind
from bot.claims.evidence import outstanding
from bot.claims.model import Claim, ClaimState, Order, Remedy
from bot.desk import evidence, facts, orders
from bot.language.references import says_not_this_order
from bot.talk import cards, phrases
from bot.talk.anytime import ask_offer
from bot.talk.handoff import hand_over
from bot.talk.turn import Step, Turn, form_slots
from bot.understanding import matching
from bot.understanding.intake import Asked, Excess

WISHES = {
    "request_reship": Remedy.RESHIP,
    "request_refund": Remedy.REFUND,
    "request_return": Remedy.RETURN,
}
FACTS = frozenset({"report_short_shipment", "give_order", "give_item", "give_quantity", "correct_claim"})


def open_claim(turn: Turn) -> Step:
    before = turn.case.active
    claim, remarks = take_up(turn)
    slots = form_slots(claim)
    if before is None and None in slots.values():
        titles = phrases.titles(claim)
        if titles:
            turn.say("utter_claim_opened_with_item", item=titles)
        else:
            turn.say("utter_claim_opened")
    remarks.say(turn)
    return Step({**slots, "stage": None, "evidence": None, "pictures": None, **remarks.counted(turn)})


def take_facts(turn: Turn) -> Step:
    """A fact outside a form: an order, an item or a number, before or after anything else was said."""
    before = turn.case.active
    claim, remarks = take_up(turn)
    if before is None and claim.order_id:
        turn.say("utter_order_seen", order_tail=claim.order_id[-4:])
    remarks.say(turn)
    return Step({**form_slots(claim), "stage": None, "pictures": None, **remarks.counted(turn)})


def correct_claim(turn: Turn) -> Step:
    claim, remarks = take_up(turn)
    if remarks.another:  # 不是方格本,是那套小说: the offer was for something that nobody misses
        facts.forget_order(turn.case, claim)
        claim, remarks = take_up(turn)
    remarks.say(turn)
    return Step({**form_slots(claim), "stage": None})


def note_wish(turn: Turn) -> Step:
    """补发 or 退款, said before the facts are known: kept for the offer."""
    wish = WISHES[turn.intent]
    facts.wish(turn.case, facts.open_claim(turn.case), wish)
    claim, _ = take_up(turn)
    turn.say("utter_wish_noted", wish=phrases.REMEDIES[wish])
    stage = turn.memory.slots.get("stage") if turn.memory.form == "evidence_form" else None
    return Step({**form_slots(claim), "stage": stage, "pictures": None})


def validate_claim_form(turn: Turn) -> Step:
    """Reads each message of the form into the claim, and mirrors the claim in the form's slots.

    A message that says nothing about the facts sets no slot: then the form steps back, and the rule for that message
    answers.
    """
    if not turn.memory.answers_form:
        return Step()  # the facts of this message were taken up by the action that started the form
    if not _says_facts(turn):
        return Step()
    before = turn.case.active
    claim, remarks = take_up(turn)
    if claim == before and remarks.empty and turn.intent not in FACTS:
        return Step()
    if not remarks.empty:
        if turn.memory.count("misses") >= turn.policy.handoff.fallback_limit:
            why = ("no_order", "utter_hand_off_no_order")
            if remarks.excess:
                why = ("evidence_unclear", "utter_hand_off_excess")
            return hand_over(turn, *why)
        remarks.say(turn)
        return Step({**form_slots(claim), **remarks.counted(turn)})
    return Step(form_slots(claim))


def _says_facts(turn: Turn) -> bool:
    if turn.intent in FACTS:
        return True
    if turn.intent == "platform_stepped_in":
        return False  # whatever number is in it
    heard = turn.heard()
    if heard.order_id:
        return True
    if turn.intent.startswith(("ask_", "request_", "report_", "vent_", "threaten_", "withdraw_", "bot_", "counter_")):
        return False
    claim = turn.case.active
    order = turn.case.order_of(claim) if claim else None
    unclear = turn.intent == "nlu_fallback" or not turn.is_sure
    if order and unclear and matching.mentioned(heard.text, order.lines):
        return True  # an item by its name and nothing else
    if turn.asked is Asked.MISSING:
        return heard.number is not None
    return turn.order_meant(heard, claim) is not None


def ask_claim_form_order_id(turn: Turn) -> Step:
    if turn.intent == "hold_on":
        return Step()
    shown = orders.shown(turn.case)
    if not shown:
        turn.say("utter_ask_order_number")
        return Step()
    turn.say("utter_ask_order", cards.orders(shown), buttons=[phrases.order_button(order) for order in shown])
    return Step()


def ask_claim_form_item(turn: Turn) -> Step:
    claim = turn.case.active
    order = turn.case.order_of(claim) if claim else None
    if turn.intent == "hold_on" or order is None:
        return Step()
    buttons = [phrases.item_button(line) for line in order.lines]
    turn.say("utter_ask_item", order_tail=order.order_id[-4:], count=len(order.lines), buttons=buttons)
    return Step()


def ask_claim_form_missing(turn: Turn) -> Step:
    claim = turn.case.active
    line = next((line for line in claim.lines if line.missing is None), None) if claim else None
    if turn.intent == "hold_on" or line is None or line.ordered is None:
        return Step()
    arrived = range(line.ordered) if line.ordered <= 5 else ()
    buttons = [phrases.arrived_button(count) for count in arrived]
    turn.say("utter_ask_missing", item=line.title, ordered=line.ordered, buttons=buttons)
    return Step()


def check_claim(turn: Turn) -> Step:
    """Says back what was understood, then what the order record says to it."""
    claim = turn.case.active
    if claim is None or claim.order_id is None:
        return Step({"stage": "closed"})  # handed over while the facts were gathered
    if claim.state is ClaimState.OFFERED and claim.offer:
        ask_offer(turn, claim)
        return Step({"stage": "offered"})
    if claim.state is ClaimState.AGREED:
        if turn.is_still_short and "补" in turn.text:
            return hand_over(turn, "policy_limit", "utter_hand_off_still_short")
        turn.say("utter_already_agreed", offer=phrases.status(claim, turn.case.now))
        return Step({"stage": "agreed"})
    if all(line.missing == 0 for line in claim.lines):
        facts.withdraw(turn.case, claim)
        turn.say("utter_nothing_missing", item=phrases.titles(claim), ordered=claim.lines[0].ordered)
        return Step({"stage": "closed"})
    check = facts.check(turn.case, claim)
    if check.earlier:
        return already_claimed(turn, claim, check.earlier)
    turn.say("utter_understood", lines=phrases.understood(claim))
    if check.causes:
        cause = check.causes[0]
        order = turn.case.order_of(claim)
        assert order is not None  # `check` has just read it
        turn.say(f"utter_cause_{cause.kind.value}", **phrases.cause(cause, order, turn.case.now))
        claim = facts.explained(turn.case, claim, cause)
        if cause.kind in (CauseKind.REFUNDED, CauseKind.REFUND_OPEN):
            return Step({"stage": "closed"})
        if cause.kind is not CauseKind.OUT_OF_STOCK:
            return Step({"stage": "waiting"})
    return next_step(turn, claim)


def insist(turn: Turn) -> Step:
    """The parcel that should have explained it has come, or the buyer will not wait."""
    claim = turn.case.active or facts.renewed(turn.case)
    if claim is None:
        return Step({"stage": "closed"})
    if turn.intent in WISHES:
        claim = facts.wish(turn.case, claim, WISHES[turn.intent])
    return next_step(turn, claim)


def withdraw(turn: Turn) -> Step:
    claim = turn.case.active
    if claim is None:
        turn.say("utter_nothing_to_withdraw")
        return Step()
    found = facts.found(turn.case, claim, turn.text)
    if not turn.is_sure and not found:
        turn.say("utter_ask_withdraw")
        return Step()
    if found:
        claim = facts.keep_others(turn.case, claim, found)
        turn.say("utter_part_found", found="、".join(line.title for line in found))
        return Step({**form_slots(claim), "stage": None}, then="claim_form")
    facts.withdraw(turn.case, claim)
    turn.say("utter_withdrawn")
    return Step({"stage": "closed", **form_slots(None)})


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

    def counted(self, turn: Turn) -> dict[str, int]:
        """So many times nothing could be made of what was said about order or number."""
        return {} if self.empty else {"misses": turn.memory.count("misses") + 1}

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
    before = turn.case.active
    order = turn.order_meant(heard, before)
    if before and order is None and says_not_this_order(heard.text):
        order = orders.order_with(turn.case, heard.text)
        if order is None or order.order_id == before.order_id:
            return facts.forget_order(turn.case, before), Remarks()
    claim, excess = facts.hear(turn.case, heard, turn.asked, order)
    wish = next((WISHES[intent] for intent in turn.also if intent in WISHES), None)
    if wish and claim.wish is None and claim.state is ClaimState.GATHERING:
        claim = facts.wish(turn.case, claim, wish)
    if turn.pictures:
        claim = evidence.receive(turn.case, claim, [(upload["sha256"], upload["video"]) for upload in turn.pictures])
    unknown = heard.order_id if heard.order_id and order is None else None
    another = order if order and claim.state is ClaimState.OFFERED and order.order_id != claim.order_id else None
    return claim, Remarks(excess, unknown, another)


def already_claimed(turn: Turn, claim: Claim, earlier: Claim) -> Step:
    """Nothing is paid twice: the earlier claim counts, this one does not."""
    facts.withdraw(turn.case, claim)
    turn.say(
        "utter_already_claimed",
        item=phrases.titles(claim),
        claim_id=earlier.claim_id,
        status=phrases.status(earlier, turn.case.now),
    )
    return Step({"stage": "closed"})


def next_step(turn: Turn, claim: Claim) -> Step:
    """Evidence first when it is owed, the verdict otherwise."""
    owed = facts.check(turn.case, claim).evidence
    if owed:
        claim = evidence.ask(turn.case, claim, owed)
    if not outstanding(claim):
        return Step({"stage": "assessing"})
    return Step({"stage": "evidence", "evidence": None})
