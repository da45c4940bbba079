"""From a complaint to complete facts: which order, which item, how many; then what the order says to it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot.claims.causes import CauseKind
from bot.claims.counting import as_said
from bot.claims.evidence import outstanding
from bot.claims.model import Claim, ClaimState, Order, Remedy
from bot.desk import evidence, facts, orders
from bot.language.references import says_not_this_order
from bot.talk import agenda, cards, change, phrases
from bot.talk.anytime import ask_offer
from bot.talk.handoff import hand_over, in_vain
from bot.talk.turn import Step, Turn, form_slots
from bot.understanding import matching
from bot.understanding.intake import Asked, Excess, Heard, says_more
from bot.understanding.several import goods_named

WISHES = {
    "request_reship": Remedy.RESHIP,
    "request_refund": Remedy.REFUND,
    "request_return": Remedy.RETURN,
}
_ALL = re.compile("都|全|所有")
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
    return Step(
        {**slots, "stage": None, "evidence": None, "pictures": None, **agenda.begins(turn), **remarks.slots(turn)}
    )


def take_facts(turn: Turn) -> Step:
    """A fact outside a form: an order, an item or a number, before or after anything else was said."""
    before = turn.case.active
    claim, remarks = take_up(turn)
    if before is None and claim.order_id:
        turn.say("utter_order_seen", order_tail=claim.order_id[-4:])
    remarks.say(turn)
    return Step({**form_slots(claim), "stage": None, "pictures": None, **agenda.begins(turn), **remarks.slots(turn)})


def correct_claim(turn: Turn) -> Step:
    claim, remarks = take_up(turn)
    if remarks.another and not says_more(turn.heard(), turn.policy.words):
        # 不是方格本,是那套小说: the offer was for something that nobody misses
        facts.forget_order(turn.case, claim)
        claim, remarks = take_up(turn)
    remarks.say(turn)
    return Step({**form_slots(claim), "stage": None, **agenda.begins(turn), **remarks.slots(turn)})


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
    if not remarks.empty or remarks.another:
        if not remarks.empty and turn.memory.count("misses") + 1 >= turn.policy.handoff.fallback_limit:
            why = ("unverified", "utter_hand_off_no_order")
            if remarks.excess:
                why = ("contradiction", "utter_hand_off_excess")
            return hand_over(turn, *why)
        remarks.say(turn)
        return Step({**form_slots(claim), **remarks.slots(turn)})
    return Step(form_slots(claim))


def _says_facts(turn: Turn) -> bool:
    if turn.intent in FACTS:
        return True
    claim = turn.case.active
    order = turn.case.order_of(claim) if claim else None
    bought = [line for line in order.lines if not line.is_gift] if order else []
    if order and matching.says_all(turn.text, len(bought), asked=turn.asked is Asked.ITEM):
        return True
    if turn.intent == "platform_stepped_in":
        return False  # whatever number is in it
    heard = turn.heard()
    if heard.order_id:
        return True
    if turn.intent.startswith(("ask_", "request_", "report_", "vent_", "threaten_", "withdraw_", "bot_", "counter_")):
        return False
    unclear = turn.intent == "nlu_fallback" or not turn.is_sure
    if order and unclear and matching.mentioned(heard.text, order.lines):
        return True  # an item by its name and nothing else
    if turn.asked is Asked.MISSING:
        return heard.number is not None
    return turn.order_meant(heard, claim) is not None


def ask_claim_form_order_id(turn: Turn) -> Step:
    if turn.intent == "hold_on":
        return Step()
    shown = orders.shown(turn.case, turn.heard())
    question = "utter_ask_order" if shown else "utter_ask_order_number"
    if in_vain(turn, question):
        return hand_over(turn, "low_confidence", "utter_hand_off_lost")
    if not shown:
        turn.say(question)
        return Step()
    turn.say(question, cards.orders(shown), buttons=[phrases.order_button(order) for order in shown])
    return Step({"shown_orders": [order.order_id for order in shown]})


def ask_claim_form_item(turn: Turn) -> Step:
    claim = turn.case.active
    order = turn.case.order_of(claim) if claim else None
    if turn.intent == "hold_on" or order is None:
        return Step()
    if in_vain(turn, "utter_ask_item"):
        return hand_over(turn, "low_confidence", "utter_hand_off_lost")
    buttons = [phrases.item_button(line) for line in order.lines]
    turn.say("utter_ask_item", order_tail=order.order_id[-4:], count=len(order.lines), buttons=buttons)
    return Step()


def ask_claim_form_missing(turn: Turn) -> Step:
    claim = turn.case.active
    line = next((line for line in claim.lines if line.missing is None), None) if claim else None
    if turn.intent == "hold_on" or line is None or line.ordered is None:
        return Step()
    if in_vain(turn, "utter_ask_missing", line.title):
        return hand_over(turn, "low_confidence", "utter_hand_off_lost")
    if line.ordered == 1 and turn.memory.has_said("utter_excess"):
        return Step()  # 这单拍的是1件, 跟您说的2件对不上: that is the question
    if line.unit is None and line.ordered == 1:  # 洒了半瓶: nobody can count that
        return hand_over(turn, "evidence_unclear", "utter_hand_off_share")
    said = as_said(line)
    arrived = range(line.ordered) if line.ordered <= 5 else ()
    buttons = [phrases.arrived_button(count, said.measure) for count in arrived]
    if line.unit:
        kind, measure = line.unit.value, said.measure
        turn.say(f"utter_ask_missing_{kind}", item=line.title, ordered=said.ordered, measure=measure, buttons=buttons)
        return Step()
    turn.say("utter_ask_missing", item=line.title, ordered=said.ordered, buttons=buttons)
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
        if turn.memory.has_said(change.QUESTION):
            return Step({"stage": "agreed"})
        turn.say("utter_already_agreed", offer=phrases.status(claim, turn.case.now))
        return Step({"stage": "agreed"})
    if all(line.missing == 0 for line in claim.lines):
        facts.recount(turn.case, claim)
        said = as_said(claim.lines[0])
        turn.say("utter_nothing_missing", item=phrases.titles(claim), ordered=said.ordered, measure=said.measure)
        return Step({"stage": "closed"})
    check = facts.check(turn.case, claim)
    if check.earlier and turn.is_still_short and "补" in turn.text:
        return hand_over(turn, "policy_limit", "utter_hand_off_still_short")  # 补发的收到了,还是少一件
    if check.earlier:
        return already_claimed(turn, claim, check.earlier)
    # Evidence is asked for again, and nothing has changed: what was understood is not said twice.
    noted = {} if claim.evidence_asked else agenda.said_back(turn, claim)
    if check.unknown_part:
        return hand_over(turn, "evidence_unclear", "utter_hand_off_part")
    if check.causes:
        cause = check.causes[0]
        order = turn.case.order_of(claim)
        assert order is not None  # `check` has just read it
        turn.say(f"utter_cause_{cause.kind.value}", **phrases.cause(cause, order, turn.case.now))
        claim = facts.explained(turn.case, claim, cause)
        if cause.kind in (CauseKind.REFUNDED, CauseKind.REFUND_OPEN):
            return Step({"stage": "closed", **noted})
        if cause.kind is not CauseKind.OUT_OF_STOCK:
            return Step({"stage": "waiting", **noted})
    step = next_step(turn, claim)
    return replace(step, slots={**step.slots, **noted})


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
    found = facts.found(turn.case, claim, turn.heard().text)
    if not found and facts.is_still_short(turn.case, claim, turn.text):
        return correct_claim(turn)
    if not found and facts.is_recounted(turn.case, claim, turn.heard()):
        return replace(correct_claim(turn), then="claim_form")  # 数错了,到了4双: of 5
    waits, others = agenda.named(turn, claim)
    if waits and not found:  # 袜子找到了, while the shirt is in work
        turn.say("utter_part_found", found="、".join(str(act.item) for act in waits))
        return Step({**form_slots(claim), "stage": None, agenda.SLOT: agenda.kept(others)}, then="claim_form")
    if not turn.is_sure and not found and turn.memory.last_said != "utter_ask_withdraw":
        turn.say("utter_ask_withdraw")
        return Step()
    if found:
        claim = facts.keep_others(turn.case, claim, found)
        turn.say("utter_part_found", found="、".join(line.title for line in found))
        return Step({**form_slots(claim), "stage": None}, then="claim_form")
    facts.withdraw(turn.case, claim)
    turn.say("utter_withdrawn")
    all_of_it = agenda.EMPTY if _ALL.search(turn.text) else {}
    return Step({"stage": "closed", **form_slots(None), **all_of_it})


class Remarks:
    """What must be said about a message besides the next question."""

    def __init__(
        self,
        excess: Excess | None = None,
        order_unknown: str | None = None,
        another: Order | None = None,
        agreed: Claim | None = None,
        changed: Claim | None = None,
    ) -> None:
        self.excess = excess
        self.order_unknown = order_unknown
        self.another = another  # an order that has to wait until the offer on the table is decided
        self.agreed, self.changed = agreed, changed  # what was agreed, and what it would be by other figures

    @property
    def empty(self) -> bool:
        return not (self.excess or self.order_unknown)

    def slots(self, turn: Turn) -> dict[str, Any]:
        """How many times nothing could be made of what was said about order or number; what has to wait."""
        missed: dict[str, Any] = {} if self.empty else {"misses": turn.memory.count("misses") + 1}
        if self.changed:
            missed[change.SLOT] = change.kept(turn)
        if self.another is None:
            return missed
        acts = agenda.with_more(agenda.waiting(turn.memory.slots), [agenda.about(turn.message, self.another)])
        return {**missed, agenda.SLOT: agenda.kept(acts)}

    def say(self, turn: Turn) -> None:
        if self.order_unknown:
            turn.say("utter_order_not_found", order_tail=self.order_unknown[-4:])
        elif self.excess:
            excess = self.excess
            measure = excess.measure
            turn.say("utter_excess", item=excess.title, ordered=excess.ordered, claimed=excess.claimed, measure=measure)
        elif self.another:
            turn.say("utter_one_at_a_time", item=agenda.about(turn.message, self.another).item)
        elif self.agreed and self.changed:
            change.ask(turn, self.agreed, self.changed)


def take_up(turn: Turn) -> tuple[Claim, Remarks]:
    """Read the latest message into the claim, and the pictures that were waiting for it."""
    heard, *others = turn.all_heard()
    before = turn.case.active
    came = turn.message.get("came") or ()
    if before and before.lines and all(line.sku in came for line in before.lines):
        before = facts.forget_order(turn.case, before)  # T恤有的，猫粮没有
    order = turn.order_meant(heard, before)
    if order is None and not turn.case.here:
        heard = with_earlier(turn, heard)
        order = turn.order_meant(heard, None)
    if before and order is None and says_not_this_order(heard.text):
        order = orders.guess_order(turn.case, heard, asked=False, named=True, but=before.order_id)
        if order is None:
            return facts.forget_order(turn.case, before), Remarks()
    agreed, changed = before, change.named(turn, before, heard, order)
    if agreed and changed and change.is_asked(turn):  # said again: that is the yes
        return facts.change(turn.case, agreed, changed), Remarks()
    claim, excess = facts.hear(turn.case, heard, turn.asked, order)
    for other in others:
        claim, more = facts.hear(turn.case, other, None, order)
        excess = excess or more
    wish = next((WISHES[intent] for intent in turn.also if intent in WISHES), None)
    if wish and claim.wish is None and claim.state is ClaimState.GATHERING:
        claim = facts.wish(turn.case, claim, wish)
    if turn.pictures:
        claim = evidence.receive(turn.case, claim, [(upload["sha256"], upload["video"]) for upload in turn.pictures])
    unknown = heard.order_id if heard.order_id and order is None else None
    another = order if order and claim.order_id and order.order_id != claim.order_id else None
    return claim, Remarks(excess, unknown, another, agreed, changed)


def with_earlier(turn: Turn, heard: Heard) -> Heard:
    """那款猫粮 … 少发了: in a conversation without a claim, what was named before counts once something is missing."""
    for text in reversed(turn.memory.said[:-1]):
        if len(goods_named(text, turn.case.recent_orders())) == 1:
            return replace(heard, text=f"{text},{heard.text}")
    return heard


def already_claimed(turn: Turn, claim: Claim, earlier: Claim) -> Step:
    """Nothing is paid twice: the earlier claim counts, and is the one that is spoken of."""
    facts.withdraw(turn.case, claim)
    turn.case.spoken_of = earlier.claim_id
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
