"""Which intent a message has, and each of its clauses, and how sure that is."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.nlu.utils.pattern_utils import extract_patterns
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.language import clauses as splitting
from bot.language import text as spelling
from bot.language.clauses import clauses
from bot.nlu import features, linear
from bot.nlu.features import Said
from bot.nlu.files import fingerprint
from bot.nlu.linear import Kind, Learning, Model, learn

CLAUSES = "clauses"
CHARACTERS, CUES, WORDS = "characters", "cues", "words"
# Less likely intents of a clause are not worth a line in every message that is stored.
_WORTH_TELLING = 0.001

# Rasa's validator looks for components of its own that read regular expressions and lookup tables. Ours reads them.
warnings.filterwarnings(
    "ignore", "You have defined training data (with regexes|consisting of lookup tables), but your NLU"
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SparseIntentClassifier(IntentClassifier, GraphComponent):
    """Logistic regression over character n-grams, words and cues; see ``bot.nlu.features`` and ``bot.nlu.linear``.

    It does by itself what Rasa does with three featurizers and a classifier, because those hand one small matrix an
    example from one to the next: four fifths of a training and of a parse. The cues are the regular expressions and
    lookup tables of the training data; a lookup's words count wherever they stand, Chinese has no word borders.

    What else Rasa's LogisticRegressionClassifier lacks: the strength of regularisation is an option (its fixed C=1
    leaves forty intents with hardly any confidence); a message in which nothing is known has no intent and confidence
    0, not the most frequent intent; and the model is plain arrays, nothing that is executed when loaded.

    Buyers put several things into one message: a complaint in the middle of a review, "少发了,赔钱,不然差评". So the
    clauses are ranked as well: ``clauses`` holds ``{"text", "start", "end", "intent", "confidence", "intent_ranking"}``
    of each, and is empty where the message is one clause. What follows from them is ``bot.understanding``'s to say.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "min_ngram": 1,  # characters
            "max_ngram": 3,
            "min_df": 1,  # an n-gram seen in fewer examples is left out
            "feature_weights": {},  # characters, words, cues: how much they count; 1 if not named, 0 leaves them out
            "C": 10.0,  # inverse strength of regularisation
            "max_iter": 100,
            "balance": 1.0,  # 1: rare intents weigh as much as frequent ones; 0: every example the same
            "temperature": 1.0,  # above 1: less sure; below 1: surer
            "ranking_length": 10,  # how many intents are reported
        }

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: Model | None = None
    ) -> None:
        """
        Raises:
            InvalidConfigException: an option that cannot be.
        """
        self._check(config)
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._kinds = self._make_kinds(list(model.rows.get(CUES, {})) if model else [])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SparseIntentClassifier:
        return cls(config, model_storage, resource)

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
                return cls(config, model_storage, resource, Model.load(directory))
        except (ValueError, OSError):
            return cls(config, model_storage, resource)  # trained without any example

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        # Rasa hashes this class, not what it relies on.
        return fingerprint([Path(str(module.__file__)) for module in (features, linear, spelling, splitting)])

    def train(self, training_data: TrainingData) -> Resource:
        """
        Raises:
            InvalidConfigException: examples of fewer than two intents, or nothing in them to learn from.
        """
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        intents = [example.get(INTENT) for example in examples]
        if not examples:
            return self._resource
        if len(set(intents)) < 2:
            raise InvalidConfigException(f"{type(self).__name__}: needs examples of at least two intents")
        patterns = extract_patterns(training_data, use_word_boundaries=False)
        self._kinds = self._make_kinds(list(dict.fromkeys(pattern["pattern"] for pattern in patterns)))
        how = Learning(self._config["C"], self._config["max_iter"], self._config["balance"])
        try:
            self._model = learn([_whole(example) for example in examples], intents, self._kinds, how)
        except ValueError as error:
            raise InvalidConfigException(f"{type(self).__name__}: no feature is left: {error}") from error
        with self._model_storage.write_to(self._resource) as directory:
            self._model.save(directory)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if self._model is not None and isinstance(message.get(TEXT), str):
                ranking = self._rank(_whole(message), self._model)
                message.set(INTENT, ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
                message.set(CLAUSES, self._rank_clauses(message, self._model), add_to_output=True)
        return messages

    def _rank(self, said: Said, model: Model) -> list[dict[str, Any]]:
        """The likeliest intents, best first; none when nothing is known."""
        confidences = model.confidences(said, self._kinds, self._config["temperature"])
        best = np.argsort(-confidences)[: self._config["ranking_length"]]
        return [{"name": model.intents[i], "confidence": float(confidences[i])} for i in best]

    def _rank_clauses(self, message: Message, model: Model) -> list[dict[str, Any]]:
        tokens = _tokens(message)
        ranked = []
        for clause in clauses(message.get(TEXT)):
            # jieba never takes two clauses for one word, so that what it cut of the message holds for them too.
            words = [token.text for token in tokens if clause.start <= token.start and token.end <= clause.end]
            ranking = [
                {"name": intent["name"], "confidence": round(intent["confidence"], 4)}
                for intent in self._rank(Said(clause.text, words), model)
                if intent["confidence"] >= _WORTH_TELLING
            ]
            best = ranking[0] if ranking else {"name": None, "confidence": 0.0}
            ranked.append(
                {
                    "text": clause.text,
                    "start": clause.start,
                    "end": clause.end,
                    "intent": best["name"],
                    "confidence": best["confidence"],
                    INTENT_RANKING_KEY: ranking,
                }
            )
        return ranked

    def _make_kinds(self, patterns: list[str]) -> dict[str, Kind]:
        """The kinds of features that count. ``patterns``: the cues, once they are known."""
        weights = {kind: float(self._config["feature_weights"].get(kind, 1)) for kind in (CHARACTERS, CUES, WORDS)}
        ngrams = features.characters(self._config["min_ngram"], self._config["max_ngram"])
        kinds = {
            CHARACTERS: Kind(ngrams, weights[CHARACTERS], rarity=True, fewest=self._config["min_df"]),
            CUES: Kind(features.cues(patterns), weights[CUES] if patterns else 0, known=patterns),
            WORDS: Kind(features.words, weights[WORDS]),
        }
        return {name: kind for name, kind in kinds.items() if kind.weight}

    @classmethod
    def _check(cls, config: dict[str, Any]) -> None:
        shortest, longest, min_df = config["min_ngram"], config["max_ngram"], config["min_df"]
        if not all(isinstance(number, int) for number in (shortest, longest, min_df)):
            raise InvalidConfigException(f"{cls.__name__}: min_ngram, max_ngram and min_df must be whole numbers")
        if not 1 <= shortest <= longest or min_df < 1:
            raise InvalidConfigException(f"{cls.__name__}: needs 1 <= min_ngram <= max_ngram, and min_df >= 1")
        if not isinstance(config["balance"], int | float) or not 0 <= config["balance"] <= 1:
            raise InvalidConfigException(f"{cls.__name__}: balance must be a number from 0 to 1")
        for option in ("C", "max_iter", "temperature", "ranking_length"):
            if not isinstance(config[option], int | float) or not config[option] > 0:
                raise InvalidConfigException(f"{cls.__name__}: {option} must be a number above 0")
        weights = config["feature_weights"]
        if not isinstance(weights, dict) or not all(isinstance(weight, int | float) for weight in weights.values()):
            raise InvalidConfigException(f"{cls.__name__}: feature_weights must give a number for each kind")
        if unknown := set(weights) - {CHARACTERS, CUES, WORDS}:
            raise InvalidConfigException(f"{cls.__name__}: feature_weights knows no {', '.join(sorted(unknown))}")


def _tokens(message: Message) -> list[Token]:
    tokens: list[Token] = message.get(TOKENS_NAMES[TEXT]) or []
    return tokens


def _whole(message: Message) -> Said:
    return Said(message.get(TEXT), [token.text for token in _tokens(message)])
