"""Rasa's own way through a message, with our handlers in this process where it would call an action server."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action, create_bot_utterance
from rasa.core.actions.forms import FormAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.engine import loader
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, ConversationPaused, Event, FollowupAction, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name

from bot.desk import Case
from bot.engine.remembering import as_memory
from bot.engine.runner import SyncGraphRunner
from bot.talk.turn import Handler, Reply, Step, Turn


@dataclass
class Call:
    """What the handlers of one act work on, beside the tracker; ``failure`` is what went wrong first."""

    case: Case
    uploads: Sequence[Mapping[str, Any]] = ()
    order_id: str | None = None
    failure: Exception | None = None


class OneTracker(TrackerStore):
    """A store that holds the one conversation at hand; what becomes of it is the caller's business."""

    def __init__(self, tracker: DialogueStateTracker) -> None:
        super().__init__(None)
        self.tracker = tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        return self.tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        self.tracker = tracker


class Processor(MessageProcessor):
    """Loaded once; ``on`` gives the one for an act."""

    def __init__(self, model: Path, nlg: NaturalLanguageGenerator, handlers: Mapping[str, Handler]) -> None:
        super().__init__(str(model), InMemoryTrackerStore(None), InMemoryLockStore(), nlg)
        self._handlers = handlers
        self._reading = threading.Lock()
        self._call: Call | None = None

    def on(self, call: Call, tracker: DialogueStateTracker) -> Processor:
        processor = copy(self)
        processor._call, processor.tracker_store = call, OneTracker(tracker)
        return processor

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, Any, GraphRunner]:
        with TempDirectoryPath(get_temp_dir_name()) as folder:
            metadata, runner = loader.load_predict_graph_runner(
                Path(folder), Path(model_path), LocalModelStorage, SyncGraphRunner
            )
        return Path(model_path).name, metadata, runner

    def _parse_message_with_graph(
        self, message: UserMessage, tracker: DialogueStateTracker, only_output_properties: bool = True
    ) -> dict[str, Any]:
        with self._reading:  # the tagger of the CRF keeps the sentence that it is at
            return super()._parse_message_with_graph(message, tracker, only_output_properties)

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Action, PolicyPrediction]:
        action, prediction = super().predict_next_with_tracker_if_should(tracker)
        if isinstance(action, FormAction):
            return _Form(action.name(), self), prediction
        return self.ours(action.name()) or action, prediction

    def _should_handle_message(self, tracker: DialogueStateTracker) -> bool:
        failed = self._call is not None and self._call.failure is not None
        return not failed and super()._should_handle_message(tracker)

    def ours(self, name: str) -> Action | None:
        """The action of that name, if one of our handlers is behind it."""
        if self._call is None or name not in self._handlers:
            return None
        return _Handled(name, self._handlers[name], self._call)


class _Handled(Action):
    """A handler of ``bot.talk`` as a Rasa action."""

    def __init__(self, name: str, handler: Handler, call: Call) -> None:
        self._name, self._handler, self._call = name, handler, call

    def name(self) -> str:
        return self._name

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
        metadata: dict[str, Any] | None = None,
    ) -> list[Event]:
        if self._call.failure:
            return []
        message = tracker.latest_message.parse_data if tracker.latest_message else {}
        call = self._call
        turn = Turn(call.case, message or {}, as_memory(tracker), call.uploads, call.order_id)
        try:
            step = self._handler(turn)
            said = [await _uttered(reply, tracker, output_channel, nlg) for reply in turn.replies]
        except Exception as error:  # Rasa would log it, and talk on as if nothing were
            call.failure = error
            return []
        return [*said, *events_of(step)]


class _Form(FormAction):
    """Rasa's form, asking and validating through our handlers."""

    def __init__(self, name: str, processor: Processor) -> None:
        super().__init__(name, None)
        self._processor = processor

    async def validate_slots(
        self,
        slot_candidates: dict[str, Any],
        tracker: DialogueStateTracker,
        domain: Domain,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
    ) -> list[Event]:
        validating = self._processor.ours(f"validate_{self.name()}")
        if validating is None:
            return await super().validate_slots(slot_candidates, tracker, domain, output_channel, nlg)
        filled: list[Event] = [SlotSet(name, value) for name, value in slot_candidates.items()]
        return await validating.run(output_channel, nlg, self._temporary_tracker(tracker, filled, domain), domain)

    async def _ask_for_slot(
        self,
        domain: Domain,
        nlg: NaturalLanguageGenerator,
        output_channel: OutputChannel,
        slot_name: str,
        tracker: DialogueStateTracker,
    ) -> list[Event]:
        asking = self._processor.ours(self._name_of_utterance(domain, slot_name) or "")
        if asking is None:
            return await super()._ask_for_slot(domain, nlg, output_channel, slot_name, tracker)
        return await asking.run(output_channel, nlg, tracker, domain)


def events_of(step: Step) -> list[Event]:
    events: list[Event] = [SlotSet(name, value) for name, value in step.slots.items()]
    if step.then:
        events.append(FollowupAction(step.then))
    if step.hands_over:
        events += [ActiveLoop(None), ConversationPaused()]
    return events


async def _uttered(
    reply: Reply, tracker: DialogueStateTracker, channel: OutputChannel, nlg: NaturalLanguageGenerator
) -> Event:
    draft = await nlg.generate(reply.response, tracker, channel.name(), **reply.values)
    if draft is None:
        raise LookupError(f"domain.yml has no response {reply.response}")
    draft["buttons"] = [*draft.get("buttons", []), *reply.buttons]
    draft["custom"] = reply.card
    draft["utter_action"] = reply.response
    return create_bot_utterance(draft)
