"""The graph in the calling thread gives the same results as Rasa's own runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.engine import loader
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphSchemaValidationException
from rasa.engine.graph import ExecutionContext, GraphNodeHook
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.runner import SyncGraphRunner
from bot.settings import ROOT

TEXTS = ["T恤少了一件", "拍了3件只到2件", "我要退款", "好的", "你好🌸", "订单号4010123456789012345", "", "阿巴阿巴"]


class Trained:
    """The trained graph, in a runner of the given kind."""

    def __init__(self, model: Path, folder: Path, kind: type[GraphRunner]) -> None:
        metadata, self.runner = loader.load_predict_graph_runner(folder, model, LocalModelStorage, kind)
        self.nlu, self.core = metadata.nlu_target, metadata.core_target

    def parse(self, *texts: str) -> list[dict[str, Any]]:
        nobody = DialogueStateTracker.from_events("c", [])
        inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts], PLACEHOLDER_TRACKER: nobody}
        found = self.runner.run(inputs, targets=[self.nlu])
        assert set(found) == {self.nlu}
        return [message.as_dict(only_output_properties=True) for message in found[self.nlu]]

    def predict(self, tracker: DialogueStateTracker) -> Any:
        return self.runner.run({PLACEHOLDER_TRACKER: tracker}, targets=[self.core])[self.core]


@pytest.fixture(scope="module")
def ours(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(model, tmp_path_factory.mktemp("ours"), SyncGraphRunner)


@pytest.fixture(scope="module")
def rasas(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(model, tmp_path_factory.mktemp("rasas"), DaskGraphRunner)


def test_every_text_is_read_the_same(ours: Trained, rasas: Trained) -> None:
    read = ours.parse(*TEXTS)
    assert read == rasas.parse(*TEXTS)
    assert read[0]["intent"]["name"] == "report_short_shipment" and read[0]["entities"]


def said(intent: str) -> list[Event]:
    return [ActionExecuted("action_listen"), UserUttered(intent, {"name": intent, "confidence": 0.9})]


STORIES: dict[str, list[Event]] = {
    "a greeting": said("greet"),
    "a complaint": said("report_short_shipment"),
    "in the form": [
        *said("report_short_shipment"),
        ActionExecuted("action_open_claim"),
        ActionExecuted("claim_form"),
        ActiveLoop("claim_form"),
        SlotSet("requested_slot", "missing"),
        *said("give_quantity"),
    ],
    "an offer accepted": [SlotSet("stage", "offered"), *said("accept_offer")],
    "not understood": said("nlu_fallback"),
}


@pytest.mark.parametrize("story", STORIES)
def test_the_same_action_is_chosen(ours: Trained, rasas: Trained, story: str) -> None:
    domain = Domain.load(str(ROOT / "domain.yml"))
    tracker = DialogueStateTracker.from_events("c", STORIES[story], domain.slots)
    chosen = ours.predict(tracker)
    assert chosen == rasas.predict(tracker)
    assert chosen.probabilities == rasas.predict(tracker).probabilities and chosen.max_confidence > 0


def test_the_same_graph_runs_again_and_again(ours: Trained) -> None:
    assert ours.parse("我要退款") == ours.parse("我要退款")


def test_a_name_that_clashes_with_a_node_is_an_error(ours: Trained) -> None:
    with pytest.raises(GraphSchemaValidationException, match="domain_provider"):
        ours.runner.run({"domain_provider": "x"}, targets=[ours.nlu])


class Notes(GraphNodeHook):
    """Which nodes have run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def on_before_node(
        self, node_name: str, execution_context: ExecutionContext, config: dict[str, Any], received_inputs: Any
    ) -> dict[str, Any]:
        self.ran.append(node_name)
        return {}

    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: Any,
    ) -> None:
        """Nothing to note."""


def test_a_node_runs_once_after_what_it_needs_and_only_if_it_is_needed(model: Path, tmp_path: Path) -> None:
    notes = Notes()
    storage, metadata = LocalModelStorage.from_model_archive(tmp_path, model)
    schema = metadata.predict_schema
    runner = SyncGraphRunner.create(schema, storage, ExecutionContext(schema), [notes])
    nobody = DialogueStateTracker.from_events("c", [])
    runner.run({PLACEHOLDER_MESSAGE: [UserMessage("少了")], PLACEHOLDER_TRACKER: nobody}, [metadata.nlu_target])
    assert len(notes.ran) == len(set(notes.ran)) and notes.ran[-1] == metadata.nlu_target
    for number, name in enumerate(notes.ran):
        needed = set(schema.nodes[name].needs.values()) & set(schema.nodes)
        assert needed <= set(notes.ran[:number])
    assert not [name for name in notes.ran if "Policy" in name]
