"""What a colleague decides, in the buyer's words. Facts from ``bot.desk``, words in ``words.yml``."""

from __future__ import annotations

from typing import Any

from bot.claims.model import Claim, Remedy
from bot.desk import Case
from bot.talk import phrases
from bot.talk.wording import WORDS

_BUTTON = ("title", "payload")
_OFFER = WORDS.piece("colleague.offer", "by offer")
_AGREE = WORDS.family("colleague.agree", _BUTTON)
_DISAGREE = WORDS.family("colleague.disagree", _BUTTON)
_AGREED = WORDS.piece("colleague.agreed", "promised due claim_id")
_KEPT = WORDS.family("colleague.kept", Remedy, "parcel")
_PARCEL = WORDS.piece("colleague.parcel", "carrier number")
_COUNTS = WORDS.piece("colleague.counts", "understood")
_REFUSED = WORDS.piece("colleague.refused", "claim_id why")
_OTHER_KIND = WORDS.piece("colleague.other_kind", "kind")

REASONS_TO_REFUSE = (
    "packed_in_full",
    "counts_agree",
    "not_included",
    "sent_apart",
    "signed_long_ago",
    "settled_before",
)
OTHER_KINDS = ("wrong", "broken", "not_received", "light", "other")
_NOT_POSSIBLE = (
    "no_claim",
    "no_order",
    "sum",
    "nothing_proposed",
    "other_proposed",
    "above_limit",
    "nothing_promised",
    "kept",
    "no_line",
    "count",
    "promised",
    "platform",
    "over",
    "reason",
    "kind",
)
# For the colleague, by the code of ``NotPossible``.
NOT_POSSIBLE = WORDS.family("colleague.not_possible", _NOT_POSSIBLE)
# What a colleague may give as a reason; the buyer reads its words.
REFUSALS = WORDS.family("colleague.refusals", REASONS_TO_REFUSE)
KINDS = WORDS.family("colleague.kinds", OTHER_KINDS)


def offer(case: Case, claim: Claim) -> dict[str, Any]:
    """The offer on the table, with a button for yes and one for no."""
    assert claim.offer is not None and claim.offer.by is not None  # a colleague has made it
    text = _OFFER(by=claim.offer.by, offer=phrases.offer(claim, claim.offer, case.now))
    return {"text": text, "buttons": [_AGREE.all(), _DISAGREE.all()]}


def agreed(case: Case, claim: Claim) -> dict[str, Any]:
    assert claim.promise is not None  # it has been agreed to
    due = phrases.promise_due(claim, case.now)
    return {"text": _AGREED(promised=phrases.promised(claim), due=due, claim_id=claim.claim_id)}


def kept(claim: Claim) -> dict[str, Any]:
    """What was promised is done, and how it can be followed."""
    promise = claim.promise
    assert promise is not None
    parcel = _PARCEL(carrier=promise.carrier or "", number=promise.number) if promise.number else ""
    return {"text": _KEPT(promise.remedy, parcel=parcel)}


def counts(claim: Claim) -> dict[str, Any]:
    return {"text": _COUNTS(understood=phrases.understood(claim))}


def refused(claim: Claim) -> dict[str, Any]:
    assert claim.refused is not None
    return {"text": _REFUSED(claim_id=claim.claim_id, why=REFUSALS[claim.refused])}


def other_kind(claim: Claim) -> dict[str, Any]:
    assert claim.other_kind is not None
    return {"text": _OTHER_KIND(kind=KINDS[claim.other_kind])}
