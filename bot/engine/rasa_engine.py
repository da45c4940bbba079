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
from bot.engine.protocol import Input, Response
from bot.engine.remembering import as_memory, recall, remember
from bot.talk import agenda
from bot.talk.expiry import STAGE as EXPIRED
from bot.talk.expiry import is_left_behind
from bot.talk.handoff import stage_after
from bot.talk.turn import Handler
from bot.talk.wording import RESPONSES
from bot.understanding import fragments
from bot.understanding.acts import Act, Kind, acts_of

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

    def respond(
        self, case: Case, inputs: Sequence[Input], memory: dict[str, Any] | None, order_id: str | None
    ) -> Response:
        tracker = self._tracker(case.speaker.conversation_id, memory)
        if tracker.is_paused():  # a person had the conversation, and has given it back
            # It was left in the middle of an action: nothing would be found that follows it.
            back = [ConversationResumed(), ActionExecuted(ACTION_LISTEN_NAME), SlotSet("stage", stage_after(case))]
            tracker.update_with_events(back, self.domain)
        if is_left_behind(case, as_memory(tracker)):
            forgotten = [SlotSet(REQUESTED_SLOT, None), SlotSet(agenda.SLOT, None), SlotSet("stage", EXPIRED)]
            tracker.update_with_events([ActiveLoop(None), *forgotten], self.domain)
        talk = _Talk(self._processor, case, tracker, order_id)
        read: list[Act] = []
        for each in inputs:
            message = _FILES_CAME if each.uploads else self._read(each.text, tracker)
            of_it = acts_of(message, case.recent_orders)
            read += of_it
            talk.deal_with(message, of_it, each.uploads)
            if tracker.is_paused():
                break
        slots = tracker.current_slot_values()
        return Response(
            once(talk.replies.messages),
            remember(tracker, self.domain),
            read[0].message["intent"] if read else {},
            [act.as_json() for act in read],
            [act.as_json() for act in agenda.waiting(slots)],
            slots.get("cases") or [],
        )

    def _read(self, text: str, tracker: DialogueStateTracker) -> dict[str, Any]:
        before = (tracker.latest_message.text if tracker.latest_message else None) or ""
        return now(self._processor.parse_message(UserMessage(fragments.whole(before, text)), tracker))

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


class _Talk:
    """The acts of one turn, each given to rules and stories as a message of its own."""

    def __init__(self, processor: Processor, case: Case, tracker: DialogueStateTracker, order_id: str | None) -> None:
        self.replies = _Replies()
        self._processor, self._case, self._tracker, self._order_id = processor, case, tracker, order_id

    def deal_with(self, message: Mapping[str, Any], acts: Sequence[Act], uploads: Sequence[Mapping[str, Any]]) -> None:
        """The first act, then those whose turn it is: more is said in the message, or waits since an earlier one."""
        if len(acts) > 1:
            self._keep(agenda.with_more(agenda.waiting(self._slots()), acts[1:]))
        self._handle(acts[0].message if acts else message, uploads)
        while not self._tracker.is_paused():
            act, others = agenda.taken_up(self._case, as_memory(self._tracker))
            if act is None:
                break
            if not act.is_at_once and self._case.spoken_of is None and self._case.current:
                self._case.spoken_of = self._case.current.claim_id  # the buyer has spoken of that one
            self._keep(others)
            before = len(self.replies.messages)
            self._handle({**act.message, "beside" if act.is_at_once else "taken_up": True})
            if act.kind is Kind.QUESTION:
                self._answer_first(before)

    def _answer_first(self, before: int) -> None:
        """What was answered since goes before the question that was put with the facts: that one stands at the end."""
        messages = self.replies.messages
        messages[before - 1 :] = [*messages[before:], *messages[before - 1 : before]]

    def _handle(self, message: Mapping[str, Any], uploads: Sequence[Mapping[str, Any]] = ()) -> None:
        call = Call(self._case, uploads, self._order_id)
        conversation_id = self._case.speaker.conversation_id
        said = UserMessage(message["text"], self.replies, conversation_id, parse_data=dict(message))
        now(self._processor.on(call, self._tracker).handle_message(said))
        if call.failure:
            raise call.failure

    def _keep(self, acts: Sequence[Act]) -> None:
        if not self._tracker.events:  # whoever begins with a slot has not listened yet, and would answer nothing
            self._tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        self._tracker.update(SlotSet(agenda.SLOT, agenda.kept(acts)), self._processor.domain)

    def _slots(self) -> dict[str, Any]:
        slots: dict[str, Any] = self._tracker.current_slot_values()
        return slots


def once(replies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The replies without what is said again later in the same turn: a question stands at the end."""
    texts = [reply["text"] for reply in replies]
    return [reply for place, reply in enumerate(replies) if reply["text"] not in texts[place + 1 :]]


def now(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that has nothing to wait for: with actions in this process, none of Rasa's has."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    coroutine.close()
    raise RuntimeError("Rasa wants to wait for something")
