"""Chinese words by jieba, with the shop's own dictionary."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message

from bot.language import text as spelling
from bot.language.text import normalize
from bot.nlu.files import fingerprint

jieba.setLogLevel(logging.WARNING)  # it prints three lines at every start

# jieba guesses words that are in no dictionary. For a text by the yard that takes long, and tells nothing.
_LONGEST_FOR_NEW_WORDS = 2_000


class Word(Token):
    """A token whose fingerprint costs little: Rasa asks for it several times, and its own took half of the training."""

    def fingerprint(self) -> str:
        return f"{self.start}-{self.end}:{self.text}:{self.lemma}:{self.data or ''}"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class ShopJiebaTokenizer(JiebaTokenizer):
    """Rasa's JiebaTokenizer, with what it lacks.

    - An edited dictionary retrains: its content is part of the fingerprint.
    - A wrong ``dictionary_path`` is an error; Rasa's own loads nothing and says nothing.
    - Each tokenizer has its own jieba, so that two models in one process do not mix their words.
    - White space is no token; words are looked up in normalized text (``bot.language.text``). Offsets still point into
      the text as typed; a token's own text is the normalized one.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, dictionary: Path | None = None
    ) -> None:
        super().__init__(config, model_storage, resource)
        self._jieba = jieba.Tokenizer()
        for path in _dictionary_files(dictionary) if dictionary else []:
            _add_words(self._jieba, path)

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
        # Rasa hashes this class, not the spelling it relies on.
        return fingerprint([*words, Path(spelling.__file__)])

    def persist(self) -> None:
        directory = _configured(self._config)
        if directory is None:
            return
        with self._model_storage.write_to(self._resource) as target:
            for path in _dictionary_files(directory):
                (target / path.name).write_bytes(path.read_bytes())

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = normalize(message.get(attribute))
        words = self._jieba.tokenize(text, HMM=len(text) <= _LONGEST_FOR_NEW_WORDS)
        return self._apply_token_pattern([Word(word, start) for word, start, _ in words if not word.isspace()])


def _configured(config: dict[str, Any]) -> Path | None:
    if config["dictionary_path"] is None:
        return None
    directory = Path(config["dictionary_path"])
    if not directory.is_dir() or not _dictionary_files(directory):
        raise InvalidConfigException(
            f"ShopJiebaTokenizer: dictionary_path must be a directory with at least one word list (*.txt), "
            f"and {directory.resolve()} is not"
        )
    return directory


def _dictionary_files(directory: Path) -> list[Path]:
    """Word lists only: jieba would take every line of a README for a word."""
    return sorted(path for path in directory.glob("*.txt") if path.is_file())


def _add_words(tokenizer: jieba.Tokenizer, path: Path) -> None:
    try:
        with path.open("rb") as lines:
            tokenizer.load_userdict(lines)
    except (ValueError, UnicodeDecodeError) as error:
        raise InvalidConfigException(f"ShopJiebaTokenizer: {path}: no jieba word list: {error}") from error
