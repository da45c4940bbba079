"""The classifier's own arithmetic: what is learnt is what is read, also after it was stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.nlu import features
from bot.nlu.features import Said
from bot.nlu.linear import Kind, Learning, Model, learn

HOW = Learning(strength=10, rounds=100, balance=1)
SAID = [Said(text, list(text)) for text in ("少发了", "少了一件", "漏发", "谢谢", "谢谢你", "多谢啦")]
INTENTS = ["short"] * 3 + ["thanks"] * 3


def kinds() -> dict[str, Kind]:
    return {
        "characters": Kind(features.characters(1, 2), rarity=True),
        "cues": Kind(features.cues(["[少漏]", "谢{2}"]), 0.7, known=["[少漏]", "谢{2}"]),
        "words": Kind(features.words),
    }


@pytest.fixture(scope="module")
def model() -> Model:
    return learn(SAID, INTENTS, kinds(), HOW)


def test_characters_are_features_however_the_words_fall() -> None:
    found = features.characters(1, 2)
    assert (
        found(Said("少 發", ["少", "发"])) == found(Said("少发", ["少发"])) == ["少", "发", "\x02少", "少发", "发\x02"]
    )
    assert found(Said(" ", [])) == []


def test_words_without_marks_case_and_figures() -> None:
    assert features.words(Said("", ["T恤", "，", "12", "No.5", "3件"])) == [
        "t恤",
        "__number__",
        "no",
        "__number__",
        "3件",
    ]


def test_cues_stand_anywhere_in_any_case() -> None:
    found = features.cues(["usb", "没(?:给|放)", "x+"])
    assert found(Said("线没放，USB只有俩", [])) == ["usb", "没(?:给|放)"]


def test_a_stored_model_is_the_same(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path)
    loaded = Model.load(tmp_path)
    for said in (*SAID, Said("少少少了个", list("少少少了个"))):
        np.testing.assert_array_equal(loaded.confidences(said, kinds()), model.confidences(said, kinds()))
    assert not any(path.suffix in {".pkl", ".joblib"} for path in tmp_path.iterdir())


def test_what_is_read_adds_up_as_in_learning(model: Model) -> None:
    """The few rows that are looked up give what the whole matrix gives."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    only = {"characters": kinds()["characters"]}
    learnt = learn(SAID, INTENTS, only, HOW)
    matrix = TfidfVectorizer(analyzer=only["characters"].features, sublinear_tf=True).fit_transform(SAID)
    scores = LogisticRegression(C=10, solver="liblinear", tol=1e-3, random_state=42).fit(matrix, INTENTS)
    for said, score in zip(SAID, scores.decision_function(matrix), strict=True):
        short, thanks = learnt.confidences(said, only)
        assert np.log(thanks / short) == pytest.approx(2 * score, abs=1e-3)


def test_what_was_taught_is_read_as_it_was_taught() -> None:
    said = [*SAID, Said("多发了", list("多发了")), Said("多给了一件", list("多给了一件"))]
    intents = [*INTENTS, "extra", "extra"]
    learnt = learn(said, intents, kinds(), HOW)
    assert [learnt.intents[learnt.confidences(each, kinds()).argmax()] for each in said] == intents


def test_what_is_unknown_has_no_intent_and_all_else_adds_up_to_one(model: Model) -> None:
    assert model.confidences(Said("xyz", ["xyz"]), kinds()).size == 0
    likely = model.confidences(Said("少了", ["少", "了"]), kinds())
    assert likely.sum() == pytest.approx(1) and model.intents[likely.argmax()] == "short"
    unsure = model.confidences(Said("少了", ["少", "了"]), kinds(), temperature=5)
    assert likely.max() > unsure.max()


def test_a_kind_that_learns_nothing_is_an_error() -> None:
    with pytest.raises(ValueError):
        learn(SAID, INTENTS, {"characters": Kind(features.characters(1, 2), fewest=100)}, HOW)
