"""Logistic regression, one intent against the rest, over named features. Needs no Rasa.

Learning goes over the whole corpus in one matrix. Reading looks features up in a dictionary and adds up the few rows of
weights that a message has: matrices of one row cost scipy a hundred times as much.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.features import Features, Said

_META = "model.json"
_ARRAYS = "model.npz"
_AT_A_TIME = 4  # intents that are fitted at once; each holds the examples once more
_NOTHING = np.empty(0, dtype=np.float32)


@dataclass(frozen=True)
class Kind:
    """One kind of features. All of one kind are as long as all of another: none outweighs another by its scale.

    Args:
        features: finds them in a message.
        weight: how much this kind counts beside the others.
        known: the only ones there are; None to learn them from the examples.
        rarity: what few examples have counts more, and the second time it is said less than the first (TF-IDF).
        fewest: a feature that fewer examples have is left out.
    """

    features: Features
    weight: float = 1.0
    known: Sequence[str] | None = None
    rarity: bool = False
    fewest: int = 1


@dataclass(frozen=True)
class Learning:
    """How liblinear learns.

    Args:
        strength: inverse of the regularisation's (``C``).
        rounds: at most so many iterations.
        balance: 1: rare intents weigh as much as frequent ones; 0: every example the same.
    """

    strength: float
    rounds: int
    balance: float


@dataclass(frozen=True)
class Model:
    """``rows``: of each kind its features, and which row of ``weights`` and ``rarity`` is theirs."""

    intents: list[str]
    rows: dict[str, dict[str, int]]
    rarity: np.ndarray
    weights: np.ndarray  # a row a feature, a column an intent
    bias: np.ndarray

    def confidences(self, said: Said, kinds: Mapping[str, Kind], temperature: float = 1.0) -> np.ndarray:
        """One number an intent, which add up to 1; none at all when nothing in the message is known."""
        found, values = [], []
        for name, rows in self.rows.items():
            kind = kinds[name]
            counts = Counter(rows[feature] for feature in kind.features(said) if feature in rows)
            if not counts:
                continue
            here = np.fromiter(counts, dtype=np.intp, count=len(counts))
            value = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
            if kind.rarity:
                value = (1 + np.log(value)) * self.rarity[here]
            found.append(here)
            values.append(value * (kind.weight / math.sqrt(value @ value)))
        if not found:
            return _NOTHING
        scores = self.bias + np.concatenate(values, dtype=np.float32) @ self.weights[np.concatenate(found)]
        exponents = np.exp((scores - scores.max()) / temperature)
        likely: np.ndarray = exponents / exponents.sum()
        return likely

    def save(self, folder: Path) -> None:
        """Names as JSON, numbers as plain arrays: nothing in it is executed when loaded."""
        meta = {"intents": self.intents, "features": {kind: list(rows) for kind, rows in self.rows.items()}}
        (folder / _META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / _ARRAYS, rarity=self.rarity, weights=self.weights, bias=self.bias)

    @classmethod
    def load(cls, folder: Path) -> Model:
        """
        Raises:
            OSError, ValueError: no model there.
        """
        meta = json.loads((folder / _META).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
            return cls(meta["intents"], _rows(meta["features"]), arrays["rarity"], arrays["weights"], arrays["bias"])


def learn(said: Sequence[Said], intents: Sequence[str], kinds: Mapping[str, Kind], how: Learning) -> Model:
    """The model of the examples.

    Raises:
        ValueError: no feature is left to learn from.
    """
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.preprocessing import normalize as to_unit_length

    features: dict[str, list[str]] = {}
    rarity, blocks = [], []
    for name, kind in kinds.items():
        counting = CountVectorizer(analyzer=kind.features, min_df=kind.fewest, vocabulary=kind.known, dtype=np.float32)
        block = counting.fit_transform(said)
        block.sort_indices()  # liblinear adds up in this order, and a rounding may make it stop a step later
        features[name] = counting.get_feature_names_out().tolist()
        if kind.rarity:
            weighing = TfidfTransformer(sublinear_tf=True)
            block = weighing.fit_transform(block)
            block.sort_indices()
            rarity.append(weighing.idf_)
        else:
            rarity.append(np.ones(len(features[name])))
        blocks.append(to_unit_length(block) * kind.weight)
    # In double precision, as liblinear computes: otherwise every fit would make a copy of its own.
    weights, bias = _fit(hstack(blocks, format="csr", dtype=np.float64), intents, how)
    return Model(
        sorted(set(intents)),
        _rows(features),
        np.concatenate(rarity).astype(np.float32),
        np.ascontiguousarray(weights.T, dtype=np.float32),
        bias.astype(np.float32),
    )


def _fit(matrix: Any, intents: Sequence[str], how: Learning) -> tuple[np.ndarray, np.ndarray]:
    """A row of weights and a bias for each intent, in the order of their names."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    weights, given = _balanced(intents, how.balance), np.array(intents)

    def against_the_rest(intent: str) -> LogisticRegression:
        return LogisticRegression(
            C=how.strength,
            max_iter=how.rounds,
            class_weight={True: weights[intent], False: 1},
            solver="liblinear",
            tol=1e-3,  # at 1e-2 a rounding decides whether it goes a step further, and messages on the border with it
        ).fit(matrix, given == intent)

    # liblinear computes without Python's lock. Sums that BLAS splits among threads as well take longer, not shorter.
    with threadpool_limits(1), ThreadPoolExecutor(min(os.cpu_count() or 1, _AT_A_TIME)) as pool:
        fits = list(pool.map(against_the_rest, sorted(weights)))
    return np.concatenate([fit.coef_ for fit in fits]), np.concatenate([fit.intercept_ for fit in fits])


def _rows(features: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    rows, first = {}, 0
    for kind, names in features.items():
        rows[kind] = {name: row for row, name in enumerate(names, start=first)}
        first += len(names)
    return rows


def _balanced(intents: Sequence[str], balance: float) -> dict[str, float]:
    counts = Counter(intents)
    return {intent: (len(intents) / len(counts) / count) ** balance for intent, count in counts.items()}
