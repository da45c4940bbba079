"""Entities with a shape of their own, by spaCy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.language.entities import Entity, EntityPatterns, PatternError
from bot.nlu.files import fingerprint_of

_FILE = "entities.jsonl"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SpacyPatternExtractor(GraphComponent, EntityExtractorMixin):
    """Order, tracking and phone numbers, couriers, money and dates; see ``bot.language.entities``.

    The pattern file is part of the fingerprint and travels inside the model. Money carries ``fen``, an integer or None.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"patterns": "data/patterns/entities.jsonl"}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, patterns: EntityPatterns
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._patterns = patterns

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyPatternExtractor:
        """
        Raises:
            InvalidConfigException: the pattern file cannot be used.
        """
        return cls(config, model_storage, resource, cls._read(Path(config["patterns"])))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SpacyPatternExtractor:
        """
        Raises:
            InvalidConfigException: the model holds no patterns.
        """
        try:
            with model_storage.read_from(resource) as directory:
                return cls(config, model_storage, resource, cls._read(directory / _FILE))
        except ValueError as error:
            raise InvalidConfigException(f"{cls.__name__}: the model holds no patterns; train it again") from error

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return fingerprint_of(config.get("patterns"))

    def train(self, training_data: TrainingData) -> Resource:
        """Nothing is learnt; the patterns are put into the model."""
        with self._model_storage.write_to(self._resource) as directory:
            (directory / _FILE).write_bytes(Path(self._config["patterns"]).read_bytes())
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if isinstance(message.get(TEXT), str):
                found = self.add_extractor_name([_as_dict(entity) for entity in self._patterns.find(message.get(TEXT))])
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    @classmethod
    def _read(cls, path: Path) -> EntityPatterns:
        try:
            return EntityPatterns.load(path)
        except PatternError as error:
            raise InvalidConfigException(f"{cls.__name__}: {error}") from error


def _as_dict(entity: Entity) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "entity": entity.label,
        "start": entity.start,
        "end": entity.end,
        "value": entity.value,
    }
    if entity.label == "money":
        plain["fen"] = entity.fen
    return plain
