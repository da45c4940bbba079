"""Where nothing needs TensorFlow it is not loaded; where something may, it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine import no_tensorflow
from bot.settings import ROOT
from tests.office import fresh

SCRIPT = """
import json, sys
from bot.engine.training import ensure_model
from bot.inbox.opening import load_engine, open_inbox
inbox = open_inbox(load_engine(ensure_model()))
loaded = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("tensorflow", "keras")}
print(json.dumps({
    "version": loaded["tensorflow"].__version__,
    "from files": [name for name, module in loaded.items() if getattr(module, "__file__", None)],
    "intent": inbox.engine.parse("T恤少了一件")["intent"]["name"],
}))
"""


def test_an_open_inbox_has_not_loaded_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, **fresh(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen == {"version": "0", "from files": [], "intent": "report_short_shipment"}


def config(folder: Path, pipeline: list[str], policies: list[str]) -> Path:
    path = folder / "config.yml"
    listed = {"pipeline": pipeline, "policies": policies}
    lines = [f"{part}:\n" + "".join(f"- name: {name}\n" for name in names) for part, names in listed.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("pipeline", "policies", "needed"),
    [
        (["bot.nlu.tokenizer.ShopJiebaTokenizer", "CRFEntityExtractor"], ["RulePolicy"], False),
        (["JiebaTokenizer", "DIETClassifier"], ["RulePolicy"], True),
        (["JiebaTokenizer"], ["RulePolicy", "TEDPolicy"], True),
        (["somebody.elses.Component"], ["RulePolicy"], True),
    ],
)
def test_it_is_needed_by_a_component_that_may_use_it(
    tmp_path: Path, pipeline: list[str], policies: list[str], needed: bool
) -> None:
    assert no_tensorflow.is_needed(config(tmp_path, pipeline, policies)) is needed


def test_our_own_pipeline_does_without() -> None:
    assert not no_tensorflow.is_needed(ROOT / "config.yml")


@pytest.mark.parametrize("loaded", [False, True])
def test_it_is_spared_only_where_it_is_not_there_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: bool
) -> None:
    monkeypatch.setattr(sys, "meta_path", [])
    monkeypatch.setattr(sys, "modules", {"tensorflow": None} if loaded else {})
    no_tensorflow.spare(ROOT / "config.yml")
    finders = len(sys.meta_path)
    no_tensorflow.spare(config(tmp_path, ["DIETClassifier"], []))
    monkeypatch.undo()
    assert finders == (0 if loaded else 1)


def test_the_stand_in_can_be_derived_from_and_decorate_and_says_so_when_used() -> None:
    tf = no_tensorflow._Empty("tensorflow")

    class Layer(tf.keras.layers.Layer):  # type: ignore[misc]
        @tf.function
        def call(self, tensor: tf.Tensor[int]) -> int:  # type: ignore[name-defined]
            return 1

        @tf.function(reduce_retracing=True)
        def again(self) -> int:
            return 2

    assert Layer.call(None, None) == 1 and Layer.again(None) == 2
    with pytest.raises(RuntimeError, match="TensorFlow is not loaded"):
        Layer()
    with pytest.raises(AttributeError):
        _ = tf.__wrapped__
