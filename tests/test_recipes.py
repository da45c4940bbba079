"""CONTRIBUTING.md's recipes carried out: another desk by the code it shows, another intent by the files it names.

A new platform is in ``test_new_platform.py``, another story in ``engine/test_policies.py``, a kinder reply in
``test_wording.py``.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.desk import Speaker
from bot.engine import graph_training
from bot.engine.protocol import Input
from bot.settings import ROOT
from tests.doors.standin import OFFER, SILENT, StandIn, client
from tests.office import TestOffice

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

# What the recipe leaves to whoever writes the door, and the imports that an editor puts there.
REST = """
from dataclasses import replace

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from bot.doors.http import JSON_BYTES, STORABLE, check_json, check_key, parse, peer, read_body
from bot.doors.refusals import Refused, VendorRoute
from bot.inbox.choices import as_text, meant, standing
from bot.inbox.conversations import MAX_SESSION, named
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, Outcome


def as_incoming(body):
    return Incoming(named("vendor", body.session, body.buyer), body.text, buyer_id=body.buyer, channel="vendor")


def as_answer(outcome):
    return {"answer": as_text(outcome.replies), "person": bool(outcome.handoff)}

"""


def section(title: str) -> str:
    return GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.fixture
def door(tmp_path: Path) -> dict[str, Any]:
    code = re.search(r"```python\n(.*?)```", section("Adding a door"), re.DOTALL)
    assert code
    written: dict[str, Any] = {"__name__": "vendor"}
    exec(compile(REST + code[1], "vendor.py", "exec"), written)
    return written


def test_the_door_of_the_recipe_is_short_and_carries_a_conversation(door: dict[str, Any], tmp_path: Path) -> None:
    inbox = StandIn(tmp_path)
    inbox.answers = [OFFER, SILENT]
    vendor = client(door["routes"](inbox))
    said = {"session": "1", "buyer": "anna", "text": "少发了"}
    offered = vendor.post("/v1/vendor/messages", json=said).json()
    assert "1. 接受" in offered["answer"] and offered["person"] is False
    assert vendor.post("/v1/vendor/messages", json={**said, "text": "1"}).json() == {"answer": "", "person": True}
    assert [incoming.text for incoming in inbox.heard] == ["少发了", "接受"]
    assert {incoming.buyer_id for incoming in inbox.heard} == {"anna"}


def test_the_door_of_the_recipe_refuses_in_its_vendors_words(door: dict[str, Any], tmp_path: Path) -> None:
    vendor = client(door["routes"](StandIn(tmp_path)))
    refused = vendor.post("/v1/vendor/messages", json={"session": "1"})
    assert refused.status_code == 400 and "buyer" in refused.json()["Message"]
    assert refused.json()["Code"] == "bad_request"
    far = client(door["routes"](StandIn(tmp_path)), address="203.0.113.7")
    assert far.post("/v1/vendor/messages", json={}).status_code == 403


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's data, of the examples those that a training of seconds can do with."""
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, tmp_path)
    for folder in ("data", "dictionary"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("contrasts"))
    for file in [tmp_path / "data" / "nlu.yml", *(tmp_path / "data" / "nlu").glob("*.yml")]:
        stated = yaml.safe_load(file.read_text(encoding="utf-8"))
        for block in stated["nlu"]:
            if "examples" in block:
                block["examples"] = "\n".join(block["examples"].splitlines()[:20]) + "\n"
        file.write_text(yaml.safe_dump(stated, allow_unicode=True), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RASA_CACHE_DIRECTORY", str(tmp_path / "cache"))
    return tmp_path


def test_another_intent_takes_the_files_that_the_recipe_names(
    copy: Path, office: TestOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = section("Adding an intent")
    for named in ("`domain.yml`", "`data/nlu/<intent>.yml`", "`data/rules.yml`"):
        assert named in recipe
    domain = (copy / "domain.yml").read_text(encoding="utf-8")
    domain = domain.replace("intents:\n", "intents:\n- ask_gift_wrap: {use_entities: []}\n", 1)
    domain = domain.replace("responses:\n", "responses:\n  utter_thanks_for_asking:\n  - text: 可以包成礼物。\n", 1)
    (copy / "domain.yml").write_text(domain, encoding="utf-8")
    asked = [f"{ask}包成礼物{end}" for ask in ("能", "可以", "帮我", "给我") for end in ("吗", "不", "么", "吧", "")]
    examples = "".join(f"- {example}\n" for example in asked)
    blocks = [{"intent": "ask_gift_wrap", "examples": examples}]
    taught = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True)
    (copy / "data" / "nlu" / "ask_gift_wrap.yml").write_text(taught, encoding="utf-8")
    with (copy / "data" / "rules.yml").open("a", encoding="utf-8") as rules:
        rules.write("\n- rule: Gift wrap\n  steps:\n  - intent: ask_gift_wrap\n  - action: utter_thanks_for_asking\n")
    model = copy / "model.tar.gz"
    graph_training.train(model, force=True)

    from actions import HANDLERS
    from bot.engine import nlg
    from bot.engine.rasa_engine import RasaEngine
    from bot.talk.wording import Responses

    monkeypatch.setattr(nlg, "RESPONSES", Responses(copy / "domain.yml", "responses"))
    engine = RasaEngine(model, HANDLERS)
    case = office.desk.open(Speaker("gift", "gift"))
    replies = engine.respond(case, [Input("帮我包成礼物吧")], None, None).replies
    assert [reply["text"] for reply in replies] == ["可以包成礼物。"]
