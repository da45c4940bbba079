"""Gathers from desk and store what is on record about a claim."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.casefile.collect import Record, collect
from bot.casefile.model import CaseFile, Moment, Stored, Voice
from bot.casefile.words import WORDS
from bot.claims.model import Claim, ClaimState
from bot.desk import Case, Desk, Speaker, offers, promises
from bot.store import Author, Entry
from bot.store.files import FileStore

_VOICES = {
    Author.BUYER: Voice.BUYER,
    Author.BOT: Voice.BOT,
    Author.AGENT: Voice.AGENT,
    Author.SYSTEM: Voice.RECORD,
}


@dataclass(frozen=True)
class Gathered:
    """``thumbnails``: a JPEG for each picture by SHA-256."""

    case: CaseFile
    thumbnails: dict[str, bytes]


def gather(desk: Desk, files: FileStore, claim: Claim) -> Gathered:
    case = desk.open(Speaker(claim.conversation_id, claim.buyer_id))
    received = [item.sha256 for item in claim.evidence if item.sha256]
    stored = {sha256: _stored(path, sha256) for sha256 in received if (path := files.path(sha256))}
    record = Record(
        claim=claim,
        history=desk.store.claims.history(claim.claim_id),
        order=case.order_of(claim),
        said=_said(desk, claim),
        files=stored,
        same_files=desk.store.claims.with_same_files(claim),
        compensation=compensation(case, claim),
    )
    file = collect(record, shop=desk.policy.name, rulebook=desk.rulebook, on=case.today, now=case.now)
    whole = (sha256 for sha256, kept in stored.items() if kept.intact)
    thumbnails = {sha256: small.read_bytes() for sha256 in whole if (small := files.thumbnail(sha256))}
    return Gathered(file, thumbnails)


def _said(desk: Desk, claim: Claim) -> list[Moment]:
    """The whole conversation, not a choice from it."""
    entries = desk.store.log.after(claim.conversation_id)
    return [Moment(entry.at, _VOICES[entry.author], text) for entry in entries if (text := _text(entry))]


def _text(entry: Entry) -> str:
    if entry.author is Author.SYSTEM:
        return str(WORDS["system"].get(entry.body["state"], ""))
    if entry.file:
        return str(WORDS["file"]["refused" if "error" in entry.file else "sent"])
    return entry.text


def compensation(case: Case, claim: Claim) -> dict[str, Any] | None:
    """None when there is nothing to reckon with: taken back, no order on record, no telling how much is missing."""
    known = claim.lines and all(line.missing or line.part for line in claim.lines)
    if claim.state is ClaimState.WITHDRAWN or not known or case.order_of(claim) is None:
        return None
    return offers.compensation(case, claim, promise_broken=promises.is_broken(case, claim))


def _stored(path: Path, sha256: str) -> Stored:
    data = path.read_bytes()
    return Stored(path.suffix[1:], len(data), hashlib.sha256(data).hexdigest() == sha256)
