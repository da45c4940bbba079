"""The last word on a message inside Rasa's graph, so that every way into the bot reads alike."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.intent_classifier import CLAUSES
from bot.understanding.intents import Context, understand
from bot.understanding.knowledge import known
from bot.understanding.problems import problem

ALSO = "also"
KNOWN = "known"
_NAMED = frozenset({"product", "quantity", "money", "order_number"})
_READ = (TEXT, INTENT, INTENT_RANKING_KEY, CLAUSES, ENTITIES)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Understanding(GraphComponent):
    """Sets the intent that message and clauses have together, and ``also``; see ``bot.understanding.intents``.

    ``known``: the response to a question of ``bot.understanding.knowledge``.

    After FallbackClassifier. Of the conversation it sees the slots alone: they are there in the shell as well as behind
    a door, and empty where Rasa parses without a conversation (``rasa test``, ``/model/parse``). It needs no domain, so
    that ``rasa train nlu`` works.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Understanding:
        return cls()

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        context = _context(tracker)
        for message in messages:
            if not isinstance(message.get(TEXT), str):
                continue
            understood = understand({name: message.get(name) for name in _READ}, context)
            intent = {"name": understood.intent, "confidence": understood.confidence}
            asked = known(message.get(TEXT), understood.intent, names=_names(message))
            if asked:
                intent = {"name": asked.intent, "confidence": 1.0}
            elif other := problem(message.get(TEXT), understood.intent):
                intent = {"name": other, "confidence": 1.0}
            message.set(INTENT, intent, add_to_output=True)
            message.set(ALSO, list(understood.also), add_to_output=True)
            message.set(KNOWN, asked.response if asked else None, add_to_output=True)
            if understood.intent is None:  # nothing is said, so nothing is named either
                message.set(ENTITIES, [], add_to_output=True)
                message.set(INTENT_RANKING_KEY, [], add_to_output=True)
        return messages


def _names(message: Message) -> bool:
    """Is there an item, a count or a sum in it?"""
    return any(entity["entity"] in _NAMED for entity in message.get(ENTITIES) or [])


def _context(tracker: DialogueStateTracker | None) -> Context:
    slots = tracker.current_slot_values() if tracker else {}
    return Context(stage=slots.get("stage"), asked=slots.get(REQUESTED_SLOT))
