"""Fills the short pieces of ``words.yml`` from claims and orders. Wording there, facts here.

What may stand between braces is said here beside each piece; ``bot.talk.wording`` holds the file to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.claims.causes import Cause
from bot.claims.compensation.explanation import LINES, Line
from bot.claims.counting import as_said
from bot.claims.deadlines import SHANGHAI, hours_given, spoken
from bot.claims.fault import SIGNALS, TABLE, Verdict
from bot.claims.model import (
    Claim,
    ClaimLine,
    ClaimState,
    EvidenceKind,
    Fault,
    Offer,
    Order,
    OrderLine,
    Parcel,
    ParcelState,
    Promise,
    Remedy,
    Shortage,
    TrackingKind,
    Unit,
)
from bot.claims.money import yuan
from bot.claims.rulebook import Rulebook
from bot.claims.schemes import Base, Scheme, terms_on
from bot.desk import Case, offers
from bot.desk.promises import Notice, NoticeKind
from bot.talk.wording import WORDS, Family, Parts, Piece, Said, Sum

_LINE = "title ordered received missing part measure"
_OFFERED = "what due amount goodwill"
_PARCEL = "courier tail signed eta"
_BUTTON = ("title", "payload")
_ETA = ("known", "unknown")
_BY = {"reship_by": "time", "refund_by": "time", "refund_within": "hours"}

PROBLEMS = ("report_wrong_item", "report_damage", "report_quality", "report_not_received")
REMEDIES = WORDS.family("remedies", Remedy)
STATES = WORDS.family("states", ClaimState)
AGAIN = WORDS.piece("again", "text")
CHOICES = WORDS.family("choices", ("pick", "stale"))
DECISIONS = WORDS.family("decisions", ("accept", "refuse"))
# Of the fault table (``bot.claims.fault``), by the names that its signals, rows and evidence have there.
SIGNS = WORDS.family("fault.signals", [signal.id for signal in SIGNALS])
ROWS = WORDS.family("fault.rows", [row.id for row in TABLE])
WOULD_CHANGE = WORDS.family("fault.would_change", sorted({evidence for row in TABLE for evidence in row.would_change}))

_KINDS = WORDS.family("kinds", EvidenceKind)
_UNDERSTOOD = WORDS.piece("understood", _LINE)
_UNDERSTOOD_IN = {
    Unit.PIECE: WORDS.piece("understood_pieces", _LINE),
    Unit.GRAM: WORDS.piece("understood_weight", _LINE),
}
_UNDERSTOOD_PART = WORDS.piece("understood_part", _LINE)
_UNDERSTOOD_GIFT = WORDS.piece("understood_gift", _LINE)
_UNDERSTOOD_GIFT_PARTLY = WORDS.piece("understood_gift_partly", _LINE)
_UNDERSTOOD_SHORT = WORDS.piece("understood_short", "item")
_GOODS = WORDS.piece("goods", _LINE)
_GOODS_IN = {Unit.PIECE: WORDS.piece("goods_pieces", _LINE), Unit.GRAM: WORDS.piece("goods_weight", _LINE)}
_GOODS_PART = WORDS.piece("goods_part", _LINE)
_GOODS_RETURN = WORDS.piece("goods_return")
_BECAUSE = WORDS.family("because", [row.id for row in TABLE if row.fault in (Fault.SELLER, Fault.COURIER)])
_OFFER = WORDS.family("offer", Remedy, _OFFERED)
_PROMISED = WORDS.family("promised", Remedy, _OFFERED)
_GOODWILL = WORDS.family("goodwill", Remedy, "goodwill total")
_SENT = WORDS.piece("sent", "courier number")
_DUE_BY = WORDS.piece("due.by", "time")
_DUE_ON_APPLICATION = WORDS.piece("due.on_application", "hours")
_UNTIL = WORDS.piece("until", "promised due")
_KEPT_TALK = WORDS.piece("kept.talk")
_KEPT_CLAIM = WORDS.piece("kept.claim", "claim_id")
_KEPT_PROMISE = WORDS.piece("kept.promise", "claim_id promised")
_BROKEN = WORDS.piece("broken", "claim_id promised due explanation")
_BROKEN_NEXT = WORDS.piece("broken_next")
_FOR_SELLER = WORDS.family("for_seller", NoticeKind, "claim_id order_id promised due")
_ETA_ON_THE_WAY = WORDS.family("eta", _ETA, "day")
_ETA_DISPATCH = WORDS.family("eta_dispatch", _ETA, "day")
_SIGNED = WORDS.piece("signed", "day by")
_SIGNED_BY_UNKNOWN = WORDS.piece("signed_by_unknown")
_PARCELS = WORDS.family("parcel", ParcelState, _PARCEL)
_PARCEL_UNNUMBERED = WORDS.piece("parcel.shipped_unnumbered", _PARCEL)
_PROBLEMS = WORDS.family("problems", PROBLEMS)
_PROBLEM = WORDS.piece("problem.noted", "kind order said")
_PROBLEM_ORDER = WORDS.piece("problem.order", "tail items")
_SCANNED = WORDS.piece("scanned", "day scan")
_SCANS = WORDS.family("scans", TrackingKind)
_ORDER_MORE = WORDS.piece("order_more", "count")
_ORDER = WORDS.family("buttons.order", _BUTTON, "title more day tail order_id")
_ITEM = WORDS.family("buttons.item", _BUTTON, "title")
_ARRIVED = WORDS.family("buttons.arrived", _BUTTON, "count measure")
_NONE_ARRIVED = WORDS.family("buttons.none_arrived", _BUTTON)
_RATE = WORDS.piece("penalty_rules.rate", "platform base rate bounds paid_in")
_BASES = WORDS.family("penalty_rules.base", Base)
_LEAST = WORDS.piece("penalty_rules.least", "amount")
_MOST = WORDS.piece("penalty_rules.most", "amount")
_PAID_IN = WORDS.family("penalty_rules.paid_in", ("points", "money"), "currency")
_NO_RATE = WORDS.piece("penalty_rules.no_rate", "platform")
_NO_OTHER_RATE = WORDS.piece("penalty_rules.others")
_NO_RATE_AT_ALL = WORDS.piece("penalty_rules.nobody")
_CARDS = {
    "orders": WORDS.raw("cards.orders", {"pieces": "n", "paid": "amount", "tail": "tail"}),
    "compensation": WORDS.raw("cards.compensation", {"heading": ""}),
    "offer": WORDS.raw("cards.offer", {"heading": "", **_BY, "accept": "", "refuse": ""}),
    "promise": WORDS.raw("cards.promise", {"heading": "", **_BY, "kept": "", "claim": "id"}),
}
_OWED = WORDS.line("compensation.owed")
_SUPPOSED = WORDS.line("compensation.supposed")
_IF_BROKEN = WORDS.line("compensation.if_broken")
_SUMS = {name: WORDS.line(f"sums.{name}", names.replace("_fen", "")) for name, names in LINES.items()}


def titles(claim: Claim) -> str:
    """The claimed items' names; empty while none is known."""
    return "、".join(line.part or line.title for line in claim.lines if line.part or line.title)


def understood(claim: Claim) -> str:
    return "；".join(_understood(claim, line)(**_facts(line)) for line in claim.lines)


def short(item: str) -> str:
    """Of a thing of which nothing else is known yet."""
    return _UNDERSTOOD_SHORT(item=item)


def _understood(claim: Claim, line: ClaimLine) -> Piece:
    if line.part:
        return _UNDERSTOOD_PART
    if line.unit:
        return _UNDERSTOOD_IN[line.unit]
    if claim.shortage is Shortage.GIFT:
        return _UNDERSTOOD_GIFT if line.missing == line.ordered else _UNDERSTOOD_GIFT_PARTLY
    return _UNDERSTOOD


def _goods(line: ClaimLine) -> Piece:
    if line.part:
        return _GOODS_PART
    return _GOODS_IN[line.unit] if line.unit else _GOODS


def _facts(line: ClaimLine) -> dict[str, Any]:
    return {"title": line.title, "part": line.part, **vars(as_said(line))}


def goods(claim: Claim) -> str:
    """What is missing, as it goes into an offer."""
    if claim.offer and claim.offer.remedy is Remedy.RETURN:
        return _GOODS_RETURN()
    return "、".join(_goods(line)(**_facts(line)) for line in claim.lines)


def kinds(wanted: Iterable[EvidenceKind]) -> str:
    return "、".join(_KINDS[kind] for kind in wanted)


def because(verdict: Verdict) -> str:
    """One sentence before an offer; nothing when it rests on the buyer's word."""
    return _BECAUSE[verdict.reasons[-1].id]


def reasons(verdict: Verdict) -> list[str]:
    """What was seen, then what decided."""
    *seen, row = verdict.reasons
    return [*(SIGNS[signal.id] for signal in seen), ROWS[row.id]]


def offered(claim: Claim, made: Offer, now: datetime) -> dict[str, Any]:
    """The values of the ``utter_offer_…`` responses."""
    terms = _terms(claim, made, now)
    return {**terms, "amount": str(terms["amount"]), "goodwill": "".join(part["text"] for part in terms["goodwill"])}


def agreed(claim: Claim, made: Offer, case: Case) -> dict[str, Any]:
    """The values of the ``utter_agreed_…`` responses: how the money comes besides."""
    return {**offered(claim, made, case.now), "refund_path": refund_path(case)}


def _terms(claim: Claim, made: Offer, now: datetime) -> dict[str, Any]:
    extra = {"goodwill": Sum(made.goodwill_fen), "total": Sum(made.money_fen)}
    return {
        "what": goods(claim),
        "due": _due(made, None, now),
        "amount": Sum(made.amount_fen),
        "goodwill": _GOODWILL.parts(made.remedy, **extra) if made.goodwill_fen else [],
    }


def offer(claim: Claim, made: Offer, now: datetime) -> str:
    return _OFFER(made.remedy, **offered(claim, made, now))


def promised(claim: Claim) -> str:
    """What an agreed claim promised, without its date."""
    return "".join(part["text"] for part in promised_parts(claim))


def promised_parts(claim: Claim) -> Parts:
    assert claim.offer is not None  # a promise comes from an offer
    return _PROMISED.parts(claim.offer.remedy, **_terms(claim, claim.offer, claim.offer.made_at))


def status(claim: Claim, now: datetime) -> str:
    """Where a claim is, with what was promised while the promise still runs."""
    if claim.state is ClaimState.AGREED and claim.promise:
        return _UNTIL(promised=promised(claim), due=promise_due(claim, now))
    return STATES[claim.state]


def promise_due(claim: Claim, now: datetime) -> str:
    """Until when what was agreed is to be done."""
    assert claim.offer is not None and claim.promise is not None  # it is agreed
    return _due(claim.offer, claim.promise, now)


def _due(made: Offer, promise: Promise | None, now: datetime) -> str:
    if not (promise.has_begun if promise else made.has_date):
        return _DUE_ON_APPLICATION(hours=hours_given(made))
    return _DUE_BY(time=spoken(promise.due_at if promise else made.due_at, now))


def sent(claim: Claim) -> str:
    """With which courier and waybill a reship went; empty where the seller has not said so."""
    promise = claim.promise
    if promise is None or not promise.number:
        return ""
    return _SENT(courier=promise.carrier or "", number=promise.number)


def kept(claim: Claim | None) -> str:
    """What stays as it is when the platform steps in."""
    if claim is None:
        return _KEPT_TALK()
    if claim.promise is None or claim.promise.kept_at:
        return _KEPT_CLAIM(claim_id=claim.claim_id)
    return _KEPT_PROMISE(claim_id=claim.claim_id, promised=promised(claim))


def broken(claim: Claim, case: Case) -> str:
    """For the buyer: what was promised and not done, and what may now be claimed."""
    assert claim.promise is not None  # it is broken
    return _BROKEN(
        claim_id=claim.claim_id,
        promised=promised(claim),
        due=spoken(claim.promise.due_at),
        explanation="\n".join(_by_kind(offers.compensation(case, claim, promise_broken=True), case.rulebook)),
    )


def broken_unasked(claim: Claim, case: Case) -> str:
    """The same, said by the bot of its own accord, and what the buyer can do next."""
    return f"{broken(claim, case)}\n{_BROKEN_NEXT()}"


def for_seller(notice: Notice, now: datetime) -> str:
    """A line for whoever keeps the shop's promises."""
    claim = notice.claim
    assert claim.promise is not None  # that is what a notice is about
    return _FOR_SELLER(
        notice.kind,
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
    eta = _ETA_ON_THE_WAY if box and box.state is ParcelState.IN_TRANSIT else _ETA_DISPATCH
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
    last = max(box.events, key=lambda event: event.at, default=None) if box.state is ParcelState.IN_TRANSIT else None
    scanned = _SCANNED(day=day(last.at), scan=_SCANS[last.kind]) if last else ""
    unnumbered = box.state is ParcelState.SHIPPED and not box.tracking_number
    values = {
        "courier": box.courier,
        "tail": box.tracking_number[-4:],
        "signed": _signed(box),
        "eta": _eta(_ETA_ON_THE_WAY, box, now),
    }
    return (_PARCEL_UNNUMBERED(**values) if unnumbered else _PARCELS(box.state, **values)) + scanned


def problem(intent: str, order: Order | None, named: Iterable[OrderLine], said: str) -> str:
    """What is wrong, for the person who takes it over: what kind it is, the items named, and the buyer's words."""
    items = "、".join(f"{line.title}×{line.quantity}" for line in named)
    where = _PROBLEM_ORDER(tail=order.order_id[-4:], items=items) if order else ""
    return _PROBLEM(kind=_PROBLEMS[intent], order=where, said=said)


def order_button(order: Order) -> dict[str, str]:
    return _ORDER.all(
        title=order.lines[0].title,
        more=_ORDER_MORE(count=len(order.lines)) if len(order.lines) > 1 else "",
        day=day(order.placed_at),
        tail=order.order_id[-4:],
        order_id=order.order_id,
    )


def item_button(line: OrderLine) -> dict[str, str]:
    return _ITEM.all(title=line.title)


def arrived_button(count: int, measure: str) -> dict[str, str]:
    """So many have come."""
    return _ARRIVED.all(count=count, measure=measure) if count else _NONE_ARRIVED.all()


def labels(card: str) -> dict[str, str]:
    """The words on a card of the widget; their {names} are filled by the widget."""
    return _CARDS[card]()


def penalty_rules(case: Case) -> str:
    """What the platform of the conversation's claim pays; before that is known, what each pays that has a rate."""
    claim = case.current
    own = case.rulebook.scheme(claim.platform.value) if claim else None
    if own:
        return _penalty_rule(case, own) or _NO_RATE(platform=own.platform)
    rules = [rule for scheme in case.rulebook.schemes.values() if (rule := _penalty_rule(case, scheme))]
    return "\n".join([*rules, _NO_OTHER_RATE() if rules else _NO_RATE_AT_ALL()])


def _penalty_rule(case: Case, scheme: Scheme) -> str:
    """Empty when the platform has no rate."""
    terms = terms_on(case.rulebook, scheme, case.today)
    if terms is None:
        return ""
    least = _LEAST(amount=yuan(terms.least_fen)) if terms.least_fen else ""
    most = _MOST(amount=yuan(terms.most_fen)) if terms.most_fen is not None else ""
    currency = terms.rule.currency
    return _RATE(
        platform=scheme.platform,
        base=_BASES[terms.rule.base],
        rate=terms.rate_percent,
        bounds=least + most,
        paid_in=_PAID_IN(currency.kind, currency=currency.name),
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
        "shop_points": rules.get("tmall.breach_of_promise.points", on).value,
        "spam_points": rules.get("tmall.spamming.points", on).value,
        "spam_days": rules.get("tmall.spamming.days", on).value,
        "points_per_yuan": rules.get("tmall.short_shipment.points_per_yuan", on).value,
        "review_points": rules.get("taobao.credit.good_review", on).value,
        "courier_days": rules.get("courier.complaint_answer", on).value,
        **helplines(case),
        "refund_path": refund_path(case),
    }


def helplines(case: Case) -> dict[str, Any]:
    """The public numbers that whoever is in danger may be given, at any hour."""
    on, rules = case.today, case.rulebook
    return {
        "police": rules.get("help.police", on).value,
        "ambulance": rules.get("help.ambulance", on).value,
        "distress_line": rules.get("help.distress", on).value,
        "fraud_line": rules.get("help.fraud", on).value,
    }


def refund_path(case: Case) -> str:
    """How a refund reaches the buyer, on the platform of the conversation's claim."""
    claim = case.current
    scheme = case.rulebook.scheme(claim.platform.value) if claim else None
    own = case.rulebook.find(scheme.refund, case.today) if scheme and scheme.refund else None
    return (own or case.rulebook.get("project.refund.path", case.today)).text


@dataclass(frozen=True)
class Row:
    """A line of a worked-out sum, and the rules that it rests on as a buyer knows them."""

    said: Said
    rules: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """退2元。〔《消费者权益保护法》第五十二条〕"""
        return f"{self.said.text}〔{'、'.join(self.rules)}〕" if self.rules else self.said.text


def rows(result: Mapping[str, Any], rulebook: Rulebook) -> list[Row]:
    """The lines of a result of ``bot.claims.compensation``."""
    return [Row(_say(line), line.cited(rulebook)) for line in result["lines"]]


def explanation(result: Mapping[str, Any], rulebook: Rulebook) -> list[str]:
    return [str(row) for row in rows(result, rulebook)]


def worked_out(claim: Claim, result: Mapping[str, Any], rulebook: Rulebook) -> str:
    """The sum of a broken promise for the chat: what is owed anyhow, what the penalty adds, the rest; three lines."""
    condition = _IF_BROKEN if claim.fault else _SUPPOSED
    refund, penalty, rest = _by_kind(result, rulebook)
    return "\n".join((f"{_OWED().text}{refund}", f"{condition().text}{penalty}", rest))


def _by_kind(result: Mapping[str, Any], rulebook: Rulebook) -> tuple[str, str, str]:
    """The lines on the refund, on the penalty, and all else with the names of the rules, each once."""
    kinds = {"refund": "", "penalty": "", "": ""}
    for line in result["lines"]:
        kind, *_ = line.id.split(".")
        kinds[kind if kind in kinds else ""] += _say(line).text
    cited = dict.fromkeys(rule for line in result["lines"] for rule in line.cited(rulebook))
    rules = f"〔{'、'.join(cited)}〕" if cited else ""
    return kinds["refund"], kinds["penalty"], kinds[""] + rules


def explained(result: Mapping[str, Any], rulebook: Rulebook) -> dict[str, Any]:
    """The result as whoever asks for it in JSON gets it: its lines in words."""
    rest = {name: value for name, value in result.items() if name not in ("lines", "sources")}
    return {**rest, "explanation": explanation(result, rulebook), "sources": result["sources"]}


def compensation(claim: Claim, result: Mapping[str, Any], rulebook: Rulebook) -> list[Row]:
    """The worked-out sum of a broken promise, line by line, headed by what is owed anyhow and what it supposes."""
    condition = _IF_BROKEN if claim.fault else _SUPPOSED
    return [Row(_OWED()), Row(condition()), *rows(result, rulebook)]


def _say(line: Line) -> Said:
    return _SUMS[line.id](**{name.removesuffix("_fen"): _filled(name, value) for name, value in line.values.items()})


def _filled(name: str, value: Any) -> Any:
    if isinstance(value, Line):
        return _say(value).text
    return Sum(value) if name.endswith("_fen") else value


def _eta(words: Family, box: Parcel | None, now: datetime) -> str:
    if box is None or box.eta is None or box.eta < now:
        return words["unknown"]
    return words("known", day=day(box.eta))


def _signed(box: Parcel) -> str:
    if box.signed_at is None:
        return ""
    return _SIGNED(day=day(box.signed_at), by=box.signed_by or _SIGNED_BY_UNKNOWN())
