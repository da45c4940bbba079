"""A message through the language part of the model, and no further."""

from __future__ import annotations

from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.trackers import DialogueStateTracker


def parse(agent: Agent, text: str, tracker: DialogueStateTracker | None = None) -> dict[str, Any]:
    """What ``Agent.parse_message`` says, without its event loop.

    ``text``, ``intent``, ``entities``, ``intent_ranking``, ``clauses`` and ``also``.

    Args:
        agent: with a model.
        text: without a leading slash, which to Rasa is a command.
        tracker: the conversation, whose slots say what was asked; none: as the first message of one.
    """
    processor = agent.processor
    assert processor is not None  # an agent with a model has one
    target = processor.model_metadata.nlu_target
    inputs = {
        PLACEHOLDER_MESSAGE: [UserMessage(text)],
        PLACEHOLDER_TRACKER: tracker or DialogueStateTracker.from_events("parsing", []),
    }
    (message,) = processor.graph_runner.run(inputs, targets=[target])[target]
    nothing = {"text": "", "intent": {"name": None, "confidence": 0.0}, "entities": []}
    return {**nothing, **message.as_dict(only_output_properties=True)}
