"""Trained when something that was taught has changed, and only then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rasa.shared.exceptions import RasaException

from bot import cli
from bot.engine import graph_training, training

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("data", "dictionary", "bot/nlu", "bot/language", "bot/understanding"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


@pytest.mark.parametrize(
    "changed",
    [
        "config.yml",
        "data/nlu.yml",
        "data/nlu/greet.yml",
        "data/nlu/contrasts/gifts.yml",
        "data/stories.yml",
        "data/patterns/quantities.yml",
        "dictionary/shop.txt",
        "bot/nlu/tokenizer.py",
    ],
)
def test_what_was_taught_counts(project: Path, changed: str) -> None:
    before = training.fingerprint(project)
    assert training.fingerprint(project) == before
    with (project / changed).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert training.fingerprint(project) != before


@pytest.mark.parametrize(
    ("old", "new", "counts"), [("不客气", "别客气", False), ("utter_thanks:", "utter_welcome:", True)]
)
def test_the_name_of_a_reply_counts_and_its_words_do_not(project: Path, old: str, new: str, counts: bool) -> None:
    before, domain = training.fingerprint(project), project / "domain.yml"
    text = domain.read_text(encoding="utf-8")
    assert old in text
    domain.write_text(text.replace(old, new), encoding="utf-8")
    assert (training.fingerprint(project) != before) is counts


def test_a_new_or_renamed_file_counts(project: Path) -> None:
    before = training.fingerprint(project)
    renamed = (project / "data" / "rules.yml").rename(project / "data" / "more_rules.yml")
    assert training.fingerprint(project) != before
    renamed.rename(project / "data" / "rules.yml")
    assert training.fingerprint(project) == before


@pytest.mark.parametrize("other", ["README.md", "shop.yml", "bot/desk/case.py", "bot/nlu/__pycache__/x.pyc"])
def test_the_rest_does_not(project: Path, other: str) -> None:
    before = training.fingerprint(project)
    (project / other).parent.mkdir(parents=True, exist_ok=True)
    (project / other).write_text("anything", encoding="utf-8")
    assert training.fingerprint(project) == before


def test_a_model_that_is_there_is_not_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    path = training.ensure_model()  # trained by now, or here
    monkeypatch.setattr("rasa.train", lambda *_, **__: pytest.fail("trained again"))
    assert training.ensure_model() == path


def test_what_cannot_be_trained_on_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RasaException("quantities.yml: ignore: no regular expression")

    monkeypatch.setattr(training, "model_path", lambda: tmp_path / "none.tar.gz")
    monkeypatch.setattr(graph_training, "train", refuse)
    assert cli.main(["train"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "shaofa: 训练没有成功：quantities.yml: ignore: no regular expression"
