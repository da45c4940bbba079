"""How a conversation stands in the end, made comparable: ids and times that no two runs share are taken out."""

from __future__ import annotations

import json
import re
from typing import Any

import sqlalchemy as sa

from bot.claims.codec import to_json
from bot.claims.events import kind_of, replay
from bot.store import Author, Store
from bot.store.tables import claims, entries, handoffs, promised_lines

_CLAIM_ID = re.compile(r"SF-\d{8}-[2-9A-Z]{6}")
_WITHIN_THE_HOUR = re.compile(r"(\d{4}-\d\d-\d\dT\d\d):\d\d:\d\d(\.\d+)?(\+00:00|Z)?")
_OURS = re.compile(r"\b[0-9a-f]{32}\b")


def end_of(store: Store, conversation_id: str) -> dict[str, Any]:
    """``end``: what was decided, and what the dialogue knows of it; ``told``: all of it, word for word; ``answers``: by
    the ids of the buyer's messages; ``unsound``: what must never be, and is."""
    with store.reading() as parts:
        connection = parts.log.connection
        with connection() as line:
            mine = claims.c.conversation_id == conversation_id
            ids = list(line.execute(sa.select(claims.c.claim_id).where(mine).order_by(claims.c.opened_at)).scalars())
            handed = line.execute(sa.select(handoffs).order_by(handoffs.c.id)).all()
            promised = line.execute(sa.select(promised_lines.c.claim_id, promised_lines.c.sku)).all()
            said = line.execute(
                sa.select(entries).where(entries.c.conversation_id == conversation_id).order_by(entries.c.seq)
            ).all()
        histories = {claim_id: parts.claims.history(claim_id) for claim_id in ids}
        current = {claim_id: parts.claims.get(claim_id) for claim_id in ids}
        row = parts.conversations.get(conversation_id)
    memory = (row.memory if row else None) or {"events": []}
    for event in memory["events"]:
        event.pop("timestamp", None)
        event.pop("message_id", None)
    end = {
        "claims": [to_json(current[claim_id]) for claim_id in ids],
        "events": [[kind_of(event) for _, event in histories[claim_id]] for claim_id in ids],
        "promised": sorted([ids.index(claim_id), sku] for claim_id, sku in promised if claim_id in ids),
        "handoffs": [[given.reason, given.claim_id, given.returned_at is not None] for given in handed],
        "slots": {event["name"]: event.get("value") for event in memory["events"] if event["event"] == "slot"},
        "form": [event.get("name") for event in memory["events"] if event["event"] == "active_loop"][-1:],
    }
    told = {
        "events": [[to_json(event) for _, event in histories[claim_id]] for claim_id in ids],
        "log": [[entry.author, entry.body, entry.answer] for entry in said],
        "summaries": [given.summary for given in handed],
        "memory": memory,
    }
    sound = {
        "numbered without gaps": [entry.seq for entry in said] == list(range(1, len(said) + 1)),
        "as many as the row says": row is None or row.last_seq == len(said),
        "everything answered": all(entry.answer is not None for entry in said if entry.author == Author.BUYER.value),
        "claims are their events": all(replay(histories[claim_id]) == current[claim_id] for claim_id in ids),
        "no lease is left": row is None or row.lease is None,
    }
    plain: dict[str, Any] = json.loads(_plain(json.dumps({"end": end, "told": told}, ensure_ascii=False), ids))
    answers = {entry.entry_id: entry.answer for entry in said if entry.author == Author.BUYER.value}
    return {**plain, "answers": answers, "unsound": [name for name, held in sound.items() if not held]}


def shape_of(end: dict[str, Any]) -> dict[str, Any]:
    """What two buyers' conversations have in common, whenever they were had: who spoke, what became of the claims."""
    return {
        "authors": [author for author, _, _ in end["told"]["log"]],
        "claims": [claim["state"] for claim in end["end"]["claims"]],
        "settlements": [claim["settlement"] for claim in end["end"]["claims"]],
        "events": end["end"]["events"],
        "handoffs": end["end"]["handoffs"],
    }


def _plain(text: str, claim_ids: list[str]) -> str:
    for number, claim_id in enumerate(claim_ids, 1):
        text = text.replace(claim_id, f"SF-{number}")
    text = _WITHIN_THE_HOUR.sub(r"\1", _CLAIM_ID.sub("SF-unknown", text))
    return _OURS.sub("<id>", text)


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where they differ, a line each."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted({*one, *other})
        return [line for name in names for line in differences(one.get(name), other.get(name), f"{path}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [line for number, pair in pairs for line in differences(*pair, f"{path}[{number}]")]
    if isinstance(one, list) and isinstance(other, list):
        return [f"{path}: {len(one)} → {len(other)} of them, the last {str(other[-1:])[:200]}"]
    return [] if one == other else [f"{path}: {str(one)[:200]} → {str(other)[:200]}"]
