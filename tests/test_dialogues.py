"""Whole conversations, as data, against the really trained model and the real actions.

A file of ``tests/dialogues/`` is a list of conversations. Keys of a turn: ``buyer`` (text) or ``upload`` (a file made
by the fixture), ``later`` (hours that pass before the turn), ``due`` (then the promises are looked at); expectations:
``bot`` (each must occur in the replies, in this order), ``never`` (none may), ``claim`` (dotted path in the claim's
JSON -> value), ``handoff`` (reason, or false), ``silent`` (no reply at all), ``button`` (title that must be offered).
``{order:词}`` in a text stands for the id of the buyer's order with that word in a title, ``{foreign}`` for the id of
somebody else's order.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.claims.events import replay
from bot.inbox.model import Incoming, Outcome
from bot.talk.due import attend
from tests.office import TestOffice

FILES = sorted((Path(__file__).parent / "dialogues").glob("*.yml"))
CASES = [
    pytest.param(case, id=f"{file.stem}-{case['name']}")
    for file in FILES
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES)
def test_dialogue(case: dict[str, Any], office: TestOffice) -> None:
    conversation = f"test-{case['name']}"
    buyer = case.get("buyer_id", conversation)
    office.welcome(buyer)
    order_id = office.fill(case["order"], buyer) if "order" in case else None
    for number, turn in enumerate(case["turns"], 1):
        office.later(turn.get("later", 0))
        if turn.get("due"):
            attend(office.desk)
        outcome = asyncio.run(
            office.inbox.handle(
                Incoming(
                    conversation_id=turn.get("conversation", conversation),
                    text=office.fill(turn.get("buyer", ""), buyer),
                    buyer_id=buyer,
                    order_id=order_id,
                    files=tuple(office.file(name) for name in as_list(turn.get("upload"))),
                )
            )
        )
        where = f"turn {number}: {turn}\n  {outcome.intent} {outcome.confidence}\n  got {said(outcome)}"
        check(turn, outcome, f"{where}\n  claim {outcome.claim}")
    for claim in office.desk.store.claims.of_buyer(buyer):
        assert replay(office.desk.store.claims.history(claim.claim_id)) == claim


def check(turn: dict[str, Any], outcome: Outcome, where: str) -> None:
    text = said(outcome)
    assert len(outcome.replies) <= 3, where
    if turn.get("silent"):
        assert not outcome.replies, where
    elif not outcome.handoff:
        assert outcome.replies and all(reply["text"].strip() for reply in outcome.replies), where
    position = 0
    for wanted in as_list(turn.get("bot")):
        position = text.find(str(wanted), position)
        assert position >= 0, f"{wanted!r} is not said (in this order). {where}"
    for unwanted in as_list(turn.get("never")):
        assert str(unwanted) not in text, f"{unwanted!r} is said. {where}"
    assert not re.search(r"\{\w*\}|None|utter_|Traceback", text), f"a gap in the wording. {where}"
    for path, value in (turn.get("claim") or {}).items():
        assert dig(outcome.claim, path) == value, f"{path} is {dig(outcome.claim, path)!r}. {where}"
    if "handoff" in turn:
        assert (outcome.handoff or {}).get("reason", False) == turn["handoff"], where
    if "button" in turn:
        assert turn["button"] in [b["title"] for reply in outcome.replies for b in reply["buttons"]], where


def said(outcome: Outcome) -> str:
    return "\n".join(reply["text"] for reply in outcome.replies)


def dig(value: Any, path: str) -> Any:
    for key in path.split("."):
        if value is None:
            return None
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
