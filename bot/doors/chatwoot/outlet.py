"""What goes out to Chatwoot: the bot's lines as it can show them, and the hand-off, step by step in its right order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.desk.reasons import REASONS, label
from bot.doors.chatwoot.events import BUTTONS
from bot.inbox.choices import as_text
from bot.inbox.forwarding import Step, lane_of
from bot.privacy import mask
from bot.store import Entry, Handoff, Thread, Urgency

WORDS, STATE = "chatwoot", "chatwoot-state"  # kinds of delivery: what must not come twice, and what may
_MARKED = frozenset({"Channel::WebWidget", "Channel::Api"})  # elsewhere a message with a source id is not passed on
_TITLE_CHARS = 250
_PRIORITY = {Urgency.URGENT: "urgent", Urgency.HIGH: "high"}
LABEL = "少发转人工"


class ChatwootOutlet:
    def said(self, thread: Thread, entry: Entry) -> Sequence[Step]:
        if entry.entry_id.startswith("cw:"):
            return []  # typed there
        return [self._message(thread, _shown(thread, entry), entry.seq)]

    def to_person(self, thread: Thread, handoff: Handoff) -> Sequence[Step]:
        """Note, attributes, labels, priority, and the state last: from then on people have it."""
        marks = {
            "shaofa_case": handoff.case_no,
            "shaofa_reason": label(handoff.reason),
            "shaofa_claim": handoff.claim_id,
        }
        steps = [self._message(thread, {"content": _note(handoff), "private": True})]
        steps.append(self._state(thread, "attributes", {k: v for k, v in marks.items() if v}))
        steps.append(self._state(thread, "labels", [LABEL]))
        if handoff.urgency in _PRIORITY:
            steps.append(self._state(thread, "priority", _PRIORITY[handoff.urgency]))
        return [*steps, self._state(thread, "status", "open")]

    def to_bot(self, thread: Thread) -> Sequence[Step]:
        return [self._state(thread, "status", "pending")]

    def _message(self, thread: Thread, body: Mapping[str, Any], seq: int | None = None) -> Step:
        marked = thread.about["channel"] in _MARKED
        return Step(WORDS, {**_address(thread), "body": body, "seq": seq, "marked": marked})

    def _state(self, thread: Thread, what: str, value: Any) -> Step:
        return Step(STATE, {**_address(thread), "what": what, "value": value})


def _address(thread: Thread) -> dict[str, Any]:
    where = {name: thread.about[name] for name in ("account", "conversation")}
    return {**where, "conversation_id": thread.conversation_id, "lane": lane_of(thread)}


def _shown(thread: Thread, entry: Entry) -> dict[str, Any]:
    """With a list to choose from where the channel has one, with numbered lines elsewhere."""
    buttons = entry.body.get("buttons") or []
    if buttons and thread.about["channel"] in BUTTONS:
        items = [{"title": each["title"][:_TITLE_CHARS], "value": each["payload"]} for each in buttons]
        return {"content": entry.text, "content_type": "input_select", "content_attributes": {"items": items}}
    return {"content": as_text([{"text": entry.text, "buttons": buttons}])}


def _note(handoff: Handoff) -> str:
    """For the desk's people only; masked like every notice."""
    reason = REASONS.get(handoff.reason)
    lines = [mask(handoff.summary), f"编号：{handoff.case_no}", f"原因：{label(handoff.reason)}"]
    return "\n".join([*lines, f"可以这样开头：{reason.next}"] if reason else lines)
