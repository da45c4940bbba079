"""Rasa's training without what a training set of this size pays for dearly.

``rasa train`` wraps the importer in three others, each of which copies and hashes all examples again, and teaches the
classifier the names of all actions, so that a story with a new one would train the language part anew. Here files are
read once, and a part is trained when what it is made from has changed. The model is the same, and loads as any other.
"""

from __future__ import annotations

from pathlib import Path

from rasa.engine.caching import LocalTrainingCache
from rasa.engine.recipes.recipe import Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.training.graph_trainer import GraphTrainer
from rasa.engine.validation import validate
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.data import TrainingType
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name

from bot.engine.runner import SyncGraphRunner

_CONFIG, _DOMAIN, _DATA = "config.yml", "domain.yml", "data"
# Rasa joins stories at random into longer ones, which neither of our policies looks at.
_NO_AUGMENTATION = {"augmentation_factor": 0}


def train(model: Path, *, force: bool) -> None:
    """Train from the files of the working directory, and write the model to ``model``.

    Args:
        model: ends in ``.tar.gz``.
        force: train every part, whether it has changed or not.

    Raises:
        RasaException: the data cannot be trained on.
    """
    importer = ReadOnce(_CONFIG, _DOMAIN, [_DATA])
    recipe = Recipe.recipe_for_name("default.v1")
    config, _, _ = recipe.auto_configure(_CONFIG, importer.get_config(), TrainingType.BOTH)
    graph = recipe.graph_config_for_recipe(config, _NO_AUGMENTATION, training_type=TrainingType.BOTH)
    validate(graph)
    model.parent.mkdir(parents=True, exist_ok=True)
    with TempDirectoryPath(get_temp_dir_name()) as folder:
        trainer = GraphTrainer(LocalModelStorage(Path(folder)), LocalTrainingCache(), SyncGraphRunner)
        trainer.train(graph, importer, model, force_retraining=force)


class ReadOnce(RasaFileImporter):
    """Reads each file once, and joins the examples without copying."""

    _read: TrainingData | None = None

    def get_nlu_data(self, language: str | None = "zh") -> TrainingData:
        if self._read is None:  # not cached_method, for Rasa names the language in one place and not in another
            joined = TrainingData()
            for file in self._nlu_files:
                part = load_data(file, language)
                joined.training_examples += part.training_examples
                joined.regex_features += part.regex_features
                joined.lookup_tables += part.lookup_tables
                joined.entity_synonyms.update(part.entity_synonyms)
            self._read = joined
        return self._read

    @cached_method
    def get_domain(self) -> Domain:
        return super().get_domain()

    @cached_method
    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        return super().get_stories(exclusion_percentage)
