"""What a colleague does in a conversation, button by button. What each does is said in ``bot.inbox.people``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.claims.fulfilment import is_waybill
from bot.claims.model import Remedy
from bot.claims.money import fen
from bot.console.guard import HOME
from bot.console.visit import Visit, route
from bot.doors.refusals import Refused
from bot.inbox import people
from bot.inbox.inbox import Inbox
from bot.inbox.people import Terms
from bot.store import Conflict
from bot.store.accounts import Role

_SAID_CHARS = 2000
_ID_CHARS = 64


def routes(inbox: Inbox) -> list[BaseRoute]:
    buttons = {
        "take": _take,
        "release": _release,
        "say": _say,
        "offer": _offer,
        "approve": _approve,
        "counts": _counts,
        "refuse": _refuse,
        "kind": _kind,
        "platform": _platform,
        "fulfilled": _fulfilled,
        "give-back": _give_back,
    }
    return [route(inbox, f"/c/{{id:path}}/{name}", _done(do), does=True) for name, do in buttons.items()]


_Button = Callable[[Visit, str], str]  # what was done, a name of ``words.yml`` behind ``done_``


def _done(button: _Button) -> Callable[[Visit], Response]:
    """The button, and back to the conversation; or why it could not be done."""

    @wraps(button)
    def view(visit: Visit) -> Response:
        conversation_id = visit.named("id")
        try:
            did = button(visit, conversation_id)
        except people.NoConversation as error:
            raise Refused(404, "not_found", "no_such_conversation") from error
        except people.TakenByOther as taken:
            raise visit.refused("taken_by_other", 409, name=taken.name) from taken
        except people.NotPossible as error:
            status = 403 if error.code == "above_limit" else 409
            raise visit.refused(f"not_possible_{error.code}", status) from error
        except Conflict as error:
            raise visit.refused("somebody_was_quicker", 409) from error
        return visit.back(f"{HOME}/c/{quote(conversation_id, safe='')}", f"done_{did}")

    return view


def _take(visit: Visit, conversation_id: str) -> str:
    people.take_over(visit.inbox, conversation_id, by=visit.visitor.name)
    return "taken"


def _release(visit: Visit, conversation_id: str) -> str:
    """A clerk one's own, a lead whosever it is."""
    people.release(visit.inbox, conversation_id, by=visit.visitor.name, may_others=visit.visitor.role.may(Role.LEAD))
    return "released"


def _say(visit: Visit, conversation_id: str) -> str:
    text, page = visit.form.get("text", ""), visit.form.get("page", "")[:_ID_CHARS]
    if not text or len(text) > _SAID_CHARS:
        raise visit.refused("text_length", most=_SAID_CHARS)
    # The same words from the same page are one press, however often it arrives.
    once = hashlib.sha256(f"{page}\n{text}".encode("utf-8", "replace")).hexdigest() if page else None
    elsewhere = "elsewhere" in visit.form  # it was copied, and sent from there
    people.say(visit.inbox, conversation_id, text, by=visit.visitor.name, message_id=once, elsewhere=elsewhere)
    return "said"


def _offer(visit: Visit, conversation_id: str) -> str:
    """One of those that were worked out, or a sum of the colleague's own."""
    terms = _chosen(visit)
    by, may_exceed = visit.visitor.name, visit.visitor.role.may(Role.LEAD)
    remedy, amount, goodwill = terms.remedy, terms.amount_fen, terms.goodwill_fen
    people.propose_offer(visit.inbox, conversation_id, remedy, amount, goodwill, by=by, may_exceed=may_exceed)
    return "offered"


def _chosen(visit: Visit) -> Terms:
    """A sum that was written counts, whatever is ticked beside it."""
    if not visit.form.get("yuan") and visit.form.get("offer", "own") != "own":
        return _ticked(visit)
    try:
        return Terms(Remedy.REFUND, fen(visit.form.get("yuan", "")))
    except ValueError as error:
        raise visit.refused("no_amount") from error


def _ticked(visit: Visit) -> Terms:
    try:
        remedy, amount, goodwill = visit.form.get("offer", "").split(":")
        return Terms(Remedy(remedy), int(amount), int(goodwill))
    except ValueError as error:
        raise visit.refused("no_amount") from error


def _approve(visit: Visit, conversation_id: str) -> str:
    """A lead whatever was proposed, a clerk what the shop's limits allow; and what stood on the page, nothing else."""
    terms, by, may_exceed = _ticked(visit), visit.visitor.name, visit.visitor.role.may(Role.LEAD)
    people.approve(visit.inbox, conversation_id, terms, by=by, may_exceed=may_exceed)
    return "approved"


def _counts(visit: Visit, conversation_id: str) -> str:
    item, missing = visit.form.get("item", ""), visit.form.get("missing", "")
    if not missing.isdecimal() or len(missing) > 4:
        raise visit.refused("no_count")
    people.change_counts(visit.inbox, conversation_id, item, int(missing), by=visit.visitor.name)
    return "counted"


def _refuse(visit: Visit, conversation_id: str) -> str:
    reason = visit.form.get("reason", "")
    people.refuse(visit.inbox, conversation_id, reason, by=visit.visitor.name)
    return "refused"


def _kind(visit: Visit, conversation_id: str) -> str:
    kind = visit.form.get("kind", "")
    people.other_kind(visit.inbox, conversation_id, kind, by=visit.visitor.name)
    return "other_kind"


def _platform(visit: Visit, conversation_id: str) -> str:
    people.platform_stepped_in(visit.inbox, conversation_id, by=visit.visitor.name)
    return "platform"


def _fulfilled(visit: Visit, conversation_id: str) -> str:
    claim_id, by = visit.form.get("claim", ""), visit.visitor.name
    carrier, number = visit.form.get("carrier", "")[:_ID_CHARS], visit.form.get("number", "").replace(" ", "")
    if number and not is_waybill(number):
        raise visit.refused("no_waybill")
    claim = visit.store.claims.get(claim_id)
    if claim is None or claim.conversation_id != conversation_id:
        raise Refused(404, "not_found")
    people.fulfilled(visit.inbox, claim_id, by=by, carrier=carrier, number=number)
    return "fulfilled"


def _give_back(visit: Visit, conversation_id: str) -> str:
    people.give_back(visit.inbox, conversation_id, by=visit.visitor.name)
    return "given_back"
