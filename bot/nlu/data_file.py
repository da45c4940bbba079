"""What is common to components that learn nothing: all they know is in one file, which travels inside the model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.files import fingerprint_of


class DataFileExtractor(GraphComponent, EntityExtractorMixin):
    """An entity extractor over one data file. The file is part of the fingerprint: an edited one trains again."""

    OPTION: ClassVar[str]  # the option that names the file
    FILE: ClassVar[str]  # as it is called in the model

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, path: Path) -> None:
        """
        Raises:
            InvalidConfigException: the file cannot be used.
        """
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        try:
            self._use(path)
        except ValueError as error:
            raise InvalidConfigException(f"{type(self).__name__}: {error}") from error

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DataFileExtractor:
        """
        Raises:
            InvalidConfigException: the file cannot be used.
        """
        return cls(config, model_storage, resource, Path(config[cls.OPTION]))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DataFileExtractor:
        """
        Raises:
            InvalidConfigException: the model does not hold the file.
        """
        try:
            with model_storage.read_from(resource) as directory:
                return cls(config, model_storage, resource, directory / cls.FILE)
        except ValueError as error:
            raise InvalidConfigException(f"{cls.__name__}: the model holds no {cls.OPTION}; train it again") from error

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return fingerprint_of(config.get(cls.OPTION))

    def train(self, training_data: TrainingData) -> Resource:
        """Nothing is learnt; the file is put into the model."""
        with self._model_storage.write_to(self._resource) as directory:
            (directory / self.FILE).write_bytes(Path(self._config[self.OPTION]).read_bytes())
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if isinstance(message.get(TEXT), str):
                found = self.add_extractor_name(list(self._find(message)))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    @abstractmethod
    def _use(self, path: Path) -> None:
        """Read the file.

        Raises:
            ValueError: it cannot be used; the message names it.
        """

    @abstractmethod
    def _find(self, message: Message) -> Iterable[dict[str, Any]]:
        """The entities of one message, in Rasa's form."""
