"""Talks to a server in 小蜜's form through Alibaba Cloud's official SDK; a JSON line each.

    .venv-sdk/bin/python tests/sdk/alime_talk.py --endpoint 127.0.0.1:5005 --id ID --secret SECRET 少了一件 @接受

``@接受`` clicks the choice of that title. ``--begin`` asks for the greeting first.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from alibabacloud_chatbot20220408 import models
from alibabacloud_chatbot20220408.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--sender")
    parser.add_argument("--order")
    parser.add_argument("--begin", action="store_true")
    parser.add_argument("lines", nargs="*")
    options = parser.parse_args()
    config = Config(access_key_id=options.id, access_key_secret=options.secret, protocol="HTTP")
    config.endpoint = options.endpoint  # all that a desk has to change
    client = Client(config)
    try:
        if options.begin:
            begun = client.begin_session(models.BeginSessionRequest(instance_id="chatbot-cn-1", session_id="s-1"))
            show({"welcome": begun.body.welcome_message})
        talk(client, options)
    except ClientException as error:
        show({"status": error.status_code, "code": error.code, "message": error.message})


def talk(client: Client, options: argparse.Namespace) -> None:
    session_id: str | None = None
    recommended: dict[str, str] = {}
    for line in options.lines:
        click = recommended[line[1:]] if line.startswith("@") else None
        answer = client.chat(
            models.ChatRequest(
                instance_id="chatbot-cn-1",
                session_id=session_id,
                sender_id=options.sender,
                utterance=None if click else line,
                knowledge_id=click,
                vendor_param=json.dumps({"order_id": options.order}) if options.order else None,
            )
        ).body
        session_id = answer.session_id
        recommended = {
            choice.title: choice.knowledge_id for message in answer.messages for choice in message.recommends
        }
        commands = [message.text.commands for message in answer.messages if message.text and message.text.commands]
        show(
            {
                "buyer": line,
                "said": [message.text.content for message in answer.messages if message.answer_type == "Text"],
                "recommends": list(recommended),
                "to_agent": json.loads(commands[0]["sysToAgent"]) if commands else None,
                "session_id": session_id,
                "request_id": answer.request_id,
            }
        )


def show(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
