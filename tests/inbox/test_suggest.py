"""An answer that is only looked at: worked out as the real one, and nobody's business afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.desk import Case, Desk, handoffs, offers
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, NotYours, Outcome, as_file
from tests.desks import hear
from tests.inboxes import TALK, Echo, ask, log, message, remembered, said
from tests.movies import movie


def suggest(inbox: Inbox, text: str, *before: str, **more: Any) -> Outcome:
    return asyncio.run(inbox.suggest(message(text, **more), before))


def everything(inbox: Inbox) -> dict[str, list[Any]]:
    """Every row of every table."""
    metadata, engine = sa.MetaData(), inbox.desk.store._engine
    metadata.reflect(engine)
    with engine.connect() as connection:
        return {table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in metadata.sorted_tables}


def test_it_says_what_the_real_answer_says_and_leaves_nothing(inbox: Inbox) -> None:
    ask(inbox, "在吗")
    before = everything(inbox)
    suggested = suggest(inbox, "少了一件", message_id="1")
    assert everything(inbox) == before
    assert ask(inbox, "少了一件", "1") == suggested


def test_claims_and_hand_offs_that_come_of_it_are_thrown_away(inbox: Inbox, engine: Echo, desk: Desk) -> None:
    def settle(case: Case) -> None:
        claim = hear(case, "少一件", "T恤", missing=1)
        offers.assess(case, claim)
        handoffs.hand_off(case, "user_requested")

    engine.during = settle
    desk.tell = ("webhook",)
    before = everything(inbox)
    outcome = suggest(inbox, "T恤少一件")
    assert outcome.claim and outcome.handoff
    assert everything(inbox) == before
    assert not inbox.with_person(TALK)


def test_what_is_not_on_record_can_be_told(inbox: Inbox, engine: Echo) -> None:
    outcome = suggest(inbox, "就到了两件", "在吗", "少了一件")
    assert engine.asked == [["在吗"], ["少了一件"], ["就到了两件"]] and said(outcome) == ["echo: 就到了两件"]
    assert log(inbox) == [] and inbox.desk.store.conversations.get(TALK) is None


def test_it_goes_on_from_what_is_on_record(inbox: Inbox) -> None:
    ask(inbox, "在吗")
    suggest(inbox, "少了一件")
    assert remembered(inbox) == {"said": ["在吗"]}


def test_a_file_is_looked_at_and_not_kept(inbox: Inbox, engine: Echo, tmp_path: Path) -> None:
    suggest(inbox, "", files=(as_file(movie()), as_file(b"%PDF-1.4"), None))
    assert [upload.get("error") for upload in engine.uploads] == [None, "not_a_picture", "missing"]
    assert [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()] == []


def test_anothers_conversation_is_not_looked_into(inbox: Inbox) -> None:
    ask(inbox, "在吗")
    with pytest.raises(NotYours):
        asyncio.run(inbox.suggest(Incoming(TALK, "少了一件", None, "ben")))


def test_while_a_person_has_it_nothing_is_suggested_either(inbox: Inbox, engine: Echo) -> None:
    engine.during = lambda case: handoffs.hand_off(case, "user_requested")
    ask(inbox, "转人工")
    engine.during = lambda case: None
    assert suggest(inbox, "好的").replies == ask(inbox, "好的").replies
