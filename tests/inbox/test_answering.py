"""When the answer is given: after a pause, or at once when a button was pressed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.inbox.answering import Answering
from bot.store import Author, Session

if TYPE_CHECKING:
    from tests.office import TestOffice

BUTTONS = [{"title": "没有照片", "payload": "没有照片"}]


@pytest.mark.parametrize(("text", "at_once"), [("没有照片", True), ("我找找", False)])
def test_a_button_is_answered_without_a_pause(office: TestOffice, text: str, at_once: bool) -> None:
    conversation_id = f"web-{at_once}"
    store, now = office.desk.store, office.now()
    store.sessions.open(Session(conversation_id, None, None), now)
    store.log.append(conversation_id, Author.BOT, {"text": "发张照片？", "buttons": BUTTONS}, now)
    # Said in an hour: so long would be waited for more.
    store.log.append(conversation_id, Author.BUYER, {"text": text}, now + timedelta(hours=1))

    async def answer() -> None:
        answering = Answering(office.inbox)
        answering.start(conversation_id)
        for _ in range(100 if at_once else 5):
            await asyncio.sleep(0.1)
            if not store.log.unanswered(conversation_id):
                return

    asyncio.run(answer())
    assert bool(store.log.unanswered(conversation_id)) is not at_once


def test_a_slow_answer_is_not_begun_by_another_worker(office: TestOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = office.desk.store, office.now()
    store.sessions.open(Session("web-slow", None, None), now)
    store.log.append("web-slow", Author.BUYER, {"text": "少发了"}, now)
    taken: list[bool] = []

    async def slow(*_: Any) -> None:
        later = now + timedelta(seconds=20)
        taken.append(store.sessions.lease("web-slow", later, later + timedelta(seconds=1)))

    monkeypatch.setattr(office.inbox, "answer", slow)
    asyncio.run(Answering(office.inbox)._answer("web-slow"))
    assert taken == [False]
