"""`shaofa backup` beside a server that answers, `shaofa restore` elsewhere: the conversation goes on there."""

from __future__ import annotations

import base64
import io
import itertools
import json
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import requests
from PIL import Image

from tests.cli.calling import shaofa
from tests.server import Server


def say(url: str, text: str, **more: Any) -> dict[str, Any]:
    message = {"conversation_id": "talk", "sender": {"id": "demo"}, "text": text, **more}
    answer = requests.post(f"{url}/v1/messages", json=message, timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def picture() -> dict[str, str]:
    data = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 200, 90)).save(data, "JPEG")
    return {"type": "image", "data": base64.b64encode(data.getvalue()).decode()}


def chatter(url: str, stop: Event) -> None:
    """Other buyers, who do not wait for the backup."""
    for number in itertools.count():
        if stop.is_set():
            return
        say(url, "在吗", conversation_id=f"other-{number}", sender={"id": f"other-{number}"})


@pytest.mark.slow
def test_a_conversation_goes_on_from_a_backup(tmp_path: Path) -> None:
    here, there, archive = tmp_path / "here", tmp_path / "there", tmp_path / "shaofa.tar.gz"
    here.mkdir()
    server = Server(here)
    say(server.url, "我拍了三件T恤怎么就到两件")
    offered = say(server.url, "照片", attachments=[picture()])["case"]
    assert offered["status"] == "offered"
    stop = Event()
    others = Thread(target=chatter, args=(server.url, stop))
    others.start()
    try:
        done = shaofa("backup", str(archive), folder=here)
    finally:
        stop.set()
        others.join()
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith(f"已备份到 {archive}：会话") and done.stdout.count(b"\n") == 1
    refused = shaofa("restore", str(archive), "--force", folder=here)
    assert refused.returncode == 1 and "请先停掉 shaofa run" in refused.stderr.decode()
    server.stop()

    done = shaofa("restore", str(archive), folder=there)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "1个文件" in done.stdout.decode() and done.stdout.count(b"\n") == 1
    server = Server(there)
    try:
        agreed = say(server.url, "接受")
        assert agreed["case"]["case_id"] == offered["case_id"] and agreed["case"]["status"] == "agreed"
    finally:
        server.stop()
    shown = there / "case.json"
    assert shaofa("casefile", offered["case_id"], "-o", str(shown), folder=there).returncode == 0
    (exhibit,) = json.loads(shown.read_text())["evidence"]
    assert exhibit["stored"]["intact"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["backup", "{}/b.tar.gz"], "还没有数据库"),
        (["backup", "{}/nowhere/b.tar.gz"], "还没有数据库"),
        (["restore", "{}/b.tar.gz"], "b.tar.gz"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], says: str, tmp_path: Path) -> None:
    done = shaofa(*(argument.format(tmp_path) for argument in arguments), folder=tmp_path)
    said = done.stderr.decode()
    assert done.returncode == 1 and says in said and said.count("\n") == 1


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresql_has_tools_of_its_own(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAOFA_DATABASE_URL", "postgresql://shaofa@db/shaofa")
    done = shaofa(command, "b.tar.gz")
    assert done.returncode == 1
    assert "pg_dump" in done.stderr.decode() and "docs/operations.md" in done.stderr.decode()
