"""The inbox's ``Engine`` by Rasa: understanding, policies and wording from the model, actions from ``bot.talk``."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.events import ActionExecuted, ActiveLoop, ConversationResumed, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.desk import Case
from bot.engine.carrying_over import OldTrackers
from bot.engine.nlg import DomainNlg
from bot.engine.processor import Call, Processor
from bot.engine.protocol import Act, Response
from bot.engine.remembering import as_memory, recall, remember
from bot.talk.expiry import STAGE as EXPIRED
from bot.talk.expiry import is_left_behind
from bot.talk.handoff import stage_after
from bot.talk.turn import Handler
from bot.talk.wording import RESPONSES

_FILES_CAME = {"text": "[图片]", "intent": {"name": "give_evidence", "confidence": 1.0}, "entities": []}

Result = TypeVar("Result")


class RasaEngine:
    """See ``bot.engine.protocol.Engine``.

    ``old_trackers`` are those of the time when Rasa kept its conversations in a store of its own; None: there are none.
    """

    def __init__(self, model: Path, handlers: Mapping[str, Handler], old_trackers: OldTrackers | None = None) -> None:
        self._processor = Processor(model, DomainNlg(), handlers)
        self.domain = self._processor.domain
        self._old_trackers = old_trackers

    def parse(self, text: str, slots: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is read in a text, in a conversation of which the ``slots`` are all that is known."""
        known = [SlotSet(name, value) for name, value in (slots or {}).items()]
        tracker = DialogueStateTracker.from_events("parsing", known, self.domain.slots)
        return now(self._processor.parse_message(UserMessage(text), tracker))

    def respond(self, case: Case, acts: Sequence[Act], memory: dict[str, Any] | None, order_id: str | None) -> Response:
        tracker = self._tracker(case.speaker.conversation_id, memory)
        if tracker.is_paused():  # a person had the conversation, and has given it back
            # It was left in the middle of an action: nothing would be found that follows it.
            back = [ConversationResumed(), ActionExecuted(ACTION_LISTEN_NAME), SlotSet("stage", stage_after(case))]
            tracker.update_with_events(back, self.domain)
        if is_left_behind(case, as_memory(tracker)):
            left = [ActiveLoop(None), SlotSet(REQUESTED_SLOT, None), SlotSet("stage", EXPIRED)]
            tracker.update_with_events(left, self.domain)
        replies = _Replies()
        intent: Mapping[str, Any] = {}
        for act in acts:
            call = Call(case, act.uploads, order_id)
            said = UserMessage(
                _FILES_CAME["text"] if act.uploads else act.text,
                replies,
                case.speaker.conversation_id,
                parse_data=_FILES_CAME if act.uploads else None,
            )
            now(self._processor.on(call, tracker).handle_message(said))
            if call.failure:
                raise call.failure
            intent = intent or _intent(tracker)
            if tracker.is_paused():
                break
        return Response(replies.messages, remember(tracker, self.domain), intent)

    def wording(self, response: str, **values: Any) -> dict[str, Any]:
        stated = RESPONSES.now()[response][0]
        buttons = [dict(button) for button in stated.get("buttons", [])]
        return {"text": stated["text"].format(**values), "buttons": buttons, "custom": None}

    def _tracker(self, conversation_id: str, memory: dict[str, Any] | None) -> DialogueStateTracker:
        if memory is None and self._old_trackers:
            memory = now(self._old_trackers.memory(conversation_id, self.domain))
        return recall(conversation_id, memory, self.domain)


class _Replies(CollectingOutputChannel):
    """Text, buttons and card of one utterance are one reply; Rasa would send them one after the other."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append(
            {
                "text": message.get("text") or "",
                "buttons": message.get("buttons") or [],
                "custom": message.get("custom") or None,
            }
        )


def _intent(tracker: DialogueStateTracker) -> Mapping[str, Any]:
    return (tracker.latest_message.parse_data or {}).get("intent") or {} if tracker.latest_message else {}


def now(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that has nothing to wait for: with actions in this process, none of Rasa's has."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    coroutine.close()
    raise RuntimeError("Rasa wants to wait for something")
