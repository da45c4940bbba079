"""The verdict, the offers, the agreement, and what became of it."""

from __future__ import annotations

from dataclasses import replace

from bot.claims.deadlines import spoken
from bot.claims.model import Claim, ClaimState, Offer, Remedy
from bot.claims.negotiation import covers, terms_of
from bot.desk import facts, offers, orders, promises
from bot.language.references import says_there_is_none
from bot.talk import agenda, cards, change, phrases
from bot.talk.anytime import ask_offer, resume, say_offer, say_when
from bot.talk.facts import WISHES, already_claimed, correct_claim, withdraw
from bot.talk.handoff import hand_off, hand_over, was_asked
from bot.talk.turn import Step, Turn
from bot.understanding import matching, replies
from bot.understanding.several import goods_named

# The shop has stopped what the bot could offer.
_STOPPED = ("offers_paused", "sum_to_confirm")


def assess(turn: Turn) -> Step:
    claim = turn.case.active
    if claim is None:
        return Step({"stage": "closed"})
    together = agenda.together(turn)
    if together and claim.wish is None:
        claim = facts.wish(turn.case, claim, together)
    found = offers.assess(turn.case, claim)
    if found.offer and found.offer.remedy is together:
        return _agree(turn, found.claim)  # 都行,一起办 was said of it before
    if found.offer:
        # What was explained otherwise (it ships apart, it was under way) is not blamed on the packing.
        because = "" if found.claim.explained else phrases.because(found.verdict)
        say_offer(turn, found.claim, found.offer, because)
        return Step({"stage": "offered", agenda.TOGETHER: None})
    if found.reason == "history":
        return hand_over(turn, "policy_limit", "utter_hand_off_history")
    if found.reason in _STOPPED:
        return hand_over(turn, found.reason, "utter_hand_off_history")
    if found.reason == "policy_limit":
        return hand_over(turn, "policy_limit", "utter_hand_off_limit")
    turn.say(f"utter_{found.reason}", reasons="；".join(phrases.reasons(found.verdict)))
    return hand_over(turn, "evidence_unclear", "utter_hand_off_unclear")


def next_offer(turn: Turn) -> Step:
    """Refused, something else wanted, or a sum named: the best the shop allows, or a person after the last round."""
    claim = turn.case.active
    if claim is None:
        return Step({"stage": "closed"})
    if change.is_asked(turn) and turn.intent in ("deny", "reject_offer"):
        return change.refused(turn)
    if was_asked(turn) and turn.intent in ("deny", "reject_offer"):
        resume(turn)  # no person, then; it says nothing to the offer
        return Step()
    if turn.intent in ("deny", "reject_offer") and claim.state is ClaimState.OFFERED and _names_other(turn, claim):
        return replace(
            correct_claim(turn), then="claim_form"
        )  # 不是黑笔,是笔记本 is said of the goods, not of the offer
    wish, counter = WISHES.get(turn.wanted), turn.counter
    named = replies.read(turn.text).wanted if counter else None
    if named and claim.offer and named is not claim.offer.remedy:
        wish = named  # 补一袋,再加20: while a refund is offered
    for_all = agenda.for_all(turn)
    if for_all and wish is Remedy.RETURN and "货" not in turn.text:
        wish = Remedy.REFUND  # 都退款吧 is said of what is missing, where that is several things
    if says_there_is_none(turn.text):  # the answer to a question about photos that is no longer open
        resume(turn)
        return Step()
    if claim.state is ClaimState.OFFERED and claim.offer and wish is claim.offer.remedy:
        if for_all or _agrees(turn, claim) or replies.names_other_address(turn.text):
            return Step(then="action_accept_offer")  # 补吧, while 补发 is offered
        ask_offer(turn, claim)
        return Step({"stage": "offered"})
    if claim.state is ClaimState.AGREED and claim.promise and wish is claim.promise.remedy:
        turn.say("utter_already_agreed", offer=phrases.promised(claim))
        return Step({"stage": "agreed"})
    asked = counter.asked_fen(claim.offer) if counter else None
    if claim.state is ClaimState.OFFERED and claim.offer and asked and covers(claim.offer, asked):
        turn.say("utter_sum_reached")
        ask_offer(turn, claim)
        return Step({"stage": "offered"})
    rounds = len(claim.offers)
    before = claim.offer
    claim, offer = offers.another(turn.case, claim, wish, counter)
    if offer is None:
        if (stop := offers.stopped(turn.case, claim)) in _STOPPED:
            return hand_over(turn, stop, "utter_hand_off_history")
        last = rounds >= turn.policy.offers.max_rounds
        return hand_over(turn, "policy_limit", "utter_hand_off_rounds" if last else "utter_hand_off_limit")
    if counter:
        _answer_sum(turn, offer, before, asked)
    say_offer(turn, claim, offer)
    return Step({"stage": "offered", **_for_all(turn, offer)})


def _for_all(turn: Turn, offer: Offer) -> dict[str, str]:
    return {agenda.TOGETHER: offer.remedy.value} if agenda.for_all(turn) else {}


def _names_other(turn: Turn, claim: Claim) -> bool:
    """Is something else of the buyer's named than what is claimed, and the one for the other?"""
    named = goods_named(turn.text, turn.case.recent_orders())
    return bool({*named} - {line.title for line in claim.lines}) and bool(matching.swaps(turn.text))


def _agrees(turn: Turn, claim: Claim) -> bool:
    """Is the remedy on the table plainly wished for, for what it is offered for? 补三双 is not, where it is two."""
    reply = replies.read(turn.text)
    if reply.count not in (None, sum(line.missing or 0 for line in claim.lines)):
        return False
    others = goods_named(turn.text, turn.case.recent_orders()) if reply.rest else []
    return reply.is_plain and not set(others) - {line.title for line in claim.lines}


def _answer_sum(turn: Turn, offer: Offer, before: Offer | None, asked: int | None) -> None:
    """Why the next offer is what it is; the sum itself is never repeated."""
    gain = terms_of(offer).gain_fen
    if asked is not None and gain >= asked:
        turn.say("utter_sum_reached")
    elif before and gain <= terms_of(before).gain_fen:
        turn.say("utter_sum_highest_named")
    elif asked is not None:
        turn.say("utter_sum_too_high")


def accept_offer(turn: Turn) -> Step:
    claim = turn.case.active
    if claim is None or claim.state not in (ClaimState.OFFERED, ClaimState.AGREED):
        return Step({"stage": "closed"})
    if turn.memory.last_said == "utter_ask_withdraw" and turn.intent in ("affirm", "accept_offer"):
        return withdraw(turn)  # a yes to 这次不用办了？, where no remedy is named
    if was_asked(turn):
        return hand_off(turn)
    if not turn.is_sure or turn.memory.last_action == "action_other_problem":
        resume(turn)  # of what was said last, the offer was no part
        return Step()
    asked = turn.counter.asked_fen(claim.offer) if turn.counter else None
    if claim.state is ClaimState.OFFERED and claim.offer and asked and not covers(claim.offer, asked):
        return Step(then="action_next_offer")  # 那50就50吧, and it was 36
    return _agree(turn, claim)


def _agree(turn: Turn, claim: Claim) -> Step:
    """What is offered becomes a promise, unless something has come between."""
    # Agreed already: a process has died after it was written and before it was said. So it is said now.
    if claim.state is ClaimState.OFFERED:
        earlier = facts.check(turn.case, claim).earlier
        if earlier:
            return already_claimed(turn, claim, earlier)
        if stop := offers.stopped(turn.case, claim):
            return hand_over(turn, stop, "utter_hand_off_history")
        if offers.has_lapsed(turn.case, claim):
            ask_offer(turn, claim)
            return Step()
        if offers.is_beyond_history(turn.case, claim):
            return hand_over(turn, "policy_limit", "utter_hand_off_history")
        refund_open = offers.is_refund_open(turn.case, claim)
        if refund_open and claim.offer and claim.offer.remedy is not Remedy.REFUND:
            return hand_over(turn, "policy_limit", "utter_hand_off_history")  # no second promise beside that one
        claim = offers.accept(turn.case, claim)
        if refund_open and promises.waits_for_application(claim):
            claim = promises.applied(turn.case, claim)  # asked for since it was offered
    assert claim.offer is not None  # it has been accepted
    values = phrases.agreed(claim, claim.offer, turn.case)
    turn.say(f"utter_agreed_{claim.offer.remedy.value}", cards.promise(claim), claim_id=claim.claim_id, **values)
    return Step({"stage": "agreed", **_for_all(turn, claim.offer)})


def expired(turn: Turn) -> Step:
    """An answer to what has expired meanwhile: it agrees to nothing, and what to do is said."""
    claim = turn.case.current
    if turn.memory.last_action == "action_expired":
        turn.say("utter_expired_again")
    else:
        turn.say("utter_offer_expired" if claim and claim.offer else "utter_claim_expired")
    return Step()


def progress(turn: Turn) -> Step:
    """我的补发呢: where the claim is, and what a broken promise opens."""
    claim = facts.latest(turn.case)
    if claim is None:
        if order := orders.asked_about(turn.case, turn.text):
            return say_when(turn, order)
        turn.say("utter_progress_none")
        return Step()
    if claim.state is ClaimState.WITHDRAWN:
        turn.say("utter_progress_withdrawn", claim_id=claim.claim_id)
        return Step()
    if claim.promise is None:
        item, status = phrases.titles(claim) or "这件", phrases.STATES[claim.state]
        if claim.state is ClaimState.EXPIRED:
            turn.say("utter_progress_expired", claim_id=claim.claim_id, item=item, status=status)
        else:
            turn.say("utter_progress_open", claim_id=claim.claim_id, item=item, status=status)
        return Step()
    promised = phrases.promised(claim)
    if claim.promise.kept_at and turn.is_still_short:
        return hand_over(turn, "policy_limit", "utter_hand_off_still_short")
    if claim.promise.kept_at:
        kept, sent = spoken(claim.promise.kept_at, turn.case.now), phrases.sent(claim)
        if claim.promise.broken_at:
            notice = phrases.broken(claim, turn.case)
            turn.say("utter_progress_kept_late", cards.promise(claim), kept=kept, sent=sent, notice=notice)
            return Step()
        turn.say(
            "utter_progress_kept", cards.promise(claim), claim_id=claim.claim_id, offer=promised, kept=kept, sent=sent
        )
        return Step()
    due = phrases.promise_due(claim, turn.case.now)
    if turn.is_still_short:
        return hand_over(turn, "policy_limit", "utter_hand_off_still_short")
    if promises.waits_for_application(claim):
        if replies.has_applied(turn.text) or offers.is_refund_open(turn.case, claim):
            claim = promises.applied(turn.case, claim)
            due = phrases.promise_due(claim, turn.case.now)
            turn.say("utter_refund_applied", cards.promise(claim), offer=promised, due=due)
            return Step()
        path = phrases.refund_path(turn.case)
        turn.say(
            "utter_progress_to_apply",
            cards.promise(claim),
            claim_id=claim.claim_id,
            offer=promised,
            refund_path=path,
            due=due,
        )
        return Step()
    if not promises.is_broken(turn.case, claim):
        turn.say("utter_progress_promised", cards.promise(claim), claim_id=claim.claim_id, offer=promised, due=due)
        return Step()
    claim = promises.open_penalty(turn.case, claim)
    result = offers.compensation(turn.case, claim, promise_broken=True)
    card = cards.compensation(phrases.rows(result, turn.case.rulebook), result)
    turn.say("utter_promise_broken", card, notice=phrases.broken(claim, turn.case))
    return hand_over(turn, "promise_broken", "utter_hand_off_broken_promise")


def explain_compensation(turn: Turn) -> Step:
    """怎么赔偿: what is owed now, what the penalty would be, worked out line by line from the order."""
    claim = turn.case.active
    if claim is None or turn.case.order_of(claim) is None:
        turn.say("utter_compensation_general", penalty_rules=phrases.penalty_rules(turn.case))
        return Step()
    if not _worked_out(claim):
        turn.say("utter_compensation_uncounted", penalty_rules=phrases.penalty_rules(turn.case))
        return Step()
    result = offers.compensation(turn.case, claim, promise_broken=True)
    said = phrases.worked_out(claim, result, turn.case.rulebook)
    rows = phrases.compensation(claim, result, turn.case.rulebook)
    turn.say("utter_compensation", cards.compensation(rows, result, said.splitlines()), explanation=said)
    return Step()


def _worked_out(claim: Claim) -> bool:
    return bool(claim.lines) and all(line.missing is not None for line in claim.lines)
