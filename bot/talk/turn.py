"""One turn as a handler sees it: the case, the message as it was read, what the dialogue remembers. No Rasa here.

A handler says things (``Turn.say``), changes the case through ``bot.desk``, and returns a ``Step``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, TypeAlias

from bot.claims.model import Claim, Order
from bot.claims.negotiation import Counter
from bot.claims.shop import ShopPolicy
from bot.desk import Case, facts
from bot.desk.orders import guess_order, order_with
from bot.language.sums import named_sum
from bot.understanding import matching, replies
from bot.understanding.hearing import hear_all
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


_PASSING = ("action_listen", "action_deactivate_loop", "action_resume")


@dataclass(frozen=True)
class Reply:
    """A response of ``domain.yml`` to be said: its name, what fills its {names}, more buttons, a card."""

    response: str
    values: Mapping[str, Any] = field(default_factory=dict)
    buttons: Sequence[Mapping[str, str]] = ()
    card: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Step:
    """What follows from a turn for the dialogue.

    ``slots``: to be set, None empties one. ``then``: the action that goes on with the message, instead of what stories
    and rules would choose. ``hands_over``: any form is left, and nothing more is said.
    """

    slots: Mapping[str, Any] = field(default_factory=dict)
    then: str | None = None
    hands_over: bool = False


@dataclass(frozen=True)
class Happened:
    """Something of the dialogue's story: ``kind`` is ``user``, ``action``, ``said``, ``form`` or ``stepped_back``.

    ``name`` is the intent, the action, the response, or the form (None: it was left); for ``stepped_back`` the form
    that left the message to others. ``text``: the words of what ``user`` and bot ``said``.
    """

    kind: str
    name: str | None
    text: str = ""


@dataclass(frozen=True)
class Memory:
    """What the dialogue remembers: slots, the form that runs, its latest turns and what the buyer typed in them, oldest
    first."""

    slots: Mapping[str, Any] = field(default_factory=dict)
    form: str | None = None
    story: Sequence[Happened] = ()
    said: Sequence[str] = ()

    def count(self, slot: str) -> int:
        return int(self.slots.get(slot) or 0)

    @property
    def is_first_message(self) -> bool:
        return sum(1 for event in self.story if event.kind == "user") <= 1

    @property
    def before(self) -> Happened | None:
        """The buyer's message before the latest."""
        written = (event for event in reversed(self.story) if event.kind == "user")
        next(written, None)
        return next(written, None)

    @property
    def last_action(self) -> str | None:
        """What the bot did last, before it listened."""
        return next((name for name in self._actions() if name not in _PASSING), None)

    @property
    def last_said(self) -> str | None:
        """The response that the buyer read last before this message: what a bare yes or no is said to."""
        *before, _ = self._turns()
        said = [event.name for event in (before[-1] if before else ()) if event.kind == "said"]
        return said[-1] if said else None

    @property
    def misses_in_a_row(self) -> int:
        """How many messages in a row, the latest included, were not understood and brought nothing."""
        *before, now = self._turns()
        return 1 + sum(1 for _ in takewhile(_is_miss, reversed(before))) if _not_understood(now) else 0

    def asked_in_vain(self, response: str, about: str = "") -> int:
        """How many messages in a row got no other answer than this question, ``about`` in its words, once more.

        0, if the latest has been answered otherwise: it was a question of the buyer's own.
        """
        *before, now = ([event for event in turn if event.kind == "said"] for turn in self._turns())
        asked = 0
        for said in [] if now else reversed(before):
            if not said or said[-1].name != response or about not in said[-1].text:
                break
            asked += 1
            if len(said) > 1:
                break
        return asked

    def has_said(self, response: str) -> bool:
        """Has the latest message been answered with that already?"""
        return any(event.kind == "said" and event.name == response for event in self._turns()[-1])

    def _turns(self) -> list[list[Happened]]:
        """The story cut into turns; what was before the first message is one too."""
        turns: list[list[Happened]] = [[]]
        for event in self.story:
            if event.kind == "user":
                turns.append([])
            turns[-1].append(event)
        return turns

    @property
    def answers_form(self) -> bool:
        """Is the latest message an answer to the form that runs now? Not while the form starts, nor when it comes back
        after an interruption: then something else has dealt with the message already."""
        actions = self._actions()
        next(actions, None)  # the form itself, which Rasa puts there before it has run
        return next(actions, None) == "action_listen"

    @property
    def starts_form(self) -> bool:
        """Has this message brought the form up, rather than come while it was waiting?"""
        for event in reversed(self.story):
            if event.kind == "user" or (event.kind == "form" and event.name == self.form):
                return True
            if event.kind == "stepped_back":
                return False
        return True

    def _actions(self) -> Iterator[str | None]:
        return (event.name for event in reversed(self.story) if event.kind == "action")


def _not_understood(turn: Sequence[Happened]) -> bool:
    return any(event.kind == "user" and event.name == "nlu_fallback" for event in turn)


def _is_miss(turn: Sequence[Happened]) -> bool:
    """Was the message not understood, nor of use all the same: as an item's name, or to the shop's answers?"""
    actions = {event.name for event in turn if event.kind == "action"}
    of_use = actions & {"action_take_facts", "action_other_service"} or "action_default_fallback" not in actions
    return _not_understood(turn) and not of_use


@dataclass
class Turn:
    """``message``: the parse of the text. ``uploads``: files that came with it, ``{"sha256", "video"}`` each, or
    ``{"error": code}`` when refused. ``order_id``: the order that the door says it is about."""

    case: Case
    message: Mapping[str, Any]
    memory: Memory = field(default_factory=Memory)
    uploads: Sequence[Mapping[str, Any]] = ()
    order_id: str | None = None
    replies: list[Reply] = field(default_factory=list)

    def say(
        self,
        response: str,
        card: Mapping[str, Any] | None = None,
        buttons: Sequence[Mapping[str, str]] = (),
        **values: Any,
    ) -> None:
        """Utter a response of ``domain.yml``; ``buttons`` adds to the response's own, ``card`` shows it as well."""
        self.replies.append(Reply(response, values, buttons, card))

    @property
    def policy(self) -> ShopPolicy:
        return self.case.policy

    # --- the message ------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        return self.message.get("text") or ""

    @property
    def intent(self) -> str:
        return (self.message.get("intent") or {}).get("name") or ""

    @property
    def also(self) -> Sequence[str]:
        """Intents that single clauses of the message have besides; see ``bot.understanding.intents``."""
        return self.message.get("also") or []

    @property
    def known(self) -> str | None:
        """The response to what is asked beside a claim; see ``bot.understanding.knowledge``."""
        return self.message.get("known")

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
        if haggling and replies.names_half(self.text):
            of = replies.halved_fen(self.text) or facts.paid_fen(self.case)
            return Counter(of // 2 or None)
        if named:
            return Counter(named.fen, named.on_top)
        return Counter() if haggling else None

    @property
    def is_still_short(self) -> bool:
        """补发的到了,还是少: what was promised has come, and it is not all."""
        return any(word in self.text for word in self.policy.words.still_short)

    @property
    def is_sure(self) -> bool:
        """Sure enough of the intent to act on it for good?"""
        confidence = (self.message.get("intent") or {}).get("confidence") or 0.0
        return float(confidence) * 100 >= self.policy.messages.sure_percent

    @property
    def pictures(self) -> Sequence[Mapping[str, Any]]:
        """Uploads that came before there was a claim to put them to."""
        return self.memory.slots.get("pictures") or []

    @property
    def asked(self) -> Asked | None:
        slot = self.memory.slots.get("requested_slot")
        return Asked(slot) if slot in {question.value for question in Asked} else None

    def heard(self) -> Heard:
        """What was read in the message; of several things the first."""
        return self.all_heard()[0]

    def all_heard(self) -> list[Heard]:
        """Each thing of one order that the message states."""
        before = self.memory.before
        return hear_all(self.message, self.asked, before.text if before else "", self.memory.said[:-1])

    def order_meant(self, heard: Heard, claim: Claim | None) -> Order | None:
        """The order the message names, or points to; the one the door passed, if the claim has none yet."""
        if heard.order_id:
            return self.case.order(heard.order_id)
        here = self.case.order_of(claim) if claim else None
        if here:
            named = "".join(heard.products) or (heard.text if self.intent in _NAMES_ITEMS else "")
            other = order_with(self.case, named)
            surer = other and matching.likeness(named, other.lines) > matching.likeness(named, here.lines)
            return other if surer else None
        passed = self.case.order(self.order_id)
        if passed and matching.likeness(heard.text, passed.lines):
            return passed
        # The item named may be in another order than the one whose page the buyer came from.
        asked = self.asked is Asked.ORDER
        named_one = asked or self.intent in _NAMES_ITEMS
        offered = self.memory.slots.get("shown_orders") or ()
        guess = guess_order(self.case, heard, asked=asked, named=named_one, offered=offered)
        return guess or passed


Handler: TypeAlias = Callable[[Turn], Step]


def form_slots(claim: Claim | None) -> dict[str, Any]:
    """The claim form's slots, as the claim stands: a fact that is not known is asked for."""
    question = next_question(claim) if claim else Asked.ORDER
    order = [Asked.ORDER, Asked.ITEM, Asked.MISSING]
    unknown = order[order.index(question) :] if question else []
    values = {
        Asked.ORDER: claim.order_id if claim else None,
        Asked.ITEM: "、".join(line.title for line in claim.lines) if claim else None,
        Asked.MISSING: [line.missing for line in claim.lines] if claim else None,
    }
    return {name.value: None if name in unknown else values[name] for name in order}
