"""How many were ordered, came and are missing, as Rasa entities."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.quantities import Mention, QuantityReader
from bot.nlu.data_file import DataFileExtractor
from bot.nlu.patterns import SpacyPatternExtractor


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class QuantityExtractor(DataFileExtractor):
    """Entities ``quantity`` with the role ordered, received or missing; see ``bot.language.quantities``.

    ``value`` is an int, ``unit`` a measure word or None. A count that is worked out of the other two has
    ``derived: true`` and spans both. After SpacyPatternExtractor, whose finds are not read as counts.
    """

    OPTION = "words"
    FILE = "quantities.yml"

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"words": "data/patterns/quantities.yml"}

    def _use(self, path: Path) -> None:
        self._reader = QuantityReader.load(path)

    def _find(self, message: Message) -> Iterable[dict[str, Any]]:
        _, mentions = self._reader.read(message.get(TEXT), _hidden(message))
        return map(_as_dict, mentions)


def _hidden(message: Message) -> list[tuple[int, int]]:
    return [
        (entity["start"], entity["end"])
        for entity in message.get(ENTITIES, [])
        if entity.get("extractor") == SpacyPatternExtractor.__name__
    ]


def _as_dict(mention: Mention) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "entity": "quantity",
        "role": mention.role,
        "start": mention.start,
        "end": mention.end,
        "value": mention.value,
        "unit": mention.unit,
    }
    if mention.derived:
        plain["derived"] = True
    return plain
