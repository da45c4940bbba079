"""What tools post that keep the conversation themselves: the turns so far, and what the buyer has just said.

Where a session or a buyer is named, our own log is the record and only the newest word counts. Where nothing is, the
posted turns are gone through with nothing written, until the buyer types a whole order number: that opens the order,
and the conversation under it. Beginnings are never compared: all buyers begin with 在吗.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import IO

from bot.claims.doors import DoorPolicy, Mode
from bot.claims.model import Order
from bot.inbox.choices import meant, standing
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, Outcome
from bot.inbox.modes import Dealt, deal, mode_now
from bot.inbox.outside import agent_said
from bot.inbox.plain import worded
from bot.inbox.upstream import Upstream
from bot.language.references import order_references
from bot.office import default_buyer
from bot.orders.base import OrdersSlow, OrdersUnavailable
from bot.store import Author

STYLES = (None, 80, 40)  # characters of an answer in one line; None: whole
_RETRY = timedelta(seconds=60)  # the same turns within it are sent again by a program, later by the buyer
_NAME_CHARS = 120  # of a conversation; what is longer is known by its hash
_TURNS = 30  # of the buyer's earlier ones, as many as are gone through
_ECHO = 6  # so many letters of a line are ours, wherever they stand in it


@dataclass(frozen=True)
class Turn:
    """``pasted``: it was cut out of one text with the buyer's words, who can write such a line as well."""

    by_buyer: bool
    text: str
    pasted: bool = False


@dataclass(frozen=True)
class Posted:
    """``turns`` came before ``text``. ``retry`` is the caller's own name for the request; ``again``: the answer is
    asked for once more, however long ago it was given. The door vouches for ``buyer_id`` and ``order_id``.
    """

    door: str
    key: str
    text: str
    session: str | None = None
    buyer_id: str | None = None
    order_id: str | None = None
    turns: tuple[Turn, ...] = ()
    files: tuple[IO[bytes] | None, ...] = ()
    retry: str | None = None
    again: bool = False

    def close(self) -> None:
        for file in self.files:
            if file:
                file.close()

    @property
    def earlier(self) -> list[str]:
        return [turn.text for turn in self.turns if turn.by_buyer][-_TURNS:]


@dataclass(frozen=True)
class Answered:
    """``id`` is the same for the same answer."""

    id: str
    dealt: Dealt = field(default_factory=Dealt)


async def answer(
    inbox: Inbox, posted: Posted, policy: DoorPolicy, *, commits: bool = True, upstream: Upstream | None = None
) -> Answered:
    """
    Args:
        commits: may the answer count? The shop's mode may still say no.

    Raises:
        NotYours, Overloaded, TimeoutError: as ``Inbox.handle``.
    """
    mode = mode_now(inbox, policy)
    if mode is Mode.OFF:
        return Answered(uuid.uuid4().hex, Dealt(mode=mode))
    commits = commits and mode is Mode.AUTO
    by_number = None if posted.buyer_id else await asyncio.to_thread(_named_order, inbox, posted)
    if not (posted.session or posted.buyer_id or by_number):
        return await _replayed(inbox, posted, policy, commits=commits, upstream=upstream)
    conversation_id = _name(posted, by_number)
    buyer_id = by_number.buyer_id if by_number else posted.buyer_id
    order_id = by_number.order_id if by_number else posted.order_id
    base = Incoming(
        conversation_id, "", None, buyer_id, order_id, (), posted.door, posted.key, by_number=by_number is not None
    )
    is_new = await asyncio.to_thread(inbox.desk.store.conversations.get, conversation_id) is None
    if commits and by_number and is_new and posted.earlier:
        heard = await _replayed(inbox, replace(posted, files=()), DoorPolicy(), commits=True)
        if heard.dealt.mode is Mode.OFF:
            return Answered(uuid.uuid4().hex, Dealt(mode=Mode.OFF))
        await _made_real(inbox, base, posted.earlier)
    elif commits:
        await asyncio.to_thread(_hear_people, inbox, base, posted, by_number)
    text = await asyncio.to_thread(_chosen, inbox, conversation_id, posted.text)
    message_id = await asyncio.to_thread(_message_id, inbox, conversation_id, posted)
    incoming = replace(base, text=text, message_id=message_id, files=posted.files)
    unknown = posted.earlier if is_new and not commits else ()
    dealt = await deal(inbox, incoming, policy, commits=commits, before=unknown, upstream=upstream)
    return Answered(message_id, dealt)


async def _replayed(
    inbox: Inbox, posted: Posted, policy: DoorPolicy, *, commits: bool, upstream: Upstream | None = None
) -> Answered:
    """All turns gone through anew, and nothing written, unless a person is called."""
    nobody = await asyncio.to_thread(default_buyer, f"{posted.door}:{posted.key}")
    conversation_id = f"{posted.door}:{posted.key}:{uuid.uuid4().hex}"
    incoming = Incoming(
        conversation_id, posted.text, None, nobody, posted.order_id, posted.files, posted.door, posted.key
    )
    dealt = await deal(inbox, incoming, policy, commits=False, before=posted.earlier, upstream=upstream)
    name = _hash(posted.door, posted.key, *_posted_turns(posted))
    if not commits:
        return Answered(name, dealt)
    if _person_spoke(posted, dealt.earlier):
        return Answered(name, Dealt(mode=Mode.OFF))
    if dealt.would_hand_over:  # whoever is told that a colleague comes has to have one
        once = f"{posted.door}:{posted.key}:{name}-{int(inbox.desk.clock().timestamp() / _RETRY.total_seconds())}"
        real = replace(incoming, conversation_id=once, buyer_id=None, files=())
        await _made_real(inbox, real, posted.earlier)
        text = await asyncio.to_thread(_chosen, inbox, once, posted.text)
        outcome = await inbox.handle(replace(real, text=text, message_id=name, files=posted.files))
        return Answered(name, Dealt(outcome))
    return Answered(name, replace(dealt, mode=Mode.AUTO))


async def _made_real(inbox: Inbox, base: Incoming, texts: Sequence[str]) -> None:
    """What was only gone through so far is on record from now on; the order is known from where it was named."""
    is_named = not base.by_number
    for number, text in enumerate(texts):
        is_named = is_named or base.order_id in order_references(text).numbers
        said = await asyncio.to_thread(_chosen, inbox, base.conversation_id, text)
        message_id = _hash("earlier", str(number), text)
        order_id = base.order_id if is_named else ""
        await inbox.handle(replace(base, text=said, message_id=message_id, order_id=order_id))


# --- which conversation, which message ------------------------------------------------------------


def _named_order(inbox: Inbox, posted: Posted) -> Order | None:
    """The order of which the buyer has typed the whole number; the latest of several."""
    for text in [posted.text, *reversed(posted.earlier)]:
        for number in order_references(text).numbers:
            try:
                order = inbox.desk.orders.get(number)
            except (OrdersUnavailable, OrdersSlow):
                return None
            if order:
                return order
    return None


def _name(posted: Posted, order: Order | None) -> str:
    session = posted.session or (posted.buyer_id and f"buyer:{posted.buyer_id}") or ""
    parts = [posted.door, posted.key, session, f"order:{order.order_id}" if order else ""]
    name = ":".join(filter(None, parts))
    return name if len(name) <= _NAME_CHARS else f"{posted.door}:{_hash(name)}"


def _message_id(inbox: Inbox, conversation_id: str, posted: Posted) -> str:
    if posted.retry:
        return _hash("retry", posted.retry)
    digest = _hash(*_posted_turns(posted), *map(_digest, posted.files))
    last = inbox.log.last(conversation_id, Author.BUYER)
    if last and last.entry_id.startswith(digest) and (posted.again or inbox.desk.clock() - last.at < _RETRY):
        return last.entry_id.split("/")[0]
    return f"{digest}-{last.seq if last else 0}"


def _posted_turns(posted: Posted) -> list[str]:
    return [*(f"{turn.by_buyer}{turn.text}" for turn in posted.turns), posted.text]


def _chosen(inbox: Inbox, conversation_id: str, text: str) -> str:
    return meant(text, standing(inbox.log, conversation_id))


def _digest(file: IO[bytes] | None) -> str:
    if file is None:
        return ""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    file.seek(0, os.SEEK_SET)
    return digest.hexdigest()


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


# --- a person who types in the tool ---------------------------------------------------------------


def _hear_people(inbox: Inbox, base: Incoming, posted: Posted, order: Order | None) -> None:
    """An answer that we did not give is a person's: from then on the bot is silent as after any hand-off.

    A line before the buyer's first is the tool's welcome. What was said before the order was named was compared then.
    """
    turns = list(posted.turns)
    if order:
        named = [place for place, turn in enumerate(turns) if order.order_id in turn.text and turn.by_buyer]
        turns = turns[named[0] :] if named else []
    others = _after_the_buyer(turns)
    ours = [_letters(text) for text in _said_by_us(inbox, base.conversation_id)] if others else []
    for asked, text in others:
        if not _is_ours(text, ours):
            agent_said(inbox, replace(base, text=text, message_id=_hash("person", asked, text)))


def _after_the_buyer(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """What somebody else said after the buyer, and what it was said to."""
    found: list[tuple[str, str]] = []
    asked: str | None = None
    for turn in turns:
        if turn.by_buyer:
            asked = turn.text
        elif asked is not None and not turn.pasted:
            found.append((asked, turn.text))
    return found


def _said_by_us(inbox: Inbox, conversation_id: str) -> list[str]:
    """Every answer, in every style."""
    answers: list[list[dict[str, object]]] = [[]]
    for entry in inbox.log.after(conversation_id):
        if entry.author is Author.BUYER:
            answers.append([])
        elif entry.author is Author.BOT or entry.body.get("due"):
            answers[-1].append({"text": entry.text, "buttons": entry.body.get("buttons") or []})
    held = [policy.hold_line for policy in inbox.desk.policy.doors.values() if policy.hold_line]
    return [*held, *(worded(replies, most) for replies in answers if replies for most in STYLES)]


def _person_spoke(posted: Posted, outcomes: Sequence[Outcome]) -> bool:
    """The same where nothing is on record: the answers are what they were, since they depend on what was said alone."""
    held = [_letters(worded(outcome.replies, most)) for outcome in outcomes for most in STYLES]
    return any(not _is_ours(text, held) for _, text in _after_the_buyer(posted.turns))


def _is_ours(text: str, ours: Sequence[str]) -> bool:
    """Tools cut answers, drop lines and put a name before them; a person's 好的 is no part of ours."""
    said = _letters(text)
    return not said or any(
        said == other or (min(len(said), len(other)) >= _ECHO and (said in other or other in said)) for other in ours
    )


def _letters(text: str) -> str:
    """Without marks and figures: dates and hours move on."""
    return re.sub(r"[\W\d_]+", "", text)
