"""Stories carry the settlement: without them it does not happen, and two that contradict each other are named."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from rasa.shared.exceptions import InvalidConfigException

from bot.engine import graph_training
from bot.engine.policies import StoryPolicy
from bot.inbox.model import Incoming, Outcome
from bot.settings import ROOT
from tests.office import TestOffice

Retell = Callable[[list[dict]], list[dict]]


@pytest.fixture
def train_dialogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Trains the dialogue part alone, with other stories."""

    def train(retell: Retell) -> Path:
        config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
        config = {**config, "language": "en", "pipeline": [{"name": "WhitespaceTokenizer"}]}
        (tmp_path / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        shutil.copy(ROOT / "domain.yml", tmp_path)
        (tmp_path / "data").mkdir()
        shutil.copy(ROOT / "data" / "rules.yml", tmp_path / "data")
        told = yaml.safe_load((ROOT / "data" / "stories.yml").read_text(encoding="utf-8"))
        told["stories"] = retell(told["stories"])
        (tmp_path / "data" / "stories.yml").write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
        # Rasa wants a message for each intent that a rule names.
        intents = [
            name for entry in yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))["intents"] for name in entry
        ]
        nlu = [{"intent": intent, "examples": f"- {intent} one\n- {intent} two\n"} for intent in intents]
        (tmp_path / "data" / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("RASA_CACHE_DIRECTORY", str(tmp_path / "cache"))
        model = tmp_path / "model.tar.gz"
        graph_training.train(model, force=True)
        return model

    return train


def offered(*steps: dict) -> dict:
    return {"story": "another end", "steps": [{"slot_was_set": [{"stage": "offered"}]}, *steps]}


def test_a_shop_adds_a_step_by_adding_a_story(train_dialogue: Callable[..., Path]) -> None:
    recipe = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Adding a story")[2]
    (story,) = yaml.safe_load(recipe.partition("```yaml\n")[2].partition("```")[0])
    assert train_dialogue(lambda stories: [*stories, story]).exists()


def test_stories_that_contradict_each_other_are_both_named(train_dialogue: Callable[..., Path]) -> None:
    other = offered({"intent": "accept_offer"}, {"action": "utter_noted"})
    with pytest.raises(InvalidConfigException, match="stage 是 offered 时，accept_offer 之后") as raised:
        train_dialogue(lambda stories: [*stories, other])
    assert "“the offer is accepted”接着是 action_accept_offer" in str(raised.value)
    assert "“another end”接着是 utter_noted" in str(raised.value)


@pytest.fixture
def without_stories(office: TestOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = office.engine._processor.graph_runner._nodes.values()
    (stories,) = (node._component for node in nodes if isinstance(node._component, StoryPolicy))
    monkeypatch.setattr(stories, "lookup", {})


def said(office: TestOffice, buyer: str, *texts: str) -> Outcome:
    office.welcome(buyer)
    outcomes = [asyncio.run(office.inbox.handle(Incoming(buyer, text, buyer_id=buyer))) for text in texts]
    return outcomes[-1]


def test_with_the_stories_a_claim_is_settled(office: TestOffice) -> None:
    outcome = said(office, "stories", "T恤少了一件", "接受")
    assert outcome.claim is not None and outcome.claim["state"] == "agreed"


@pytest.mark.usefixtures("without_stories")
def test_without_the_stories_no_offer_is_made(office: TestOffice) -> None:
    outcome = said(office, "no-stories", "T恤少了一件")
    assert outcome.claim is not None and outcome.claim["offer"] is None
