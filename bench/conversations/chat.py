"""The bot as programs see it: one ``chat --jsonl`` process over a store that is thrown away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from bench.conversations.asked import Answer
from bench.conversations.buyer import Message
from bot.settings import ROOT

Say = Callable[[str, Message], Answer]


@contextmanager
def bot() -> Iterator[Say]:
    """A function of (sender, message) that gives the bot's answer.

    Raises:
        RuntimeError: when the process ended instead of answering.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bot", "chat", "--jsonl"]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **_fresh(folder)},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdin and process.stdout
            asks, answers, sent = process.stdin, process.stdout, [0]

            def say(sender: str, message: Message) -> Answer:
                sent[0] += 1
                said = {"upload": _picture(folder, sent[0])} if message.upload else {"text": message.text}
                asks.write(json.dumps({"sender": sender, **said}, ensure_ascii=False) + "\n")
                asks.flush()
                line = answers.readline()
                if not line:
                    raise RuntimeError(f"the bot ended at {message.text!r}")
                answer: Answer = json.loads(line)
                return answer

            yield say


def _fresh(folder: str) -> dict[str, str]:
    return {
        "SHAOFA_DATABASE_URL": f"sqlite:///{folder}/shaofa.db",
        "SHAOFA_TRACKER_URL": f"sqlite:///{folder}/tracker.db",
        "SHAOFA_EVIDENCE_DIR": f"{folder}/evidence",
    }


def _picture(folder: str, number: int) -> str:
    """Every picture is another one, or it would be known from an earlier claim."""
    path = Path(folder) / f"{number}.jpg"
    colour = (number * 37 % 256, number // 7 % 256, number // 1800 % 256)
    image = Image.new("RGB", (64, 48), colour)
    image.putpixel((number % 64, number // 64 % 48), (255, 255, 255))
    image.save(path, quality=95)
    return str(path)
