"""From a buyer who wants a person to the group's robot, through a real server that is killed in between."""

from __future__ import annotations

import time
from pathlib import Path

import requests

from tests.inbox.test_notices import Server as Robot
from tests.server import Server, free_port


def test_the_shop_is_told_whatever_happens_to_the_server(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    server = Server(tmp_path, SHAOFA_WECOM_URL=nobody)
    try:
        message = {
            "conversation_id": "c",
            "message_id": "1",
            "text": "转人工",
            "sender": {"id": "demo", "role": "buyer"},
        }
        answer = requests.post(f"{server.url}/v1/messages", json=message, timeout=30).json()
        assert answer["handoff"]["reason"] == "user_requested", answer
        server.kill()
        with Robot(answer={"errcode": 0}) as robot:
            server._environment["SHAOFA_WECOM_URL"] = robot.url
            server.start()
            until = time.monotonic() + 60
            while not robot.asked and time.monotonic() < until:
                time.sleep(0.2)
            text = robot.body["text"]["content"]
            assert text == f"{answer['handoff']['summary']}\n{answer['handoff']['case_no']}"
            time.sleep(2)
            assert len(robot.asked) == 1, "once is enough"
    finally:
        server.kill()
    assert "secret-key" not in server.log()
