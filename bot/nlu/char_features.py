"""What the characters tell, however jieba cuts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.language import text as spelling
from bot.language.text import normalize, squeeze
from bot.nlu.files import fingerprint

_VOCABULARY = "vocabulary.json"
_WEIGHTS = "idf.npy"
# Marks where a message begins and ends: "少了" alone is not the "少了" in the middle of a story.
_EDGE = "\x02"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class CharNgramFeaturizer(SparseFeaturizer, GraphComponent):
    """TF-IDF over character n-grams of the message as typed: 少发 is one feature even where jieba cuts 少|发.

    Gives sentence features only; the classifier needs no others.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **Featurizer.get_default_config(),
            # Without one Rasa calls features after their place in the pipeline; a classifier from its cache, trained
            # when that place was another, would then find none of them.
            "alias": "characters",
            "min_ngram": 1,  # characters
            "max_ngram": 3,
            "min_df": 1,  # an n-gram seen in fewer examples is left out
        }

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
        vectorizer: TfidfVectorizer | None = None,
    ) -> None:
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._vectorizer = vectorizer

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CharNgramFeaturizer:
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """
        Raises:
            InvalidConfigException: lengths or counts that cannot be.
        """
        shortest, longest, min_df = config.get("min_ngram", 1), config.get("max_ngram", 3), config.get("min_df", 1)
        if not all(isinstance(number, int) for number in (shortest, longest, min_df)):
            raise InvalidConfigException(f"{cls.__name__}: min_ngram, max_ngram and min_df must be whole numbers")
        if not 1 <= shortest <= longest or min_df < 1:
            raise InvalidConfigException(f"{cls.__name__}: needs 1 <= min_ngram <= max_ngram, and min_df >= 1")

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return fingerprint([Path(spelling.__file__)])  # Rasa hashes this class, not the spelling it relies on

    def train(self, training_data: TrainingData) -> Resource:
        texts = [example.get(TEXT) for example in training_data.training_examples if example.get(TEXT)]
        if texts:
            self._vectorizer = self._new_vectorizer()
            try:
                self._vectorizer.fit(texts)
            except ValueError as error:
                raise InvalidConfigException(f"{type(self).__name__}: min_df leaves no n-gram: {error}") from error
            self.persist()
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        with_text = [message for message in messages if isinstance(message.get(TEXT), str)]
        if self._vectorizer is None or not with_text:
            return messages
        matrix = self._vectorizer.transform(message.get(TEXT) for message in with_text)
        for message, row in zip(with_text, matrix, strict=True):
            message.add_features(Features(scipy.sparse.coo_matrix(row), FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def persist(self) -> None:
        if self._vectorizer is None:
            return
        with self._model_storage.write_to(self._resource) as directory:
            ngrams = sorted(self._vectorizer.vocabulary_, key=self._vectorizer.vocabulary_.__getitem__)
            (directory / _VOCABULARY).write_text(json.dumps(ngrams, ensure_ascii=False), encoding="utf-8")
            np.save(directory / _WEIGHTS, self._vectorizer.idf_, allow_pickle=False)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CharNgramFeaturizer:
        component = cls.create(config, model_storage, resource, execution_context)
        try:
            with model_storage.read_from(resource) as directory:
                ngrams = json.loads((directory / _VOCABULARY).read_text(encoding="utf-8"))
                weights = np.load(directory / _WEIGHTS, allow_pickle=False)
        except (ValueError, OSError):
            return component  # trained without any text
        vectorizer = component._new_vectorizer()
        vectorizer.vocabulary_ = {ngram: index for index, ngram in enumerate(ngrams)}
        vectorizer.idf_ = weights
        component._vectorizer = vectorizer
        return component

    def _new_vectorizer(self) -> TfidfVectorizer:
        return TfidfVectorizer(
            analyzer=self._ngrams,
            min_df=self._config["min_df"],
            sublinear_tf=True,
            dtype=np.float32,
        )

    def _ngrams(self, text: str) -> list[str]:
        squeezed = squeeze(normalize(text)).strip()
        edged = f"{_EDGE}{squeezed}{_EDGE}"
        lengths = range(self._config["min_ngram"], self._config["max_ngram"] + 1)
        ngrams = [edged[start : start + length] for length in lengths for start in range(len(edged) - length + 1)]
        return [ngram for ngram in ngrams if ngram.strip(_EDGE)]  # an edge alone says nothing
