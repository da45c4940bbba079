"""A complaint is heard wherever in the message it stands; the rest of the parse is the whole message's."""

from __future__ import annotations

from typing import Any

import pytest

from bot.inbox import reading
from bot.inbox.reading import COMPLAINT, FALLBACK


class Listener:
    """Stands in for the model: knows some clauses, and remembers what it was asked."""

    def __init__(self, **known: tuple[str, float]) -> None:
        self.known = known
        self.asked: list[str] = []

    def parse(self, agent: object, texts: list[str]) -> list[dict[str, Any]]:
        self.asked += texts
        return [self._answer(text) for text in texts]

    def _answer(self, text: str) -> dict[str, Any]:
        name, confidence = self.known.get(text, ("praise", 0.6))
        intent = {"name": name, "confidence": confidence}
        ranking = [intent, {"name": COMPLAINT, "confidence": 0.1}]
        return {"text": text, "intent": intent, "intent_ranking": ranking, "entities": [len(text)]}


def heard(listener: Listener, text: str) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "parse", listener.parse)
        return reading.read(None, text)  # type: ignore[arg-type]


def test_a_complaint_in_passing_is_found() -> None:
    listener = Listener(就是书签没给=(COMPLAINT, 0.97))
    parsed = heard(listener, "书很好，物流也快，包装结实，就是书签没给")
    assert parsed["intent"] == {"name": COMPLAINT, "confidence": pytest.approx(0.535)}
    assert parsed["text"].startswith("书很好") and parsed["entities"] == [20]


def test_a_clause_that_is_not_sure_changes_nothing() -> None:
    listener = Listener(就是书签没给=(COMPLAINT, 0.6))
    assert heard(listener, "书很好，物流也快，包装结实，就是书签没给")["intent"] == {
        "name": "praise",
        "confidence": 0.6,
    }


def test_a_message_that_only_looks_like_a_complaint_is_asked_about() -> None:
    text = "两个都是好的，就是小了点"
    parsed = heard(Listener(**{text: (COMPLAINT, 0.5)}), text)
    assert parsed["intent"] == {"name": FALLBACK, "confidence": pytest.approx(0.7)}


def test_what_is_said_besides_the_complaint_is_not_lost() -> None:
    text = "少发了两件，给我退款，不然差评"
    listener = Listener(
        **{text: (COMPLAINT, 0.7), "少发了两件": (COMPLAINT, 0.9)},
        给我退款=("request_refund", 0.95),
        不然差评=("threaten_review", 0.5),
    )
    parsed = heard(listener, text)
    assert parsed["intent"] == {"name": COMPLAINT, "confidence": pytest.approx(0.8)}
    assert parsed["also"] == ["request_refund"]


@pytest.mark.parametrize("text", ["好，行", "我觉得这个东西真的是非常非常不错", "", "行，那好吧"])
def test_short_messages_and_single_clauses_are_read_once(text: str) -> None:
    listener = Listener()
    heard(listener, text)
    assert listener.asked == [text]


def test_a_text_by_the_yard_is_not_read_for_ever() -> None:
    listener = Listener()
    heard(listener, "真的很不错，" * 1000)
    assert len(listener.asked) <= 21


def test_a_clause_is_never_a_command() -> None:
    listener = Listener()
    heard(listener, "东西挺好的，/restart，就这样吧")
    assert listener.asked[1:] == ["东西挺好的", "restart", "就这样吧"]
