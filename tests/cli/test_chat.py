"""`shaofa chat --jsonl` as other people's tools call it: a line in, a line out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.cli.calling import lines, shaofa


def talk(*messages: dict[str, Any]) -> str:
    return "".join(json.dumps(message, ensure_ascii=False) + "\n" for message in messages)


def test_a_line_in_a_line_out(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (80, 60), (9, 99, 199)).save(photo)
    answers = lines(
        shaofa(
            "chat",
            "--jsonl",
            folder=tmp_path,
            stdin=talk(
                {"text": "我拍了三件T恤怎么就到一件", "sender": "甲"},
                {"text": "你好", "sender": "乙"},
                {"upload": str(photo), "sender": "甲"},
                {"upload": str(tmp_path / "nowhere.jpg"), "sender": "乙"},
                {"text": "接受", "sender": "甲"},
                {"text": "没有发送人"},
                {"text": "转人工", "sender": "乙"},
                {"text": "在吗", "sender": "乙"},
            ),
        )
    )
    assert [set(answer) for answer in answers] == [
        {"sender", "replies", "intent", "confidence", "claim", "handoff", "acts", "agenda", "claims", "cases"}
    ] * 8
    first, hello, evidence, no_file, agreed, nobody, handed, asked = answers
    assert first["intent"] == "report_short_shipment" and first["claim"]["lines"][0]["missing"] == 2
    assert (
        hello["sender"] == "乙" and hello["claim"] is None and set(hello["replies"][0]) == {"text", "buttons", "custom"}
    )
    assert evidence["claim"]["evidence"] == [{"kind": "photo", "status": "received"}]
    assert "没收到文件" in no_file["replies"][0]["text"]
    assert agreed["claim"]["state"] == "agreed" and agreed["claim"]["settlement"]["freight_by"] == "seller"
    assert nobody["sender"] and nobody["replies"]
    assert handed["handoff"]["reason"] == "user_requested"
    assert handed["handoff"]["urgency"] == "normal" and handed["handoff"]["case_no"] in handed["replies"][1]["text"]
    assert [handed["handoff"]["case_no"] in reply["text"] for reply in asked["replies"]] == [True]


def test_a_conversation_goes_on_after_a_restart(tmp_path: Path) -> None:
    order = {"text": "少了一件T恤", "sender": "s"}
    (offered,) = lines(shaofa("chat", "--jsonl", folder=tmp_path, stdin=talk(order)))
    (agreed,) = lines(shaofa("chat", "--jsonl", folder=tmp_path, stdin=talk({"text": "接受", "sender": "s"})))
    assert offered["claim"]["state"] == "offered" and agreed["claim"]["state"] == "agreed"
    assert agreed["claim"]["claim_id"] == offered["claim"]["claim_id"]

    due = shaofa("promises", folder=tmp_path)
    assert agreed["claim"]["claim_id"] in due.stdout.decode() and "未到期" in due.stdout.decode()
    assert shaofa("fulfil", agreed["claim"]["claim_id"], folder=tmp_path).returncode == 0
    (kept,) = lines(shaofa("chat", "--jsonl", folder=tmp_path, stdin=talk({"text": "我的补发呢", "sender": "s"})))
    told, progress = (reply["text"] for reply in kept["replies"])
    assert told == "说好的补发寄出了。", "it could not be said before"
    assert "办好了" in progress and kept["claim"]["state"] == "fulfilled"
    assert shaofa("promises", folder=tmp_path).stdout.decode() == "没有要办的\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("少发了", "第 1 行不是合法的 JSON"),
        ("[1]", "第 1 行应当是一个 JSON 对象"),
        ('{"text": 3}', "第 1 行的 text 类型不对"),
        ('{"metadata": []}', "第 1 行的 metadata 类型不对"),
        ("[" * 100_000, "第 1 行不是合法的 JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    done = shaofa("chat", "--jsonl", folder=tmp_path, stdin=line + "\n")
    assert done.returncode == 1
    said = done.stderr.decode().strip().splitlines()[-1]
    assert says in said and "Traceback" not in done.stderr.decode()


def test_what_waits_waits_on_after_a_restart(tmp_path: Path) -> None:
    two = {"text": "T恤少了两件，小说集少了一本", "sender": "s"}
    (said,) = lines(shaofa("chat", "--jsonl", folder=tmp_path, stdin=talk(two)))
    assert [(act["kind"], act["item"], act["value"]) for act in said["agenda"]] == [
        ("fact", "名侦探小说集 全6册", {"missing": 1})
    ]
    stdin = talk({"text": "没有照片", "sender": "s"}, {"text": "接受", "sender": "s"}, {"text": "行", "sender": "s"})
    *_, agreed, last = lines(shaofa("chat", "--jsonl", folder=tmp_path, stdin=stdin))
    assert agreed["claim"]["state"] == "agreed" and agreed["claim"]["lines"][0]["missing"] == 2
    assert [claim["state"] for claim in agreed["claims"]] == ["offered", "agreed"] and not agreed["agenda"]
    assert [claim["state"] for claim in last["claims"]] == ["agreed", "agreed"]
    assert set(last["acts"][0]) == {"kind", "value", "item", "words", "confidence"}
