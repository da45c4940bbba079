"""Chinese words by jieba, with the shop's own dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message

from bot.language import text as spelling
from bot.language import words as cutting
from bot.language.words import Cutter, WordListError, word_lists
from bot.nlu.files import fingerprint


class Word(Token):
    """A token whose fingerprint costs little: Rasa asks for it several times, and its own took half of the training."""

    def fingerprint(self) -> str:
        return f"{self.start}-{self.end}:{self.text}:{self.lemma}:{self.data or ''}"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class ShopJiebaTokenizer(JiebaTokenizer):
    """Rasa's JiebaTokenizer, with what it lacks; the cutting itself is ``bot.language.words``.

    - An edited dictionary retrains: its content is part of the fingerprint.
    - A wrong ``dictionary_path`` is an error; Rasa's own loads nothing and says nothing.
    - White space is no token; words are looked up in normalized text (``bot.language.text``). Offsets still point into
      the text as typed; a token's own text is the normalized one.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, dictionary: Path | None = None
    ) -> None:
        super().__init__(config, model_storage, resource)
        try:
            self._cutter = Cutter(dictionary)
        except WordListError as error:
            raise InvalidConfigException(f"{type(self).__name__}: {error}") from error

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ShopJiebaTokenizer:
        """
        Raises:
            InvalidConfigException: ``dictionary_path`` is no directory with at least one word list.
        """
        return cls(config, model_storage, resource, _configured(config))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ShopJiebaTokenizer:
        """
        Raises:
            InvalidConfigException: the model was trained without the dictionary that its config names.
        """
        if config["dictionary_path"] is None:
            return cls(config, model_storage, resource)
        try:
            with model_storage.read_from(resource) as directory:
                return cls(config, model_storage, resource, directory)
        except ValueError as error:
            raise InvalidConfigException(f"{cls.__name__}: the model holds no dictionary; train it again") from error

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        path = config.get("dictionary_path")
        words = Path(path).glob("*.txt") if path else []
        # Rasa hashes this class, not the cutting and spelling it relies on.
        return fingerprint([*words, Path(spelling.__file__), Path(cutting.__file__)])

    def persist(self) -> None:
        directory = _configured(self._config)
        if directory is None:
            return
        with self._model_storage.write_to(self._resource) as target:
            for path in word_lists(directory):
                (target / path.name).write_bytes(path.read_bytes())

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        return self._apply_token_pattern(
            [Word(word, start) for word, start in self._cutter.cut(message.get(attribute))]
        )


def _configured(config: dict[str, Any]) -> Path | None:
    if config["dictionary_path"] is None:
        return None
    directory = Path(config["dictionary_path"])
    if not directory.is_dir() or not word_lists(directory):
        raise InvalidConfigException(
            f"ShopJiebaTokenizer: dictionary_path must be a directory with at least one word list (*.txt), "
            f"and {directory.resolve()} is not"
        )
    return directory
