"""What lies on the desk for one conversation: the buyer's claims, their orders, who has the conversation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.claims.deadlines import SHANGHAI
from bot.claims.events import Event, OfferAccepted, apply
from bot.claims.model import Claim, ClaimState, Order, Parcel
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.desk.custody import Custody
from bot.desk.telling import tell
from bot.orders.base import OrderSource, OrdersSlow, OrdersUnavailable, TrackingSource
from bot.store import Author, Conflict, Handoff, Line, Parts, Store, new_claim_id
from bot.store.switches import PROMISING

logger = logging.getLogger(__name__)

ACTIVE = frozenset({ClaimState.OPEN, ClaimState.GATHERING, ClaimState.ASSESSING, ClaimState.OFFERED, ClaimState.AGREED})
# The reason of the one hand-off that nobody gives back: the platform has stepped in.
TO_PLATFORM = "platform_stepped_in"
_SEARCHED_ORDERS = 30
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Speaker:
    """Who talks: the conversation, and the buyer whose orders may be shown in it; only ``order_id``, if it is given."""

    conversation_id: str
    buyer_id: str
    order_id: str | None = None


@dataclass
class Desk:
    """What is the same for every case. ``clock`` gives the present as an aware datetime; tests pass their own."""

    orders: OrderSource
    store: Store
    rulebook: Rulebook
    policy: ShopPolicy
    clock: Callable[[], datetime]
    tell: Sequence[str] = ()  # who is told of a hand-off, by the kind of delivery
    tells_events: bool = False  # do programs of the shop's hear of what happens?
    tracking: TrackingSource | None = None  # None: of a parcel only the order's own record is known

    def open(self, speaker: Speaker, parts: Parts | None = None, *, with_person: bool = True) -> Case:
        """The conversation's case as it is on record.

        Args:
            speaker: whose it is.
            parts: to read from; the store by itself when there are none.
            with_person: False when it is known that no person has the conversation.
        """
        store = parts or self.store
        now = self.clock()
        active = store.handoffs.active(speaker.conversation_id) if with_person else None
        return Case(
            desk=self,
            speaker=speaker,
            now=now,
            claims=store.claims.of_case(speaker.conversation_id, speaker.buyer_id),
            custody=Custody(speaker.conversation_id, now, active),
        )

    @contextmanager
    def case(self, speaker: Speaker) -> Iterator[Case]:
        """The case, saved at the end of the block unless it is left by an error.

        Raises:
            Conflict: somebody else has changed the same meanwhile; nothing was written.
        """
        case = self.open(speaker)
        yield case
        if case.is_changed:
            with self.store.transaction() as parts:
                case.save(parts)

    @contextmanager
    def case_of(self, claim: Claim) -> Iterator[Case]:
        """The case that the claim belongs to, as ``case``."""
        with self.case(Speaker(claim.conversation_id, claim.buyer_id)) as case:
            yield case


@dataclass
class _Changed:
    before: Claim | None
    at: datetime
    events: list[Event] = field(default_factory=list)


@dataclass
class Case:
    """``claims``: the conversation's and the buyer's others, newest first. What changes is kept until ``save``."""

    desk: Desk
    speaker: Speaker
    now: datetime
    claims: list[Claim]
    custody: Custody
    spoken_of: str | None = None  # the claim that the buyer's message was about, where that is not the latest
    _changed: dict[str, _Changed] = field(default_factory=dict)
    _said: list[Line] = field(default_factory=list)
    _deeds: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    _recent: list[Order] | None = None
    _known: dict[str, Order | None] = field(default_factory=dict)

    @property
    def policy(self) -> ShopPolicy:
        return self.desk.policy

    @property
    def rulebook(self) -> Rulebook:
        return self.desk.rulebook

    @property
    def midnight(self) -> datetime:
        """When the shop's day began."""
        local = self.now.astimezone(self.policy.hours.time_zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    # --- claims -----------------------------------------------------------------------------------

    @property
    def current(self) -> Claim | None:
        """The conversation's latest claim, settled or not."""
        return next(iter(self.here), None)

    @property
    def shown(self) -> Claim | None:
        """The claim that was spoken of last, the conversation's or another of the buyer's."""
        return next((claim for claim in self.claims if claim.claim_id == self.spoken_of), self.current)

    @property
    def here(self) -> list[Claim]:
        """The conversation's claims, the latest first."""
        return [claim for claim in self.claims if claim.conversation_id == self.speaker.conversation_id]

    @property
    def active(self) -> Claim | None:
        claim = self.current
        return claim if claim and claim.state in ACTIVE else None

    def record(self, claim: Claim | None, *happened: Event) -> Claim:
        """What has happened to the claim; None: it is opened by the first of it.

        Returns:
            The claim as it is after it.
        """
        changed = self._changed.get(claim.claim_id) if claim else None
        changed = changed or _Changed(claim, self.now if claim else self._opens_at())
        after = claim
        for event in happened:
            after = apply(after, event, changed.at)
        if after is None:
            raise ValueError("nothing has happened")
        changed.events.extend(happened)
        self._changed[after.claim_id] = changed
        self.claims = [after, *self.claims] if claim is None else self._replaced(after)
        return after

    def new_claim_id(self) -> str:
        return new_claim_id(self.now)

    def _opens_at(self) -> datetime:
        """Now; after every other claim all the same: of several that are opened at once the last is the latest."""
        latest = max((claim.opened_at for claim in self.claims), default=None)
        return max(self.now, latest + _MOMENT) if latest else self.now

    def _replaced(self, claim: Claim) -> list[Claim]:
        return [claim if other.claim_id == claim.claim_id else other for other in self.claims]

    # --- orders: asked for once a case ------------------------------------------------------------

    def order(self, order_id: str | None) -> Order | None:
        """The order, if it is this buyer's own; another buyer's is as good as unknown."""
        return self._order(order_id, self.speaker.buyer_id) if self._may_show(order_id) else None

    def order_of(self, claim: Claim) -> Order | None:
        """The claim's buyer need not be the speaker: a conversation may begin before it is known who talks."""
        return self._order(claim.order_id, claim.buyer_id)

    def order_or_fail(self, claim: Claim) -> Order:
        order = self.order_of(claim)
        if order is None:
            raise LookupError(f"claim {claim.claim_id} has no order on record")
        return order

    def traced(self, order: Order) -> tuple[Parcel, ...]:
        """The order's parcels as the courier sees them now; as the order has them, where the courier cannot be asked.

        Raises:
            OrdersSlow: the answer is on its way.
        """
        return tuple(map(self._traced, order.parcels))

    def _traced(self, parcel: Parcel) -> Parcel:
        if self.desk.tracking is None or not parcel.tracking_number:
            return parcel
        try:
            seen = self.desk.tracking.parcel(parcel.tracking_number, parcel.courier)
        except OrdersSlow:
            raise
        except OrdersUnavailable as error:
            logger.warning("a parcel cannot be traced: %s", error)
            return parcel
        return replace(seen, contents=parcel.contents, courier=parcel.courier) if seen else parcel

    def recent_orders(self, limit: int = _SEARCHED_ORDERS) -> list[Order]:
        """The buyer's latest orders, newest first."""
        if self._recent is None:
            self._recent = self.desk.orders.recent(self.speaker.buyer_id, _SEARCHED_ORDERS)
            self._known.update({order.order_id: order for order in self._recent})
            self._recent = [order for order in self._recent if self._may_show(order.order_id)]
        return self._recent[:limit]

    def _may_show(self, order_id: str | None) -> bool:
        return self.speaker.order_id in (None, order_id)

    def _order(self, order_id: str | None, buyer_id: str) -> Order | None:
        if not order_id:
            return None
        if order_id not in self._known:
            self._known[order_id] = self.desk.orders.get(order_id)
        order = self._known[order_id]
        return order if order and order.buyer_id == buyer_id else None

    # --- who has the conversation -----------------------------------------------------------------

    @property
    def handoff(self) -> Handoff | None:
        return self.custody.handoff

    def hand_off(self, handoff: Handoff) -> None:
        self.custody.begin(handoff)

    @property
    def is_with_platform(self) -> bool:
        """Has the platform stepped in? Then the bot is silent here for good, whether there was a claim or not."""
        escalated = self.current is not None and self.current.state is ClaimState.ESCALATED
        return self.handoff is not None and (escalated or self.handoff.reason == TO_PLATFORM)

    def give_back(self) -> None:
        """The bot may speak again, and the buyer sees it; not once the platform has stepped in."""
        if self.handoff and not self.is_with_platform:
            self.custody.give_back()
            self.tell(Author.SYSTEM, {"state": "resumed"})

    @property
    def is_handed_over_now(self) -> bool:
        """Has a person been asked to take over just now?"""
        return self.custody.is_begun_now

    # --- what is written --------------------------------------------------------------------------

    def tell(self, author: Author, body: dict[str, Any], entry_id: str | None = None) -> None:
        """Something for the conversation's log besides the answer to a message; an ``entry_id`` only once."""
        self._said.append((author, body, entry_id))

    def tell_buyer(self, author: Author, body: dict[str, Any], entry_id: str | None = None) -> None:
        """The same, for the buyer to see now; where nothing can be sent unasked, with the next answer."""
        can_push = self.desk.store.conversations.can_push(self.speaker.conversation_id)
        self.tell(author, body if can_push else {**body, "due": True}, entry_id)

    def note(self, who: str, did: str, **more: str) -> None:
        """For the audit trail: what somebody of the shop's does here."""
        self._deeds.append((who, did, more))

    @property
    def is_changed(self) -> bool:
        return bool(self._changed or self.custody.is_changed or self._said)

    def save(self, parts: Parts) -> None:
        """Write what has changed, within the caller's transaction.

        Raises:
            Conflict: somebody else has changed the same meanwhile.
        """
        last = parts.conversations.lengthen(self.speaker.conversation_id, len(self._said)) if self._said else 0
        self.save_claims(parts)
        parts.log.write(self.speaker.conversation_id, last, self._said, self.now)

    def save_claims(self, parts: Parts) -> None:
        """All but what is said."""
        self._check_agreements(parts)
        for changed in self._changed.values():
            after = parts.claims.append(changed.before, changed.events, changed.at)
            if self.desk.tells_events:
                what = {"claim_id": after.claim_id, "status": after.state.value, "version": after.version}
                tell(parts, "claim", f"{after.claim_id}:{after.version}", after.conversation_id, what, self.now)
        self.custody.save(parts, self.desk.tell)
        here = self.speaker.conversation_id
        for who, did, more in self._deeds:
            parts.accounts.note(who, did, here, self.now, conversation=here, **more)

    def _check_agreements(self, parts: Parts) -> None:
        """What a buyer may settle depends on the other claims; two that are agreed to at once do not see each other.

        Raises:
            Conflict: one of the others has come to a promise, or what was promised has changed.
        """
        known = {claim.claim_id: claim for claim in self.claims}
        agreeing = [name for name, changed in self._changed.items() if _agrees(changed.events)]
        for buyer_id in {known[name].buyer_id for name in agreeing}:
            others = (claim for claim in parts.claims.hold(buyer_id) if claim.claim_id not in self._changed)
            if any(claim.promise and known.get(claim.claim_id) != claim for claim in others):
                raise Conflict(f"buyer's claims: another one than {agreeing} has been settled meanwhile")
        self._check_day(parts, [known[name] for name in agreeing])

    def _check_day(self, parts: Parts, agreeing: Sequence[Claim]) -> None:
        """What the shop lets the bot promise in a day: of several at once, each is counted before the next.

        Raises:
            Conflict: others have used it up meanwhile.
        """
        most = self.policy.offers.per_day_fen
        by_bot = [claim for claim in agreeing if claim.promise and not claim.promise.by and claim.settlement]
        more = sum(claim.settlement.refund_fen for claim in by_bot if claim.settlement)
        if most is None or not more:
            return
        parts.switches.hold(PROMISING)
        if parts.claims.promised_since(self.midnight) + more > most:
            raise Conflict("the shop's money for the day is used up")

    @property
    def said(self) -> Sequence[Line]:
        return self._said


def _agrees(events: Sequence[Event]) -> bool:
    return any(isinstance(event, OfferAccepted) for event in events)
