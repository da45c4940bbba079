"""What a colleague reads in ten seconds before taking over: at most 200 characters, nobody's number or address."""

from __future__ import annotations

from bot.claims.counting import as_said
from bot.claims.model import Claim, ClaimLine, Offer, Order, Remedy
from bot.claims.money import yuan
from bot.claims.negotiation import missing_value
from bot.desk.case import Case
from bot.desk.reasons import Reason
from bot.orders.base import OrdersUnavailable
from bot.privacy import mask, mask_name
from bot.store import Urgency

MOST = 200
_TITLE = 12  # characters of an item's name
_SAID = 40  # of the buyer's words
_LINES = 2  # items that are named one by one
_SAME = 2  # claims with the same picture
_URGENCY = {Urgency.URGENT: "【马上】", Urgency.HIGH: "【优先】", Urgency.NORMAL: ""}
_REMEDIES = {Remedy.RESHIP: "补发", Remedy.REFUND: "退款", Remedy.RETURN: "退货"}


def summary(case: Case, claim: Claim | None, why: Reason, about: str = "") -> str:
    """Why it is here, who, what is short, what it is worth, what was offered, and what to say next.

    What has no room is left out from the middle: the reason and the next sentence always stay.
    """
    head = f"{_URGENCY[why.urgency]}{why.label}"
    tail = f"建议回：{why.next}"
    room = MOST - len(head) - len(tail) - 2
    middle: list[str] = []
    for part in _facts(case, claim, about):
        if part and len(part) + 1 <= room:
            middle.append(part)
            room -= len(part) + 1
    return "；".join([head, *middle, tail])[:MOST]


def _facts(case: Case, claim: Claim | None, about: str) -> list[str]:
    """The most telling first."""
    who = f"买家{mask_name(mask(case.speaker.buyer_id))}"
    said = f"买家说：{mask(about)[:_SAID]}" if about else ""
    if claim is None:
        return [who, said, "还没登记"]
    order = _order(case, claim)
    return [
        who,
        _short(claim),
        f"已说好{_money(claim.offer)}" if claim.promise and claim.offer else _offered(claim),
        f"等您点头：{_money(claim.proposal)}" if claim.proposal else "",
        said,
        f"值{yuan(missing_value(claim, order))}" if order and claim.lines else "",
        f"订单{claim.order_id}" if claim.order_id else "订单未知",
        _same_pictures(case, claim),
        f"凭证{sum(1 for item in claim.evidence if item.sha256)}份",
    ]


def _short(claim: Claim) -> str:
    shown = "，".join(_line(line) for line in claim.lines[:_LINES])
    return f"{shown}等{len(claim.lines)}样" if len(claim.lines) > _LINES else shown


def _line(line: ClaimLine) -> str:
    title = mask(line.title)[:_TITLE]
    if line.part:
        return f"{title}里少{mask(line.part)[:_TITLE]}"
    said = as_said(line)
    measure = said.measure if line.unit else ""
    short = f"少{said.missing}{measure}" if said.missing is not None else "少几件没说"
    known = None not in (said.ordered, said.received)
    counts = f"（拍{said.ordered}{measure}到{said.received}{measure}）" if known else ""
    return f"{title}{short}{counts}"


def _offered(claim: Claim) -> str:
    made = dict.fromkeys(_money(offer) for offer in claim.offers)
    return f"报过{'、'.join(made)}" if made else "没报过方案"


def _money(offer: Offer) -> str:
    return f"{_REMEDIES[offer.remedy]}{yuan(offer.money_fen) if offer.money_fen else ''}"


def _same_pictures(case: Case, claim: Claim) -> str:
    """For the person to judge, and for nobody else: it is not said to the buyer and decides nothing."""
    same = case.desk.store.claims.with_same_files(claim).values()
    others = sorted({other.claim_id for claims in same for other in claims})
    return f"同一图片也在{'、'.join(others[:_SAME])}" if others else ""


def _order(case: Case, claim: Claim) -> Order | None:
    """Without it the person hears the rest all the same."""
    try:
        return case.order_of(claim)
    except OrdersUnavailable:
        return None
