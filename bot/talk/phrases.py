"""Fills the short pieces of ``phrases.yml`` from claims and orders. Wording there, facts here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bot.claims.causes import Cause
from bot.claims.deadlines import SHANGHAI, spoken
from bot.claims.fault import Verdict
from bot.claims.model import (
    Claim,
    ClaimLine,
    ClaimState,
    EvidenceKind,
    Offer,
    Order,
    OrderLine,
    Parcel,
    ParcelState,
    Remedy,
    Shortage,
)
from bot.claims.money import yuan
from bot.claims.schemes import Scheme, terms_on
from bot.desk import Case, offers
from bot.desk.promises import Notice

_WORDS: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))

REMEDIES = {remedy: _WORDS["remedies"][remedy.value] for remedy in Remedy}
DECISIONS: dict[str, str] = _WORDS["decisions"]
CHOICES: dict[str, str] = _WORDS["choices"]
STATES = {state: _WORDS["states"].get(state.value, "") for state in ClaimState}


def titles(claim: Claim) -> str:
    """The claimed items' names; empty while none is known."""
    return "、".join(line.part or line.title for line in claim.lines if line.part or line.title)


def understood(claim: Claim) -> str:
    return "；".join(
        _WORDS[_understood(claim, line)].format(
            title=line.title, ordered=line.ordered, received=line.received, missing=line.missing, part=line.part
        )
        for line in claim.lines
    )


def _understood(claim: Claim, line: ClaimLine) -> str:
    if claim.shortage is Shortage.GIFT:
        return "understood_gift" if line.missing == line.ordered else "understood_gift_partly"
    return "understood_part" if line.part else "understood"


def goods(claim: Claim) -> str:
    """What is missing, as it goes into an offer."""
    if claim.offer and claim.offer.remedy is Remedy.RETURN:
        return str(_WORDS["goods_return"])
    key = "goods_part" if claim.shortage is Shortage.PART else "goods"
    return "、".join(_WORDS[key].format(title=line.title, missing=line.missing, part=line.part) for line in claim.lines)


def kinds(wanted: Iterable[EvidenceKind]) -> str:
    return "、".join(_WORDS["kinds"][kind.value] for kind in wanted)


def because(verdict: Verdict) -> str:
    """One sentence before an offer; nothing when it rests on the buyer's word."""
    words: dict[str, str] = _WORDS["because"]
    return words.get(verdict.reasons[-1].id, words["otherwise"])


def offered(claim: Claim, made: Offer, now: datetime) -> dict[str, Any]:
    """The values of the ``utter_offer_…`` and ``utter_agreed_…`` responses."""
    extra = _WORDS["goodwill"][made.remedy.value] if made.goodwill_fen else ""
    return {
        "what": goods(claim),
        "due": spoken(made.due_at, now),
        "amount": yuan(made.amount_fen),
        "goodwill": extra.format(goodwill=yuan(made.goodwill_fen), total=yuan(made.money_fen)),
    }


def offer(claim: Claim, made: Offer, now: datetime) -> str:
    return str(_WORDS["offer"][made.remedy.value]).format(**offered(claim, made, now))


def promised(claim: Claim) -> str:
    """What an agreed claim promised, without its date."""
    assert claim.offer is not None  # a promise comes from an offer
    values = offered(claim, claim.offer, claim.offer.made_at)
    return str(_WORDS["promised"][claim.offer.remedy.value]).format(**values)


def status(claim: Claim, now: datetime) -> str:
    """Where a claim is, with what was promised while the promise still runs."""
    if claim.state is ClaimState.AGREED and claim.promise:
        return str(_WORDS["until"]).format(promised=promised(claim), due=spoken(claim.promise.due_at, now))
    return STATES[claim.state]


def broken(claim: Claim, case: Case) -> str:
    """For the buyer: what was promised and not done, and what may now be claimed."""
    assert claim.promise is not None  # it is broken
    return str(_WORDS["broken"]).format(
        claim_id=claim.claim_id,
        promised=promised(claim),
        due=spoken(claim.promise.due_at),
        explanation="\n".join(offers.compensation(case, claim, promise_broken=True)["explanation"]),
    )


def broken_unasked(claim: Claim, case: Case) -> str:
    """The same, said by the bot of its own accord, and what the buyer can do next."""
    return f"{broken(claim, case)}\n{_WORDS['broken_next']}"


def for_seller(notice: Notice, now: datetime) -> str:
    """A line for whoever keeps the shop's promises."""
    claim = notice.claim
    assert claim.promise is not None  # that is what a notice is about
    return str(_WORDS["for_seller"][notice.kind.value]).format(
        claim_id=claim.claim_id,
        order_id=claim.order_id,
        promised=promised(claim),
        due=spoken(claim.promise.due_at, now),
    )


def day(moment: datetime) -> str:
    local = moment.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日"


def cause(found: Cause, order: Order, now: datetime) -> dict[str, Any]:
    """The values of the ``utter_cause_…`` responses."""
    line = order.line(found.line.sku or "")
    box = found.parcel
    eta = _WORDS["eta"] if box and box.state is ParcelState.IN_TRANSIT else _WORDS["eta_dispatch"]
    return {
        "item": found.line.title,
        "parcels": len(order.parcels),
        "amount": yuan(line.refunded_fen) if line else "",
        "courier": box.courier if box else "",
        "tracking_tail": box.tracking_number[-4:] if box else "",
        "eta": _eta(eta, box, now),
        "signed": _signed(box) if box else "",
    }


def parcel(box: Parcel, now: datetime) -> str:
    unnumbered = box.state is ParcelState.SHIPPED and not box.tracking_number
    return str(_WORDS["parcel"]["shipped_unnumbered" if unnumbered else box.state.value]).format(
        courier=box.courier,
        tail=box.tracking_number[-4:],
        signed=_signed(box),
        eta=_eta(_WORDS["eta"], box, now),
    )


def order_button(order: Order) -> dict[str, str]:
    more = _WORDS["order_more"].format(count=len(order.lines)) if len(order.lines) > 1 else ""
    label = _WORDS["buttons"]["order"]["title"].format(
        title=order.lines[0].title, more=more, day=day(order.placed_at), tail=order.order_id[-4:]
    )
    return {"title": label, "payload": _WORDS["buttons"]["order"]["payload"].format(order_id=order.order_id)}


def item_button(line: OrderLine) -> dict[str, str]:
    return {name: text.format(title=line.title) for name, text in _WORDS["buttons"]["item"].items()}


def arrived_button(count: int) -> dict[str, str]:
    """So many units have come."""
    words = _WORDS["buttons"]["arrived" if count else "none_arrived"]
    return {name: text.format(count=count) for name, text in words.items()}


def penalty_rules(case: Case) -> str:
    """What the platform of the conversation's claim pays; before that is known, what each pays that has a rate."""
    words = _WORDS["penalty_rules"]
    claim = case.current
    own = case.rulebook.scheme(claim.platform.value) if claim else None
    if own:
        return _penalty_rule(case, own) or str(words["no_rate"]).format(platform=own.platform)
    rules = [rule for scheme in case.rulebook.schemes.values() if (rule := _penalty_rule(case, scheme))]
    return "\n".join([*rules, words["others"] if rules else words["nobody"]])


def _penalty_rule(case: Case, scheme: Scheme) -> str:
    """Empty when the platform has no rate."""
    terms = terms_on(case.rulebook, scheme, case.today)
    if terms is None:
        return ""
    words = _WORDS["penalty_rules"]
    least = words["least"].format(amount=yuan(terms.least_fen)) if terms.least_fen else ""
    most = words["most"].format(amount=yuan(terms.most_fen)) if terms.most_fen is not None else ""
    currency = terms.rule.currency
    return str(words["rate"]).format(
        platform=scheme.platform,
        base=words["base"][terms.rule.base.value],
        rate=terms.rate_percent,
        bounds=least + most,
        paid_in=words["paid_in"][currency.kind].format(currency=currency.name),
    )


def figures(case: Case) -> dict[str, Any]:
    """Every figure that an ``utter_ask_…`` response may name."""
    on = case.today
    rules = case.rulebook
    return {
        "penalty_rules": penalty_rules(case),
        "reship_hours": case.policy.offers.reship_within_hours,
        "refund_hours": case.policy.offers.refund_within_hours,
        "after_sale_days": rules.get("taobao.after_sale.window", on).value,
        "evidence_days": rules.get("taobao.dispute.evidence_window", on).value,
        "confirm_days": rules.get("taobao.after_sale.seller_confirms_return", on).value,
        "signed_days": rules.get("taobao.after_sale.seller_confirms_return_signed", on).value,
    }


def compensation(claim: Claim, result: dict[str, Any]) -> list[str]:
    """The worked-out sum of a broken promise, line by line, headed by what is owed anyhow and what it supposes."""
    words = _WORDS["compensation"]
    return [words["owed"], words["if_broken" if claim.fault else "supposed"], *result["explanation"]]


def _eta(words: dict[str, str], box: Parcel | None, now: datetime) -> str:
    if box is None or box.eta is None or box.eta < now:
        return words["unknown"]
    return words["known"].format(day=day(box.eta))


def _signed(box: Parcel) -> str:
    if box.signed_at is None:
        return ""
    by = box.signed_by or _WORDS["signed_by_unknown"]
    return str(_WORDS["signed"]).format(day=day(box.signed_at), by=by)
