"""How many were ordered, came and are missing, as Rasa entities."""

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

from bot.language.quantities import Mention, QuantityReader, WordsError
from bot.nlu.files import fingerprint_of
from bot.nlu.patterns import SpacyPatternExtractor

_FILE = "quantities.yml"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class QuantityExtractor(GraphComponent, EntityExtractorMixin):
    """Entities ``quantity`` with the role ordered, received or missing; see ``bot.language.quantities``.

    ``value`` is an int, ``unit`` a measure word or None. A count that is worked out of the other two has
    ``derived: true`` and spans both. After SpacyPatternExtractor, whose finds are not read as counts.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"words": "data/patterns/quantities.yml"}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, reader: QuantityReader
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._reader = reader

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> QuantityExtractor:
        """
        Raises:
            InvalidConfigException: the word file cannot be used.
        """
        return cls(config, model_storage, resource, cls._read(Path(config["words"])))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> QuantityExtractor:
        """
        Raises:
            InvalidConfigException: the model holds no words.
        """
        try:
            with model_storage.read_from(resource) as directory:
                return cls(config, model_storage, resource, cls._read(directory / _FILE))
        except ValueError as error:
            raise InvalidConfigException(f"{cls.__name__}: the model holds no words; train it again") from error

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return fingerprint_of(config.get("words"))

    def train(self, training_data: TrainingData) -> Resource:
        """Nothing is learnt; the words are put into the model."""
        with self._model_storage.write_to(self._resource) as directory:
            (directory / _FILE).write_bytes(Path(self._config["words"]).read_bytes())
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if isinstance(message.get(TEXT), str):
                _, mentions = self._reader.read(message.get(TEXT), _hidden(message))
                found = self.add_extractor_name([_as_dict(mention) for mention in mentions])
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    @classmethod
    def _read(cls, path: Path) -> QuantityReader:
        try:
            return QuantityReader.load(path)
        except WordsError as error:
            raise InvalidConfigException(f"{cls.__name__}: {error}") from error


def _hidden(message: Message) -> list[tuple[int, int]]:
    return [
        (entity["start"], entity["end"])
        for entity in message.get(ENTITIES, [])
        if entity.get("extractor") == SpacyPatternExtractor.__name__
    ]


def _as_dict(mention: Mention) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "entity": "quantity",
        "role": mention.role,
        "start": mention.start,
        "end": mention.end,
        "value": mention.value,
        "unit": mention.unit,
    }
    if mention.derived:
        plain["derived"] = True
    return plain
