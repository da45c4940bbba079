"""Answers at any point, and the way back to where the conversation was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.claims.model import NEVER_SENT, Claim, ClaimState, Offer, Order, Parcel, ParcelState, Remedy
from bot.desk import facts, handoffs, offers, orders
from bot.language.references import asks_when, has_words, is_link
from bot.talk import answers, cards, phrases
from bot.talk.handoff import hand_off, hand_over, hand_over_problem, was_asked
from bot.talk.turn import ANSWERS, Step, Turn, form_slots
from bot.understanding import knowledge, matching, replies
from bot.understanding.acts import acts_of
from bot.understanding.intake import Heard
from bot.understanding.several import goods_named

_PERSONS_MATTER = ("report_wrong_item", "report_damage")
_ITEM_ALONE = 5  # characters: so short, it may be but the name of what is missing


def greet(turn: Turn) -> Step:
    if turn.memory.is_first_message:
        turn.say("utter_greet", shop=turn.policy.name)
    else:
        turn.say("utter_greet_again")
    return Step()


def nudge(turn: Turn) -> Step:
    """在吗, ??: an answer at once, with the question that is open."""
    if not resume(turn):
        turn.say("utter_greet_again" if turn.memory.form else "utter_nudge")
    return Step()


def back(turn: Turn) -> Step:
    """Back to the open question. In a form the form itself asks again, so this says nothing."""
    resume(turn)
    return Step()


def explain(turn: Turn) -> Step:
    """The answer to the question or intent at hand, with the figures of rulebook and shop filled in."""
    claim = turn.case.active
    if turn.known:
        return say_known(turn, turn.known)
    if claim is None and turn.intent == "ask_time_limit" and (order := orders.asked_about(turn.case, turn.text)):
        return say_when(turn, order)
    if turn.intent == "ask_time_limit" and claim and claim.offer:
        _say_when_done(turn, claim, claim.offer)
        return Step()
    if turn.intent == "ask_time_limit" and claim and turn.memory.form:
        turn.say("utter_time_before_offer", **phrases.figures(turn.case))
        return Step()
    turn.say(f"utter_{turn.intent}", **phrases.figures(turn.case))
    return Step()


def _say_when_done(turn: Turn, claim: Claim, offer: Offer) -> None:
    """Until when what is offered or agreed is done, and how long it takes from there."""
    sent = offer.remedy is Remedy.RESHIP
    if claim.state is ClaimState.OFFERED:  # it is said once more with the question whether it is all right
        turn.say("utter_time_on_the_way" if sent else "utter_time_of_money")
        return
    dated = claim.promise is not None and not sent
    promised = phrases.status(claim, turn.case.now) if dated else phrases.offer(claim, offer, turn.case.now)
    turn.say("utter_time_of_offer" if sent else "utter_time_of_refund", offer=promised)


def say_known(turn: Turn, response: str) -> Step:
    """What is asked beside a claim; the shop's own words go first."""
    if asked_for := answers.asked_for(turn):
        return answers.give(turn, asked_for)
    turn.say(response, **phrases.figures(turn.case))
    return Step()


def other_service(turn: Turn) -> Step:
    """Not this bot's business, but for the question when the promised things come, and what the shop answers itself."""
    claim = turn.case.active
    settled = claim is None or claim.state is ClaimState.AGREED
    follows = settled and (turn.is_sure or turn.memory.slots.get("stage") == "problem")
    if turn.memory.slots.get("other_problem") and follows and not answers.asked_for(turn):
        return hand_over_problem(turn)  # 怎么换, after it was said what is wrong
    if replies.names_other_address(turn.text) and not answers.asked_for(turn):
        brought = replies.names_delivery(turn.text)
        return hand_over(turn, "other_address", "utter_hand_off_delivery" if brought else "utter_hand_off_address")
    if claim is None and (order := orders.asked_about(turn.case, turn.text)):
        return say_when(turn, order)
    if claim and claim.offer and asks_when(turn.text):
        _say_when_done(turn, claim, claim.offer)
    elif asked_for := answers.asked_for(turn):
        return answers.give(turn, asked_for)
    elif (turn.intent == "out_of_scope" and _names_what_is_missing(turn)) or _names_what_came(turn):
        return Step(then="action_take_facts")
    elif known := knowledge.alike(turn.text):
        return say_known(turn, known.response)
    elif settled and replies.read(turn.text).answer and replies.read(turn.text).is_whole:
        turn.say("utter_noted")  # 知道了, when all is done
    else:
        turn.say("utter_out_of_scope" if turn.intent == "out_of_scope" else "utter_ask_other_service")
    return Step()


def explain_platform(turn: Turn) -> Step:
    if turn.memory.slots.get("platform_explained"):
        turn.say("utter_explain_platform_again")
    else:
        turn.say("utter_explain_platform", **phrases.figures(turn.case))
        turn.say("utter_ask_person")
    return Step({"platform_explained": True})


def other_problem(turn: Turn) -> Step:
    """Wrong, broken or not there at all: not a shortage, so say what to do; said again, a person takes it on."""
    known = turn.memory.slots.get("other_problem")
    if known and (turn.is_sure or turn.memory.slots.get("stage") == "problem"):
        return hand_over_problem(turn)
    heard = turn.heard()
    order = turn.order_meant(heard, None)
    claim = turn.case.active
    here = turn.case.order_of(claim) if claim else None
    if not turn.is_sure and here and matching.mentioned(heard.text, here.lines):
        return Step(then="action_take_facts")  # 中筒袜,我买的黑的: what is missing, once more
    if turn.intent == "report_quality" and _names_what_is_missing(turn):
        return Step(then="action_take_facts")  # 说送小样又不送
    never_came = turn.intent == "report_not_received"
    counted = turn.case.active is not None and _says_how_many(heard)
    if never_came and (counted or (order and _names_things(heard.text, order))):
        return Step(then="action_take_facts")  # the parcel has come, things in it have not
    if never_came and order and order.parcels:
        _say_where(turn, order, turn.case.traced(order))
    else:
        turn.say(f"utter_{turn.intent}")
    named = (matching.mentioned(heard.text, order.lines) or order.lines[:1]) if order else ()
    noted = {
        "other_problem": phrases.problem(turn.intent, order, named, heard.text),
        "cases": [*(turn.memory.slots.get("cases") or ()), problem(turn)],
    }
    return Step(noted if claim else {**noted, "stage": "problem"})


def say_when(turn: Turn, order: Order) -> Step:
    """What of the order has not come yet, and when it should."""
    _say_where(turn, order, [p for p in turn.case.traced(order) if p.state is not ParcelState.SIGNED])
    return Step()


def _say_where(turn: Turn, order: Order, parcels: Sequence[Parcel]) -> None:
    """The order's parcels as the courier sees them now; what cannot be seen a colleague asks the courier for."""
    states = {parcel.state for parcel in parcels}
    said = "；".join(phrases.parcel(parcel, turn.case.now) for parcel in parcels)
    unseen = ParcelState.SHIPPED in states
    turn.say(
        "utter_parcel_signed"
        if ParcelState.SIGNED in states
        else ("utter_parcel_unseen" if unseen else "utter_parcel_states"),
        order_tail=order.order_id[-4:],
        parcels=said,
    )


def problem(turn: Turn) -> dict[str, Any]:
    """A case of another kind, as DESIGN.md shows it."""
    act = acts_of(turn.message)[0]
    item = "、".join(goods_named(turn.text, turn.case.recent_orders())) or act.item
    files = [upload["sha256"] for upload in turn.pictures]
    return {"kind": act.value, "item": item, "said": turn.text, "evidence": files}


def calm(turn: Turn) -> Step:
    """Short and plain: the problem by its name, then the next step.

    Before the last outburst that the shop allows the buyer is asked whether a person should come, and whoever rages on
    gets one; so does who has come again and again for it.
    """
    outbursts = turn.memory.count("outbursts") + 1
    # An answer to the offer is an answer, however loud; it gets what the same words said politely would get.
    answer = ANSWERS.get(turn.wanted) if turn.memory.slots.get("stage") == "offered" else None
    limits = turn.policy.handoff
    if handoffs.visits(turn.case) >= limits.visits_limit:
        return hand_over(turn, "repeat_visits", "utter_hand_off_angry")
    if outbursts >= limits.anger_limit:
        return hand_over(turn, "angry", "utter_hand_off_angry")
    claim = turn.case.active
    titles = phrases.titles(claim) if claim else ""
    if outbursts == limits.anger_limit - 1 and not answer:
        turn.say("utter_ask_person")
        return Step({"outbursts": outbursts}, then="action_listen")  # one question at a time
    if titles:
        turn.say("utter_calm_open", item=titles)
    else:
        turn.say("utter_calm")
    return Step({"outbursts": outbursts}, then=answer)


def default_fallback(turn: Turn) -> Step:
    """Not understood, or understood but out of place: one question back, then a person."""
    heard = turn.heard()
    if turn.intent in ("nlu_fallback", "deny", "no_evidence") and _names_what_is_missing(turn):
        return Step(then="action_take_facts")
    claim = turn.case.active
    about = turn.asked or _names_goods(turn, heard) or (claim and claim.state is ClaimState.AGREED)
    if turn.intent == "nlu_fallback" and _says_how_many(heard) and about:
        return Step(then="action_take_facts")
    if claim and turn.memory.last_said == "utter_ask_withdraw":
        if turn.intent in ("affirm", "accept_offer"):
            return _given_up(turn, claim)
        if turn.intent in ("deny", "reject_offer"):
            return Step(then="action_take_facts")
    if turn.intent in ("affirm", "accept_offer") and was_asked(turn):
        return hand_off(turn)
    if claim and claim.state is not ClaimState.AGREED and replies.gives_up(turn.text):
        return _given_up(turn, claim)
    text = turn.text.strip()
    if turn.intent not in ("nlu_fallback", ""):
        if replies.refers_back(text):
            turn.say("utter_nothing_said_yet")
        # A plain 好的 or 不是 with nothing to say yes or no to.
        if not resume(turn) and not turn.memory.form:
            turn.say("utter_noted" if turn.case.current else "utter_nudge")
        return Step()
    if not text:
        turn.say("utter_empty")
        return Step()
    if is_link(text):
        if turn.case.active is None and turn.order_meant(heard, None):
            return Step(then="action_take_facts")  # the page of something that was bought
        turn.say("utter_link")
        return Step()
    if not has_words(text):
        turn.say("utter_sticker")
        return Step()
    if answers.asked_for(turn) or knowledge.alike(turn.text) or orders.asked_about(turn.case, turn.text):
        return Step(then="action_other_service")
    before = turn.memory.before
    if before and before.name in _PERSONS_MATTER and len(text) > _ITEM_ALONE:
        return hand_over_problem(turn)  # 给我换过来啊, after it was said that it is the wrong one
    if turn.memory.misses_in_a_row >= turn.policy.handoff.fallback_limit:
        return hand_over(turn, "low_confidence", "utter_hand_off_lost")
    if turn.memory.form:
        return Step()  # the form asks its question again
    if not resume(turn):
        turn.say("utter_default")
    return Step()


def _given_up(turn: Turn, claim: Claim) -> Step:
    """拉倒吧: asked about before it counts, and once."""
    if turn.memory.last_said != "utter_ask_withdraw":
        turn.say("utter_ask_withdraw")
        return Step()
    facts.withdraw(turn.case, claim)
    turn.say("utter_withdrawn")
    return Step({"stage": "closed", **form_slots(None)})


def _names_what_is_missing(turn: Turn) -> bool:
    """泳境都木有: a thing of the buyer's own, and that it is not there, before anything is on the table."""
    return turn.memory.slots.get("stage") is None and orders.item_missing(turn.case, turn.heard())


def _names_what_came(turn: Turn) -> bool:
    """ma ke bei zhi you 1 zhi: of a thing of the buyer's own so many came, before anything is on the table."""
    heard = turn.heard()
    if heard.received is None or turn.memory.slots.get("stage") is not None:
        return False
    return any(matching.mentioned(heard.text, order.lines) for order in turn.case.recent_orders())


def resume(turn: Turn) -> bool:
    """Repeat the question that is open outside the forms; False when there is none."""
    claim = turn.case.active
    stage = turn.memory.slots.get("stage")
    if turn.memory.form or claim is None:
        return False
    if stage == "offered" and claim.state is ClaimState.OFFERED and claim.offer:
        if not (turn.message.get("beside") and claim.offer.made_at == turn.case.now):  # or it is in this very answer
            ask_offer(turn, claim)
        return True
    if stage == "waiting":
        turn.say("utter_ask_wait")
        return True
    return False


def ask_offer(turn: Turn, claim: Claim) -> None:
    """Is the offer on the table all right? One that has lapsed is made anew first."""
    if offers.has_lapsed(turn.case, claim):
        claim, renewed = offers.renew(turn.case, claim)
        if renewed:
            turn.say("utter_offer_lapsed")
            say_offer(turn, claim, renewed)
            return
    assert claim.offer is not None  # that is what is asked about
    turn.say("utter_ask_offer", cards.offer(claim), offer=phrases.offer(claim, claim.offer, turn.case.now))


def say_offer(turn: Turn, claim: Claim, offer: Offer, because: str = "") -> None:
    values = phrases.offered(claim, offer, turn.case.now)
    turn.say(f"utter_offer_{offer.remedy.value}", cards.offer(claim), because=because, **values)


def _says_how_many(heard: Heard) -> bool:
    return any(count is not None for count in (heard.ordered, heard.received, heard.missing))


def _names_goods(turn: Turn, heard: Heard) -> bool:
    return bool(heard.products or goods_named(heard.text, turn.case.recent_orders()))


def _names_things(text: str, order: Order) -> bool:
    """Are things that should have been in a signed parcel named: one of several, or each by itself?"""
    sent = [line for line in order.lines if line.status not in NEVER_SENT]
    named = matching.mentioned(text, sent)
    signed = any(parcel.state is ParcelState.SIGNED for parcel in order.parcels)
    return signed and (0 < len(named) < len(sent) or len(goods_named(text, [order])) > 1)
