"""What the official SDK really sends: requests signed by it, recorded by a server that answers nothing.

.venv-sdk/bin/python tests/sdk/alime_vectors.py > tests/doors/acs3_vectors.json
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from alibabacloud_chatbot20220408 import models
from alibabacloud_chatbot20220408.client import Client
from alibabacloud_tea_openapi.models import Config

KEY_ID, SECRET = "LTAI-for-tests", "a secret, for tests"

recorded: list[dict[str, Any]] = []


class Recorder(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        recorded.append(
            {"method": "POST", "target": self.path, "headers": dict(self.headers), "body": body.decode("utf-8")}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


def main() -> None:
    server = HTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = Config(access_key_id=KEY_ID, access_key_secret=SECRET, protocol="HTTP")
    config.endpoint = f"127.0.0.1:{server.server_port}"
    client = Client(config)
    client.chat(models.ChatRequest(instance_id="chatbot-cn-1", utterance="T恤少了一件"))
    client.chat(
        models.ChatRequest(
            instance_id="chatbot-cn-1",
            utterance="空 格+加号&等于=百分%波浪~星*斜/引'\"号\n换行😀",
            session_id="s-1",
            sender_id="buyer/1",
            perspective=["FZJBY3raWr"],
            vendor_param='{"order_id": "T2026112700001"}',
        )
    )
    client.chat(models.ChatRequest(instance_id="chatbot-cn-1", knowledge_id="30001905617", session_id="s-1"))
    client.begin_session(models.BeginSessionRequest(instance_id="chatbot-cn-1", session_id="会话 1"))
    print(json.dumps({"key_id": KEY_ID, "secret": SECRET, "requests": recorded}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
