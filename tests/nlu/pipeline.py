"""A pipeline of config.yml's own components, trained on a handful of examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

ROOT = Path(__file__).resolve().parents[2]


def context(node: str) -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), node_name=node)


def component_class(name: str) -> Any:
    import importlib

    if "." in name:
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)
    return DefaultV1Recipe._from_registry(name).clazz


def configured() -> list[dict[str, Any]]:
    """The pipeline of config.yml, its file names made absolute."""
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    for item in pipeline:
        for key in ("dictionary_path", "patterns", "words"):
            if key in item:
                item[key] = str(ROOT / item[key])
    return list(pipeline)


def train(pipeline: Sequence[dict[str, Any]], data: TrainingData, folder: Path) -> list[GraphComponent]:
    """Train one component after the other, and return them as loaded again from what they persisted."""
    storage, loaded = LocalModelStorage(folder), []
    for number, item in enumerate(pipeline):
        kind = component_class(item["name"])
        node = f"{number}_{kind.__name__}"
        config = {**kind.get_default_config(), **{key: value for key, value in item.items() if key != "name"}}
        resource = Resource(node)
        component = kind.create(config, storage, resource, context(node))
        trainable = hasattr(component, "train")
        if trainable:
            component.train(data)
        if hasattr(component, "process_training_data"):
            data = component.process_training_data(data)
        loaded.append(kind.load(config, storage, resource, context(node)) if trainable else component)
    return loaded


def parse(components: Sequence[GraphComponent], text: str) -> Message:
    message = Message({TEXT: text})
    for component in components:
        message = component.process([message])[0]  # type: ignore[attr-defined]
    return message


def training_data(folder: Path, examples: str) -> TrainingData:
    """``examples``: the ``nlu:`` part of a training file."""
    path = folder / "nlu.yml"
    path.write_text(f'version: "3.1"\nnlu:\n{examples}', encoding="utf-8")
    return training_data_from_paths([str(path)], "zh")
