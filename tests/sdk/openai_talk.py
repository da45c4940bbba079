"""Talks to a server in OpenAI's form through the official SDK, posting the whole history as tools do; a JSON line each.

    .venv-sdk/bin/python tests/sdk/openai_talk.py --url http://127.0.0.1:5005/v1 --key KEY --user BUYER 少了一件 1

``--picture FILE`` goes with the last line. ``--models`` and ``--responses`` say nothing to anybody: they ask for the
models, and for the API that is not there.
"""

from __future__ import annotations

import argparse
import base64
import json
from pathlib import Path
from typing import Any

from openai import APIStatusError, OpenAI


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--model", default="shaofa")
    parser.add_argument("--user")
    parser.add_argument("--order")
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--retry-key")
    parser.add_argument("--models", action="store_true")
    parser.add_argument("--responses", action="store_true")
    parser.add_argument("lines", nargs="*")
    options = parser.parse_args()
    client = OpenAI(base_url=options.url, api_key=options.key)
    try:
        if options.models:
            show({"models": [model.id for model in client.models.list()]})
        if options.responses:
            client.responses.create(model=options.model, input="在吗")
        talk(client, options)
    except APIStatusError as error:
        show({"status": error.status_code, "code": error.code, "type": error.type, "message": error.message})


def talk(client: OpenAI, options: argparse.Namespace) -> None:
    history: list[dict[str, Any]] = [{"role": "system", "content": "你是店铺客服，回复控制在40字以内。"}]
    about: dict[str, Any] = {"user": options.user} if options.user else {}
    if options.order:
        about["metadata"] = {"order_id": options.order}
    if options.retry_key:
        about["extra_headers"] = {"Idempotency-Key": options.retry_key}
    for number, line in enumerate(options.lines, start=1):
        picture = options.picture if number == len(options.lines) else None
        history.append({"role": "user", "content": content(line, picture)})
        said = streamed if options.stream else whole
        answer = said(client, model=options.model, messages=history, temperature=0.7, **about)
        history.append({"role": "assistant", "content": answer["content"]})
        show({"buyer": line, **answer})


def content(line: str, picture: Path | None) -> str | list[dict[str, Any]]:
    if picture is None:
        return line
    url = f"data:image/jpeg;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    return [{"type": "text", "text": line}, {"type": "image_url", "image_url": {"url": url}}]


def whole(client: OpenAI, **request: Any) -> dict[str, Any]:
    answer = client.chat.completions.create(**request)
    choice = answer.choices[0]
    assert choice.message.role == "assistant" and answer.usage
    return {
        "content": choice.message.content,
        "finish_reason": choice.finish_reason,
        "usage": answer.usage.total_tokens,
        "shaofa": answer.model_extra["shaofa"],
    }


def streamed(client: OpenAI, **request: Any) -> dict[str, Any]:
    parts, seen = [], {}
    for chunk in client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **request):
        for choice in chunk.choices:
            parts.append(choice.delta.content or "")
            seen["finish_reason"] = choice.finish_reason or seen.get("finish_reason")
        if chunk.usage:
            seen["usage"] = chunk.usage.total_tokens
        seen |= {name: value for name, value in chunk.model_extra.items() if name == "shaofa"}
    return {"content": "".join(parts), **seen}


def show(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
