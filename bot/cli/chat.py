"""``shaofa chat``: talk in the terminal, or a JSON line in, a JSON line out."""

from __future__ import annotations

import argparse
import json
import secrets
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO

from bot.cli import InputError
from bot.cli.terminal import only_ours_on_stdout, stdin

if TYPE_CHECKING:
    from bot.cli.terminal import Subparsers
    from bot.inbox.inbox import Inbox
    from bot.inbox.model import Outcome


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("chat", help="talk in the terminal")
    parser.add_argument("--jsonl", action="store_true", help="a JSON line in, a JSON line out, for programs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    import asyncio

    lines = stdin()
    with only_ours_on_stdout() as out:
        talk = _programs if args.jsonl else _people
        asyncio.run(talk(_inbox(), lines, out))


def _inbox() -> Inbox:
    from bot.engine.training import trained_model
    from bot.inbox.opening import load_engine, open_inbox

    return open_inbox(load_engine(trained_model()))


async def _programs(inbox: Inbox, lines: TextIO, out: TextIO) -> None:
    from bot.inbox.model import Incoming

    nobody = f"chat-{secrets.token_hex(6)}"
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        message = _message(line, number)
        sender = message.get("sender") or nobody
        metadata = message.get("metadata") or {}
        upload = message.get("upload")
        incoming = Incoming(
            conversation_id=sender,
            text=message.get("text") or "",
            message_id=metadata.get("message_id"),
            buyer_id=metadata.get("buyer_id"),
            order_id=metadata.get("order_id"),
            files=(_opened(upload),) if upload is not None else (),
            channel="chat",
        )
        with closing(incoming):
            outcome = await inbox.handle(incoming)
        replies = [{name: reply[name] for name in ("text", "buttons", "custom")} for reply in outcome.replies]
        out.write(json.dumps({"sender": sender, **outcome.__dict__, "replies": replies}, ensure_ascii=False) + "\n")
        out.flush()


async def _people(inbox: Inbox, lines: TextIO, out: TextIO) -> None:
    from bot.inbox.model import Incoming

    conversation = f"chat-{secrets.token_hex(6)}"
    out.write("直接打字；发图片用 /upload 路径；空行或 Ctrl-D 结束。\n> ")
    out.flush()
    for line in lines:
        if not line.strip():
            break
        upload = line.strip().removeprefix("/upload ").strip() if line.startswith("/upload ") else None
        text = "" if upload else line.rstrip("\n")
        files = (_opened(upload),) if upload else ()
        with closing(Incoming(conversation, text, files=files, channel="chat")) as incoming:
            outcome = await inbox.handle(incoming)
        out.write(_shown(outcome) + "\n> ")
        out.flush()


def _message(line: str, number: int) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"第 {number} 行不是合法的 JSON ({error})") from error
    if not isinstance(message, dict):
        raise InputError(f"第 {number} 行应当是一个 JSON 对象")
    for key, kind in {"text": str, "upload": str, "sender": str, "metadata": dict}.items():
        if message.get(key) is not None and not isinstance(message[key], kind):
            raise InputError(f"第 {number} 行的 {key} 类型不对")
    return message


def _opened(path: str | None) -> IO[bytes] | None:
    """None when there is no such file, which the bot then says."""
    try:
        return Path(path or "").open("rb")
    except (OSError, ValueError):
        return None


def _shown(outcome: Outcome) -> str:
    lines = []
    for reply in outcome.replies:
        lines.append(f"小发：{reply['text']}")
        lines += [f"      [{button['title']}] → {button['payload']}" for button in reply["buttons"]]
    if not lines and outcome.handoff:
        lines.append("（人工客服接入中，机器人不再说话）")
    return "\n".join(lines)
