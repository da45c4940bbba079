"""The wordings of a response are said in turn."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine import nlg
from bot.talk.wording import RESPONSES, Responses


def said(response: str, tracker: DialogueStateTracker, **values: str) -> str:
    draft = asyncio.run(nlg.DomainNlg().generate(response, tracker, "any", **values))
    assert draft is not None
    tracker.update(BotUttered(draft["text"]))
    return str(draft["text"])


def conversation() -> DialogueStateTracker:
    return DialogueStateTracker.from_events("c", [], [])


@given(st.lists(st.sampled_from(sorted(name for name, texts in RESPONSES.now().items() if len(texts) > 1)), max_size=8))
def test_no_response_that_has_two_wordings_is_said_twice_running_in_the_same(names: list[str]) -> None:
    tracker = conversation()
    values = dict.fromkeys(("answer", "explanation", "offer", "because", "what"), "某")
    texts = [said(name, tracker, **values) for name in names]
    assert all(one != next_ for one, next_ in pairwise(texts))


def test_with_other_values_it_is_another_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "domain.yml"
    file.write_text("responses: {utter_x: [{text: '{item}到了几件？'}, {text: '还差{item}。'}]}", encoding="utf-8")
    monkeypatch.setattr(nlg, "RESPONSES", Responses(file, "responses"))
    tracker = conversation()
    assert [said("utter_x", tracker, item=item) for item in ("毛巾", "袜子", "毛巾", "毛巾")] == [
        "毛巾到了几件？",
        "袜子到了几件？",
        "还差毛巾。",
        "毛巾到了几件？",
    ]


def test_what_is_not_in_the_domain_is_nothing() -> None:
    assert asyncio.run(nlg.DomainNlg().generate("utter_nothing_of_the_kind", conversation(), "any")) is None


def test_one_wording_alone_is_said_again_as_what_has_been_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "domain.yml"
    file.write_text("responses: {utter_x: [{text: 两天内发。}], utter_y: [{text: 好。}]}", encoding="utf-8")
    monkeypatch.setattr(nlg, "RESPONSES", Responses(file, "responses"))
    tracker = conversation()
    assert [said("utter_x", tracker) for _ in range(3)] == ["两天内发。", "再跟您说一遍：两天内发。", "两天内发。"]
