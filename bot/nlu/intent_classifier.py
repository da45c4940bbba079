"""Which intent a message has, and how sure that is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize as to_unit_length

_META = "classes.json"
_WEIGHTS = "weights.npz"


@dataclass(frozen=True)
class _Trained:
    """``blocks``: featurizer and number of its features, in the order of the columns of ``weights``."""

    intents: list[str]
    blocks: list[tuple[str, int]]
    weights: np.ndarray
    bias: np.ndarray


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SparseIntentClassifier(IntentClassifier, GraphComponent):
    """Logistic regression, one intent against the rest, over all sparse sentence features.

    What Rasa's LogisticRegressionClassifier lacks: it trains in a second, not in forty; the strength of regularisation
    is an option (its fixed C=1 leaves forty intents with hardly any confidence); a message without some featurizer's
    features (an emoji, a blank) is no crash; a message in which nothing is known has no intent and confidence 0, not
    the most frequent intent; and the model is plain arrays, nothing that is executed when loaded.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "C": 10.0,  # inverse strength of regularisation
            "max_iter": 100,
            "balance": 1.0,  # 1: rare intents weigh as much as frequent ones; 0: every example the same
            "temperature": 1.0,  # above 1: less sure; below 1: surer
            "feature_weights": {},  # featurizer's alias: how much its features count, 1 if not named
            "ranking_length": 10,  # how many intents are reported
        }

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, trained: _Trained | None = None
    ) -> None:
        """
        Raises:
            InvalidConfigException: an option is not above zero.
        """
        if not isinstance(config["balance"], int | float) or not 0 <= config["balance"] <= 1:
            raise InvalidConfigException(f"{type(self).__name__}: balance must be a number from 0 to 1")
        for option in ("C", "max_iter", "temperature", "ranking_length"):
            if not isinstance(config[option], int | float) or not config[option] > 0:
                raise InvalidConfigException(f"{type(self).__name__}: {option} must be a number above 0")
        weights = config["feature_weights"]
        if not isinstance(weights, dict) or not all(isinstance(weight, int | float) for weight in weights.values()):
            raise InvalidConfigException(f"{type(self).__name__}: feature_weights must give a number for each alias")
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._trained = trained

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SparseIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """
        Raises:
            InvalidConfigException: examples of fewer than two intents.
        """
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        labels = [example.get(INTENT) for example in examples]
        if not examples:
            return self._resource
        if len(set(labels)) < 2:
            raise InvalidConfigException(f"{type(self).__name__}: needs examples of at least two intents")
        blocks = _blocks(examples)
        model = LogisticRegression(
            C=self._config["C"],
            max_iter=self._config["max_iter"],
            class_weight=_weights(labels, self._config["balance"]),
            solver="liblinear",
            multi_class="ovr",
            tol=1e-2,  # finer changes no answer, and costs seconds
            random_state=42,
        )
        model.fit(self._matrix(examples, blocks), labels)
        weights, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # sklearn keeps one row for two classes
            weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
        self._trained = _Trained(list(model.classes_), blocks, weights.astype(np.float32), bias.astype(np.float32))
        self.persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        with_text = [message for message in messages if isinstance(message.get(TEXT), str)]
        if self._trained is None or not with_text:
            return messages
        for message in with_text:
            confidences = self._confidences(message, self._trained)
            best = np.argsort(-confidences)[: self._config["ranking_length"]]
            ranking = [{"name": self._trained.intents[i], "confidence": float(confidences[i])} for i in best]
            message.set(INTENT, ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def _matrix(self, messages: Sequence[Message], blocks: Sequence[tuple[str, int]]) -> scipy.sparse.csr_matrix:
        """One row a message. Each featurizer's part has the same length: none outweighs another by its scale."""
        columns = []
        features = [_sentence_features(message) for message in messages]
        for origin, width in blocks:
            rows = [found.get(origin, scipy.sparse.csr_matrix((1, width))) for found in features]
            block = to_unit_length(scipy.sparse.vstack(rows, format="csr", dtype=np.float32))
            columns.append(block * self._config["feature_weights"].get(origin, 1.0))
        return scipy.sparse.hstack(columns, format="csr")

    def _confidences(self, message: Message, trained: _Trained) -> np.ndarray:
        """One number an intent, none when nothing in the message is known.

        Adds up the few columns that the message has: matrices of one row cost scipy a hundred times as much.
        """
        found = _sentence_features(message)
        scores, start, known = trained.bias.copy(), 0, False
        for origin, width in trained.blocks:
            if origin in found:
                features = found[origin].tocsr()
                length = np.sqrt(np.square(features.data, dtype=np.float32).sum())
                if length:
                    known = True
                    values = features.data / length * self._config["feature_weights"].get(origin, 1.0)
                    scores += trained.weights[:, start + features.indices] @ values
            start += width
        if not known:
            return np.empty(0)
        exponents = np.exp((scores - scores.max()) / self._config["temperature"])
        return exponents / exponents.sum()

    def persist(self) -> None:
        if self._trained is None:
            return
        with self._model_storage.write_to(self._resource) as directory:
            meta = {"intents": self._trained.intents, "blocks": self._trained.blocks}
            (directory / _META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
            np.savez(directory / _WEIGHTS, weights=self._trained.weights, bias=self._trained.bias)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SparseIntentClassifier:
        try:
            with model_storage.read_from(resource) as directory:
                meta = json.loads((directory / _META).read_text(encoding="utf-8"))
                with np.load(directory / _WEIGHTS, allow_pickle=False) as arrays:
                    weights, bias = arrays["weights"], arrays["bias"]
        except (ValueError, OSError):
            return cls(config, model_storage, resource)  # trained without any example
        blocks = [(origin, width) for origin, width in meta["blocks"]]
        return cls(config, model_storage, resource, _Trained(meta["intents"], blocks, weights, bias))


def _weights(labels: Sequence[str], balance: float) -> dict[str, float]:
    counts = Counter(labels)
    return {label: (len(labels) / len(counts) / count) ** balance for label, count in counts.items()}


def _sentence_features(message: Message) -> dict[str, scipy.sparse.spmatrix]:
    return {
        features.origin: features.features
        for features in message.features
        if features.type == FEATURE_TYPE_SENTENCE and features.attribute == TEXT and features.is_sparse()
    }


def _blocks(examples: Sequence[Message]) -> list[tuple[str, int]]:
    widths: dict[str, int] = {}
    for example in examples:
        for origin, features in _sentence_features(example).items():
            widths[origin] = features.shape[1]
    return sorted(widths.items())
