"""Entities with a shape of their own, by spaCy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.entities import Entity, EntityPatterns
from bot.nlu.data_file import DataFileExtractor


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class SpacyPatternExtractor(DataFileExtractor):
    """Order, tracking and phone numbers, couriers, money and dates; see ``bot.language.entities``.

    Money carries ``fen``, an integer or None.
    """

    OPTION = "patterns"
    FILE = "entities.jsonl"

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"patterns": "data/patterns/entities.jsonl"}

    def _use(self, path: Path) -> None:
        self._patterns = EntityPatterns.load(path)

    def _find(self, message: Message) -> Iterable[dict[str, Any]]:
        return map(_as_dict, self._patterns.find(message.get(TEXT)))


def _as_dict(entity: Entity) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "entity": entity.label,
        "start": entity.start,
        "end": entity.end,
        "value": entity.value,
    }
    if entity.label == "money":
        plain["fen"] = entity.fen
    return plain
