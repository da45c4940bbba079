"""One message through a door, as far as the shop lets it go: an answer that counts, a suggestion, or not a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.claims.doors import DoorPolicy, Mode, Outside
from bot.desk.hours import is_open
from bot.inbox.answer import OUT_OF_SCOPE
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, Outcome
from bot.inbox.plain import marked, worded
from bot.inbox.upstream import Upstream


@dataclass(frozen=True)
class Dealt:
    """``mode`` is how it was dealt with, whatever was asked for; ``earlier``: the answers to what came before."""

    outcome: Outcome = field(default_factory=Outcome)
    mode: Mode = Mode.AUTO
    earlier: Sequence[Outcome] = ()

    @property
    def would_hand_over(self) -> bool:
        return bool(self.outcome.replies and (self.outcome.handoff or {}).get("begun"))

    @property
    def hands_over(self) -> bool:
        """Is a person called with this very answer? A suggestion calls nobody."""
        return self.mode is not Mode.SUGGEST and self.would_hand_over

    @property
    def decision(self) -> str:
        if not self.outcome.replies:
            return "no_reply"
        if self.mode is Mode.SUGGEST:
            return "suggest"
        return "handoff" if self.outcome.handoff else "send"


def spoken(dealt: Dealt, policy: DoorPolicy, most: int | None = None) -> str:
    """The answer as plain text, in one line of ``most`` characters where that is given; empty: say nothing."""
    text = worded(dealt.outcome.replies, most) or policy.hold_line or ""
    return marked(policy.marker, text, hands_over=dealt.hands_over)


async def deal(
    inbox: Inbox,
    incoming: Incoming,
    policy: DoorPolicy,
    *,
    commits: bool = True,
    before: Sequence[str] = (),
    upstream: Upstream | None = None,
) -> Dealt:
    """
    Args:
        commits: may the answer count at all? The shop's mode may still say no.
        before: what the buyer said earlier where none of it is on record; only for what does not count.

    Raises:
        NotYours, Overloaded, TimeoutError: as ``Inbox.handle``.
    """
    mode = mode_now(inbox, policy)
    if mode is Mode.OFF:
        return Dealt(mode=mode)
    mode = mode if commits else Mode.SUGGEST
    incoming = replace(incoming, outside=policy.outside_line if policy.outside is Outside.LINE else None)
    if policy.outside is Outside.SILENT:
        incoming = replace(incoming, outside="")
    if policy.sure_percent or (policy.outside is Outside.UPSTREAM and upstream):
        trial = await inbox.suggest(incoming, before)
        if trial.intent == OUT_OF_SCOPE and policy.outside is Outside.UPSTREAM and upstream:
            incoming = replace(incoming, outside=await upstream.ask(incoming.text))
        elif trial.confidence * 100 < policy.sure_percent and not trial.handoff:
            return Dealt(trial, Mode.SUGGEST)
    if mode is Mode.SUGGEST:
        *earlier, outcome = await inbox.rehearse(incoming, before)
        return Dealt(outcome, mode, earlier)
    return Dealt(await inbox.handle(incoming), mode)


def mode_now(inbox: Inbox, policy: DoorPolicy) -> Mode:
    return policy.mode_at(is_open(inbox.desk.policy.hours, inbox.desk.clock()))
