"""One conversation as a colleague sees it: what was said and what became of it, and the case beside it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute

from bot.casefile.collect import Record, collect
from bot.casefile.gather import compensation, gather
from bot.casefile.model import CaseFile
from bot.casefile.render import CannotRender, as_html, as_pdf
from bot.claims.model import Claim, ClaimState
from bot.claims.negotiation import terms_of
from bot.console.visit import Visit, as_number, route
from bot.desk import Case, Speaker
from bot.desk.people import is_within
from bot.desk.reasons import REASONS
from bot.doors.refusals import Refused
from bot.inbox import people
from bot.inbox.inbox import Inbox
from bot.language import quantities
from bot.orders.base import OrdersSlow, OrdersUnavailable
from bot.store import Author, Entry
from bot.store.accounts import Role
from bot.talk.colleague import OTHER_KINDS, REASONS_TO_REFUSE

logger = logging.getLogger(__name__)

# A case file carries its style and pictures inside; it runs nothing and fetches nothing.
_SELF_CONTAINED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_FILE_HEADERS = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": "default-src 'none'; sandbox"}


def routes(inbox: Inbox) -> list[BaseRoute]:
    return [
        # A help desk's ids may have slashes; what stands behind an id comes before the id alone.
        route(inbox, "/c/{id:path}/read/{seq}", _read),
        route(inbox, "/c/{id:path}/evidence/{sha256}", _evidence),
        route(inbox, "/c/{id:path}/files/{sha256}", _file),
        route(inbox, "/c/{id:path}/casefile/{name}", _casefile),
        route(inbox, "/c/{id:path}", _conversation),
    ]


@dataclass(frozen=True)
class Exhibit:
    """One file of the conversation. ``also_on``: other claims with the very same one, and whether of this buyer."""

    sha256: str
    is_video: bool
    also_on: Sequence[tuple[str, bool]]


def opened(visit: Visit) -> Case:
    """The case of the conversation that the path names.

    Raises:
        Refused: there is no such conversation.
    """
    conversation = visit.store.conversations.get(visit.named("id"))
    if conversation is None:
        raise Refused(404, "not_found", "no_such_conversation")
    return visit.inbox.desk.open(
        Speaker(conversation.conversation_id, conversation.buyer_id or conversation.conversation_id)
    )


def _conversation(visit: Visit) -> Response:
    case = opened(visit)
    conversation_id = case.speaker.conversation_id
    entries = visit.store.log.page_before(conversation_id, as_number(visit.query.get("before")))
    claims = [claim for claim in case.claims if claim.conversation_id == conversation_id]
    claim = next((one for one in claims if one.claim_id == visit.query.get("claim")), claims[0] if claims else None)
    handoff = case.handoff
    mine = handoff is not None and handoff.taken_by == visit.visitor.name
    is_current = bool(claims) and claim is claims[0]
    proposals = people.proposals(visit.inbox, conversation_id) if is_current else []
    return visit.page(
        "conversation",
        id=conversation_id,
        page_id=uuid4().hex,
        case=case,
        entries=entries,
        earlier=entries[0].seq if entries and entries[0].seq > 1 else None,
        became={one.seq: one for one in visit.store.log.became(entries)},
        claims=claims,
        claim=claim,
        file=_case_file(visit, case, claim) if claim else None,
        files=_exhibits(visit, entries, claim),
        handoff=handoff,
        mine=mine,
        suggestion=_suggestion(visit, case, entries),
        phrases=case.policy.counter.phrases,
        can_push=people.can_push(visit.inbox, conversation_id),
        proposals=proposals,
        may_approve=claim is not None and _may_approve(visit, case, claim),
        refusals=REASONS_TO_REFUSE,
        kinds=OTHER_KINDS,
        is_current=is_current,
        states=ClaimState,
        deeds=visit.store.accounts.deeds(about=conversation_id)[:10],
    )


def _may_approve(visit: Visit, case: Case, claim: Claim) -> bool:
    """May the visitor say yes to what was proposed for the claim?"""
    if visit.visitor.role.may(Role.LEAD) or claim.proposal is None:
        return True
    return is_within(case, claim, terms_of(claim.proposal))


def _suggestion(visit: Visit, case: Case, entries: Sequence[Entry]) -> str:
    """What a colleague may begin with, as long as nobody has said anything."""
    handoff = case.handoff
    if handoff is None or handoff.reason not in REASONS:
        return ""
    has_begun = any(entry.author is Author.AGENT and entry.at >= handoff.at for entry in entries)
    return "" if has_begun else REASONS[handoff.reason].next


def _case_file(visit: Visit, case: Case, claim: Claim) -> CaseFile | None:
    """Without the files themselves, which are not read for a page; None while its order is not to be had."""
    desk = visit.inbox.desk
    try:
        record = Record(
            claim=claim,
            history=desk.store.claims.history(claim.claim_id),
            order=case.order_of(claim),
            said=[],
            files={},
            same_files=desk.store.claims.with_same_files(claim),
            compensation=compensation(case, claim),
        )
    except (OrdersSlow, OrdersUnavailable) as error:
        logger.info("claim %s: its order is not there: %s", claim.claim_id, error)
        return None
    return collect(record, shop=case.policy.name, rulebook=case.rulebook, on=case.today, now=case.now)


def _exhibits(visit: Visit, entries: Sequence[Entry], claim: Claim | None) -> dict[str, Exhibit]:
    """The files that the page shows, by their SHA-256."""
    shown = [entry.file["sha256"] for entry in entries if entry.file and "sha256" in entry.file]
    shown += [item.sha256 for item in claim.evidence if item.sha256] if claim else []
    same = visit.store.claims.with_same_files(claim) if claim else {}
    found = {}
    for sha256 in dict.fromkeys(shown):
        path = visit.inbox.files.path(sha256)
        others = [
            (other.claim_id, claim is not None and other.buyer_id == claim.buyer_id) for other in same.get(sha256, ())
        ]
        if path:
            found[sha256] = Exhibit(sha256, path.suffix == ".mp4", others)
    return found


# --- what was read --------------------------------------------------------------------------------


def _read(visit: Visit) -> Response:
    """One message as the bot reads it by itself: intent, words, counts."""
    case = opened(visit)
    seq = as_number(visit.named("seq")) or 0
    entry = next(iter(visit.store.log.page_after(case.speaker.conversation_id, seq - 1)), None)
    if entry is None or entry.seq != seq or entry.author is not Author.BUYER or not entry.text:
        raise Refused(404, "not_found", "no_such_message")
    seen = visit.inbox.engine.parse(entry.text.lstrip("/"))
    counts: dict[str, Any] = quantities.read(entry.text).as_dict()
    return visit.page("read", id=case.speaker.conversation_id, entry=entry, seen=seen, counts=counts)


# --- files ----------------------------------------------------------------------------------------


def _evidence(visit: Visit) -> Response:
    """A picture or a video large, with the claims that have the same one."""
    case, sha256 = opened(visit), visit.named("sha256")
    path = _path(visit, case, sha256)
    claims = [claim for claim in case.claims if any(item.sha256 == sha256 for item in claim.evidence)]
    also_on = [
        (other.claim_id, other.conversation_id)
        for claim in claims
        for other in visit.store.claims.with_same_files(claim).get(sha256, ())
    ]
    is_video = path.suffix == ".mp4"
    return visit.page("evidence", id=case.speaker.conversation_id, sha256=sha256, is_video=is_video, also_on=also_on)


def _file(visit: Visit) -> Response:
    case, sha256 = opened(visit), visit.named("sha256")
    path = _path(visit, case, sha256)
    if visit.query.get("thumb"):
        path = visit.inbox.files.thumbnail(sha256) or path
    return FileResponse(path, headers=_FILE_HEADERS, filename=path.name, content_disposition_type="inline")


def _path(visit: Visit, case: Case, sha256: str) -> Path:
    """
    Raises:
        Refused: it was not sent in this conversation, nor for a claim of this case, or is gone.
    """
    conversation_id = case.speaker.conversation_id
    on_claims = any(item.sha256 == sha256 for claim in case.claims for item in claim.evidence)
    path = visit.inbox.files.path(sha256) if on_claims or visit.store.log.has_file(conversation_id, sha256) else None
    if path is None:
        raise Refused(404, "not_found")
    return path


def _casefile(visit: Visit) -> Response:
    """``{claim}.html`` to look at, ``{claim}.pdf`` to pass on."""
    case = opened(visit)
    name, _, kind = visit.named("name").rpartition(".")
    claim = next((claim for claim in case.claims if claim.claim_id == name), None)
    if claim is None or kind not in ("html", "pdf"):
        raise Refused(404, "not_found")
    gathered = gather(visit.inbox.desk, visit.inbox.files, claim)
    with visit.noting("casefile_made", claim.claim_id, conversation=case.speaker.conversation_id):
        pass  # it changes nothing; who has one goes on the trail
    if kind == "html":
        return Response(as_html(gathered), media_type="text/html", headers={"Content-Security-Policy": _SELF_CONTAINED})
    try:
        made = as_pdf(gathered)
    except CannotRender as error:
        raise Refused(501, "no_pdf", str(error)) from error
    shown = {"Content-Disposition": f'attachment; filename="{claim.claim_id}.pdf"'}
    return Response(made, media_type="application/pdf", headers=shown)
