"""The clerk's desk: one claim from the first complaint to its settlement.

It joins ``bot.claims`` (what is right), ``bot.orders`` (what was bought) and ``bot.store`` (what must not be lost).
The Rasa actions call it and say the result; the doors read claims from it. No wording here: that is ``domain.yml``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from bot.claims import causes, events, evidence, negotiation
from bot.claims.compensation import case_for, compensate
from bot.claims.deadlines import SHANGHAI, falls_due, is_broken, lapsed
from bot.claims.fault import Verdict, find_fault
from bot.claims.model import (
    Claim,
    ClaimLine,
    ClaimState,
    EvidenceKind,
    Fault,
    Offer,
    Order,
    Remedy,
    Settlement,
)
from bot.claims.negotiation import Counter, Past, Terms
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.orders.base import OrderSource
from bot.store import Author, Conflict, Handoff, Store, new_claim_id
from bot.understanding import intake, matching
from bot.understanding.intake import Asked, Excess, Heard

logger = logging.getLogger(__name__)

ACTIVE = frozenset({ClaimState.OPEN, ClaimState.GATHERING, ClaimState.ASSESSING, ClaimState.OFFERED, ClaimState.AGREED})
SETTLED = frozenset({ClaimState.AGREED, ClaimState.FULFILLED})
# Whoever has the conversation, what was promised is to be done; once the platform has stepped in, it decides.
PROMISING = (ClaimState.AGREED, ClaimState.HANDED_OFF)
RECENT_ORDERS = 5
SEARCHED_ORDERS = 30
SAME_SHOWN = 3  # claims with the same picture, in a summary


@dataclass(frozen=True)
class Speaker:
    """Who talks: the conversation, and the buyer whose orders may be shown in it."""

    conversation_id: str
    buyer_id: str


@dataclass(frozen=True)
class Check:
    """What the order record says to a claim whose facts are complete."""

    causes: tuple[causes.Cause, ...] = ()
    evidence: tuple[EvidenceKind, ...] = ()
    high_value: bool = False
    earlier: Claim | None = None


@dataclass(frozen=True)
class Assessment:
    """The verdict, and the first offer; without an offer a person decides, for ``reason``."""

    claim: Claim
    verdict: Verdict
    offer: Offer | None
    reason: str | None = None


class NoticeKind(str, Enum):
    WARNED = "warned"  # the promise falls due soon
    BROKEN = "broken"  # it fell due, and nothing was done


@dataclass(frozen=True)
class Notice:
    """Something the seller should know of a promise, found just now."""

    kind: NoticeKind
    claim: Claim


class Desk:
    """One desk for a process. Holds no state of its own: every call reads and writes the store.

    ``clock`` gives the present as an aware datetime; tests pass their own.
    """

    def __init__(
        self,
        orders: OrderSource,
        store: Store,
        rulebook: Rulebook,
        policy: ShopPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        self.orders = orders
        self.store = store
        self.rulebook = rulebook
        self.policy = policy
        self.clock = clock

    # --- orders -----------------------------------------------------------------------------------

    def order(self, order_id: str | None, buyer_id: str) -> Order | None:
        """The order, if it is this buyer's own; another buyer's is as good as unknown."""
        order = self.orders.get(order_id) if order_id else None
        return order if order and order.buyer_id == buyer_id else None

    def order_of(self, claim: Claim) -> Order | None:
        return self.order(claim.order_id, claim.buyer_id)

    def recent_orders(self, buyer_id: str) -> list[Order]:
        return self.orders.recent(buyer_id, RECENT_ORDERS)

    def guess_order(self, buyer_id: str, heard: Heard, *, asked: bool, named: bool = False) -> Order | None:
        """The one recent order that the buyer's words point to, or None.

        By position or last digits when the orders were just ``asked`` after, by 最近/最新, by the name of an item that
        only one of them has; by one character of it (袜) when the message surely names one.
        """
        recent = self.orders.recent(buyer_id, SEARCHED_ORDERS)
        if not recent:
            return None
        offered = recent[:RECENT_ORDERS]
        if asked and heard.ordinal is not None and heard.ordinal <= len(offered):
            return offered[heard.ordinal - 1 if heard.ordinal > 0 else heard.ordinal]
        tails = [order for order in recent if heard.tail and order.order_id.endswith(heard.tail)]
        if len(tails) == 1:
            return tails[0]
        if any(word in heard.text for word in self.policy.words.latest):
            return recent[0]
        found = [order for order in recent if matching.mentioned(heard.text, order.lines)]
        best = max((matching.overlap(heard.text, order.lines) for order in found), default=0)
        found = [order for order in found if matching.overlap(heard.text, order.lines) == best]
        if len(found) > 1 and heard.ordered is not None:
            found = [o for o in found if heard.ordered in {line.quantity for line in o.lines}] or found
        words = "".join(heard.products) or (heard.text if named else "")
        if not found and words:
            found = [order for order in recent if matching.by_character(words, order.lines)]
        return found[0] if len(found) == 1 else None

    def order_with(self, buyer_id: str, words: str) -> Order | None:
        """The one of the buyer's orders that holds an item of that name."""
        recent = self.orders.recent(buyer_id, SEARCHED_ORDERS)
        best = max((matching.overlap(words, order.lines) for order in recent), default=0)
        named = [order for order in recent if best and matching.overlap(words, order.lines) == best]
        return named[0] if len(named) == 1 else None

    # --- claims -----------------------------------------------------------------------------------

    def current(self, conversation_id: str) -> Claim | None:
        """The conversation's latest claim, settled or not."""
        return self.store.claims.current(conversation_id)

    def active(self, conversation_id: str) -> Claim | None:
        claim = self.current(conversation_id)
        return claim if claim and claim.state in ACTIVE else None

    def latest_of(self, speaker: Speaker) -> Claim | None:
        """What 我的补发呢 is about: this conversation's claim, or else the buyer's latest that still counts."""
        here = self.current(speaker.conversation_id)
        if here and here.state is not ClaimState.WITHDRAWN:
            return here
        elsewhere = [c for c in self.store.claims.of_buyer(speaker.buyer_id) if c.state is not ClaimState.WITHDRAWN]
        return max(elsewhere, key=lambda claim: claim.opened_at, default=here)

    def open(self, speaker: Speaker) -> Claim:
        """The claim that is in work, or a new one."""
        return self.active(speaker.conversation_id) or self._new(speaker)

    def hear(
        self, speaker: Speaker, heard: Heard, asked: Asked | None, order: Order | None
    ) -> tuple[Claim, Excess | None]:
        """Take up what one message says; ``order`` is the one it names or points to, if any.

        A claim with an offer goes back to gathering when its facts change, and keeps its offer when they do not. What
        is agreed stays agreed: other figures for the same item replace it, anything else is a claim of its own.
        """
        claim = self.open(speaker)
        if claim.state is ClaimState.AGREED:
            return self._hear_after_agreement(speaker, claim, heard, asked, order)
        known = claim
        elsewhere = order is not None and claim.order_id is not None and order.order_id != claim.order_id
        if elsewhere and claim.state is ClaimState.OFFERED:
            return claim, None  # one thing at a time: first the offer that is on the table
        if elsewhere:
            known = replace(claim, lines=(), order_id=None)  # its lines are others too
        learned, excess = intake.learn(known, heard, order or self.order_of(known), self.policy.words, asked)
        if learned == claim and claim.state is not ClaimState.OPEN:
            return claim, excess
        return self._record(claim, _facts(learned)), excess

    def _hear_after_agreement(
        self, speaker: Speaker, agreed: Claim, heard: Heard, asked: Asked | None, order: Order | None
    ) -> tuple[Claim, Excess | None]:
        if order is None or order.order_id == agreed.order_id:
            learned, excess = intake.learn(agreed, heard, self.order_of(agreed), self.policy.words, asked)
            if excess or learned.lines == agreed.lines:
                return agreed, excess
            if [line.sku for line in learned.lines] == [line.sku for line in agreed.lines]:
                return self._replace(agreed, _facts(learned)), None
            order = self.order_of(agreed)
        fresh = self._new(speaker)
        learned, excess = intake.learn(fresh, heard, order, self.policy.words, asked)
        return self._record(fresh, _facts(learned)), excess

    def _new(self, speaker: Speaker) -> Claim:
        return self._record(None, events.ClaimOpened(self._new_id(), speaker.conversation_id, speaker.buyer_id))

    def _replace(self, agreed: Claim, facts: events.FactsLearned) -> Claim:
        """A claim with other facts instead of the agreed one; both change or neither."""
        opened = events.ClaimOpened(
            self._new_id(),
            agreed.conversation_id,
            agreed.buyer_id,
            replaces=agreed.claim_id,
            explained=agreed.explained,
            promise_broken=agreed.promise_broken,
        )
        _, renewed = self.store.claims.append_all(
            (agreed, [events.Withdrawn(replaced_by=opened.claim_id)]), (None, [opened, facts]), now=self.clock()
        )
        return renewed

    def forget_order(self, claim: Claim) -> Claim:
        """It was another order: back to the question which one. What is agreed stays."""
        if claim.state is ClaimState.AGREED:
            return claim
        return self._record(claim, events.OrderForgotten())

    def check(self, claim: Claim) -> Check:
        """What may explain the shortage, what was claimed before, and which evidence is owed."""
        order = self._order_or_fail(claim)
        value = negotiation.missing_value(claim, order)
        asked = claim.evidence_asked or not causes.may_have_come(order, claim)
        return Check(
            causes=tuple(c for c in causes.find_causes(order, claim) if c.line.sku not in claim.explained),
            evidence=() if asked else evidence.checklist(order, claim, self.policy.evidence),
            high_value=value >= self.policy.evidence.high_value_fen,
            earlier=self._earlier(claim),
        )

    def explained(self, claim: Claim, cause: causes.Cause) -> Claim:
        """The buyer has been told; whoever still says that it is short stands by it."""
        return self._record(claim, events.CauseExplained(cause.kind, cause.line.sku or ""))

    def wish(self, claim: Claim, remedy: Remedy) -> Claim:
        return self._record(claim, events.WishNoted(remedy))

    def withdraw(self, claim: Claim) -> Claim:
        return self._record(claim, events.Withdrawn())

    def found(self, claim: Claim, text: str) -> tuple[ClaimLine, ...]:
        """The lines that the text says have been found, when it names some of the claim's and not all."""
        order = self.order_of(claim)
        lines = [line for line in (order.line(item.sku or "") for item in claim.lines) if line] if order else []
        named = {line.sku for line in lines if matching.overlap(text, [line])}
        found = tuple(item for item in claim.lines if item.sku in named)
        return found if 0 < len(found) < len(claim.lines) else ()

    def keep_others(self, claim: Claim, found: tuple[ClaimLine, ...]) -> Claim:
        """Go on without the lines that have been found."""
        return self._record(claim, events.ItemsFound(found))

    # --- evidence ---------------------------------------------------------------------------------

    def ask_evidence(self, claim: Claim, kinds: tuple[EvidenceKind, ...]) -> Claim:
        return self._record(claim, events.EvidenceRequested(kinds))

    def receive(self, claim: Claim, files: Iterable[tuple[str, bool]]) -> Claim:
        """``files``: SHA-256 and whether it is a video, for each stored upload; the same file twice counts once."""
        for sha256, is_video in files:
            if not any(item.sha256 == sha256 for item in claim.evidence):
                kind = evidence.answered_by(claim, is_video=is_video)
                claim = self._record(claim, events.EvidenceReceived(kind, sha256))
        return claim

    def decline_evidence(self, claim: Claim) -> Claim:
        """没有: nothing of what is still outstanding will come."""
        kinds = evidence.outstanding(claim)
        return self._record(claim, events.EvidenceDeclined(kinds)) if kinds else claim

    # --- verdict and offers -----------------------------------------------------------------------

    def assess(self, claim: Claim) -> Assessment:
        """Find the fault and, when it is not the buyer's, make the first offer."""
        order = self._order_or_fail(claim)
        verdict = find_fault(order, claim, self.policy.evidence)
        claim = self._record(claim, events.FaultFound(verdict.fault, tuple(reason.id for reason in verdict.reasons)))
        if verdict.fault is Fault.BUYER:
            return Assessment(claim, verdict, None, "not_upheld")
        if verdict.fault is Fault.UNCLEAR:
            return Assessment(claim, verdict, None, "unclear")
        if self._past(claim).claims >= self.policy.offers.history.max_claims:
            return Assessment(claim, verdict, None, "history")
        claim, offer = self._offer(claim, order)
        return Assessment(claim, verdict, offer, None if offer else "policy_limit")

    def another_offer(
        self, claim: Claim, wish: Remedy | None, counter: Counter | None = None
    ) -> tuple[Claim, Offer | None]:
        """The next round, see ``negotiation.next_terms``; None: a person."""
        order = self._order_or_fail(claim)
        asked = events.AnotherOfferAsked(wish, counter.fen if counter else None)
        return self._offer(self._record(claim, asked), order, counter)

    def offer_has_lapsed(self, claim: Claim) -> bool:
        if claim.state is not ClaimState.OFFERED or claim.offer is None:
            return False
        return lapsed(claim.offer, self.clock(), self.policy.offers)

    def renew(self, claim: Claim) -> tuple[Claim, Offer | None]:
        """The offer again, with new dates; should the shop no longer allow it, the next one or a person."""
        order = self._order_or_fail(claim)
        terms = negotiation.terms_of(claim.offer) if claim.offer else None
        if terms and terms in self._ladder(claim, order):
            return self._put(claim, terms)
        return self._offer(claim, order)

    def accept(self, claim: Claim) -> Claim:
        """The buyer agrees: the offer becomes a promise, and the settlement is on record."""
        order = self._order_or_fail(claim)
        promise = negotiation.promise(claim)
        settlement = self._settlement(claim, order, promise_broken=claim.promise_broken)
        return self._record(claim, events.OfferAccepted(promise, settlement))

    def fulfil(self, claim: Claim) -> Claim:
        """The seller has done what was promised, now; too late is on record as a broken promise all the same.

        Raises:
            ValueError: when nothing was promised.
        """
        return self._record(self._break(claim) if self.promise_is_broken(claim) else claim, events.PromiseKept())

    def promised(self) -> list[Claim]:
        """Claims with a promise that is not kept yet, the most urgent first."""
        claims = [claim for state in PROMISING for claim in self.store.claims.in_state(state)]
        still_open = [(claim.promise.due_at, claim) for claim in claims if claim.promise and not claim.promise.kept_at]
        return [claim for _, claim in sorted(still_open, key=lambda pair: pair[0])]

    def promise_is_broken(self, claim: Claim) -> bool:
        return claim.promise is not None and is_broken(claim.promise, self.clock())

    def break_promises(self) -> list[Notice]:
        """What the clock makes of the open promises. Each is warned of once and broken once, however many look.

        One claim that cannot be worked out does not keep the others waiting.
        """
        notices = []
        for claim in self.promised():
            try:
                notice = self._look_at_promise(claim)
            except Conflict:
                continue  # another process was here first, and tells
            except Exception:
                logger.exception("claim %s: its promise cannot be looked at", claim.claim_id)
                continue
            if notice:
                notices.append(notice)
        return notices

    def untold(self) -> list[Claim]:
        """Claims whose promise is broken and whose buyer does not know yet; not while a person has the conversation."""
        return [
            claim
            for claim in self.store.claims.in_state(ClaimState.AGREED)
            if _must_be_told(claim) and not self.handed_off(claim.conversation_id)
        ]

    def untold_in(self, conversation_id: str) -> Claim | None:
        claim = self.active(conversation_id)
        return claim if claim and _must_be_told(claim) else None

    def told(self, claim: Claim) -> Claim:
        """The buyer has been told of the broken promise."""
        return self._record(claim, events.BuyerTold())

    def open_penalty(self, claim: Claim) -> Claim:
        """The buyer hears now that the promise is broken: on record, with what may now be claimed."""
        broken = self._break(claim)
        return self.told(broken) if broken.promise and not broken.promise.told_at else broken

    def _look_at_promise(self, claim: Claim) -> Notice | None:
        assert claim.promise is not None  # that is what `promised` asked for
        if is_broken(claim.promise, self.clock()):
            return None if claim.promise.broken_at else Notice(NoticeKind.BROKEN, self._break(claim))
        if falls_due(claim.promise, self.clock(), self.policy.promises) and not claim.promise.warned_at:
            return Notice(NoticeKind.WARNED, self._record(claim, events.PromiseWarned()))
        return None

    def _break(self, claim: Claim) -> Claim:
        if claim.promise is None or claim.promise.broken_at:
            return claim
        settlement = self._settlement(claim, self._order_or_fail(claim), promise_broken=True)
        return self._record(claim, events.PromiseBroken(), events.PenaltyOpened(settlement))

    def compensation(self, claim: Claim, *, promise_broken: bool) -> dict[str, Any]:
        """The result of ``bot.claims.compensation`` for this claim, from the order record.

        Before fault is established it is computed as if the seller were at fault, and the caller says so.
        """
        order = self._order_or_fail(claim)
        supposed = claim if claim.fault else replace(claim, fault=Fault.SELLER)
        return self._compensate(case_for(order, supposed, promise_broken=promise_broken))

    # --- a person takes over ----------------------------------------------------------------------

    def hand_off(self, speaker: Speaker, reason: str) -> Handoff:
        """Give the conversation to a person; the claim in work goes along."""
        claim = self.active(speaker.conversation_id)
        # The person first: should the process die here, somebody knows of the claim.
        handoff = self.store.handoffs.open(
            conversation_id=speaker.conversation_id,
            claim_id=claim.claim_id if claim else None,
            reason=reason,
            summary=self._summary(claim, reason),
            now=self.clock(),
        )
        if claim:
            self._record(claim, events.HandedOff(reason))
        return handoff

    def handed_off(self, conversation_id: str) -> Handoff | None:
        """The hand-off that still holds: not given back, and the shop's silence since a person last spoke not over yet.

        Once the platform has stepped in it holds for good.
        """
        handoff = self.store.handoffs.active(conversation_id)
        if handoff is None:
            return None
        claim = self.current(conversation_id)
        if claim and claim.state is ClaimState.ESCALATED:
            return handoff
        silence = timedelta(minutes=self.policy.handoff.mute_minutes)
        said = self.store.log.last(conversation_id, Author.AGENT)
        if self.clock() - max(handoff.at, said.at if said else handoff.at) < silence:
            return handoff
        self.give_back(conversation_id)
        return None

    def give_back(self, conversation_id: str) -> None:
        """End the hand-off: the bot may speak again, and the buyer sees it."""
        now = self.clock()
        if self.store.handoffs.give_back(conversation_id, now):
            self.store.log.append(conversation_id, Author.SYSTEM, {"state": "resumed"}, now)

    # --- inside -----------------------------------------------------------------------------------

    def today(self) -> date:
        return self.clock().astimezone(SHANGHAI).date()

    def _record(self, claim: Claim | None, *happened: events.Event) -> Claim:
        return self.store.claims.append(claim, *happened, now=self.clock())

    def _new_id(self) -> str:
        return new_claim_id(self.clock())

    def _order_or_fail(self, claim: Claim) -> Order:
        order = self.order_of(claim)
        if order is None:
            raise LookupError(f"claim {claim.claim_id} has no order on record")
        return order

    def _earlier(self, claim: Claim) -> Claim | None:
        """A claim of the same buyer on the same line that is settled or with a person: nothing is paid twice."""
        skus = {(line.sku, line.part) for line in claim.lines}
        others = (
            other
            for other in self.store.claims.of_order(claim.order_id or "")
            if other.claim_id != claim.claim_id
            and other.buyer_id == claim.buyer_id
            and other.state in SETTLED | {ClaimState.HANDED_OFF, ClaimState.ESCALATED}
        )
        return next((other for other in others if skus & {(line.sku, line.part) for line in other.lines}), None)

    def _offer(self, claim: Claim, order: Order, counter: Counter | None = None) -> tuple[Claim, Offer | None]:
        steps = self._ladder(claim, order)
        terms = negotiation.next_terms(claim, steps, self.policy.offers.max_rounds, counter)
        return self._put(claim, terms) if terms else (claim, None)

    def _put(self, claim: Claim, terms: Terms) -> tuple[Claim, Offer]:
        offer = negotiation.make(terms, self.policy.offers, self.clock())
        return self._record(claim, events.OfferMade(offer)), offer

    def _ladder(self, claim: Claim, order: Order) -> tuple[Terms, ...]:
        result = self._compensate(case_for(order, claim, promise_broken=False))
        figures = negotiation.figures_from(result, negotiation.missing_value(claim, order), order)
        remedies = negotiation.possible(claim, order)
        return negotiation.ladder(remedies, figures, self.policy.offers, self._past(claim))

    def _past(self, claim: Claim) -> Past:
        """What the buyer's other claims have settled lately."""
        since = self.clock() - timedelta(days=self.policy.offers.history.days)
        settled = [
            other.settlement
            for other in self.store.claims.of_buyer(claim.buyer_id)
            if other.claim_id != claim.claim_id and other.opened_at >= since and other.promise and other.settlement
            if other.state is not ClaimState.WITHDRAWN
        ]
        return Past(len(settled), sum(settlement.refund_fen for settlement in settled))

    def _settlement(self, claim: Claim, order: Order, *, promise_broken: bool) -> Settlement:
        result = self._compensate(case_for(order, claim, promise_broken=promise_broken))
        return Settlement(
            refund_fen=claim.offer.money_fen if claim.offer else 0,
            penalty_fen=result["penalty_fen"] or 0,
            penalty_points=result["penalty_points"] or 0,
            freight_by=result["freight_by"],
        )

    def _compensate(self, case: dict[str, Any]) -> dict[str, Any]:
        return compensate(case, self.rulebook, high_value_fen=self.policy.evidence.high_value_fen, on=self.today())

    def _summary(self, claim: Claim | None, reason: str) -> str:
        """At most 200 characters for the person who takes over; no phone numbers or addresses."""
        if claim is None:
            return f"原因:{reason};未登记"
        lines = ";".join(
            f"{line.part or line.title or '?'} 拍{_or_unknown(line.ordered)}到{_or_unknown(line.received)}"
            f"缺{_or_unknown(line.missing)}"
            for line in claim.lines
        )
        offers = "、".join(f"{offer.remedy.value}:{offer.money_fen}分" for offer in claim.offers)
        got = sum(1 for item in claim.evidence if item.sha256)
        # For the person to judge, and for nobody else: it is not said to the buyer and decides nothing.
        same_files = self.store.claims.with_same_files(claim).values()
        also_on = sorted({other.claim_id for others in same_files for other in others})
        parts = [
            f"原因:{reason}",
            f"登记号{claim.claim_id}",
            f"同一文件也在{'、'.join(also_on[:SAME_SHOWN])}" if also_on else "",
            f"订单{claim.order_id or '未知'}",
            lines,
            f"责任:{claim.fault.value if claim.fault else '未定'}",
            f"凭证{got}份",
            f"报过:{offers}" if offers else "",
        ]
        return ";".join(part for part in parts if part)[:200]


def _facts(claim: Claim) -> events.FactsLearned:
    return events.FactsLearned(claim.order_id, claim.platform, claim.lines, claim.shortage, claim.box_torn)


def _must_be_told(claim: Claim) -> bool:
    return claim.promise is not None and claim.promise.broken_at is not None and claim.promise.told_at is None


def _or_unknown(number: int | None) -> str:
    return "?" if number is None else str(number)
