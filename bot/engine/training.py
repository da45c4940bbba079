"""Trains when something that was taught has changed, and only then."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from bot.claims.yaml_file import read_mapping
from bot.engine import no_tensorflow
from bot.settings import ROOT, settings

# What a model is made from. Component code counts too: Rasa's own cache does not look inside it.
_SOURCES = (
    "config.yml",
    "domain.yml",
    "data",
    "dictionary",
    "bot/nlu",
    "bot/language",
    "bot/understanding",
    "bot/engine/policies.py",
)


class TrainingError(ValueError):
    """Rasa refused the training data; it has printed the reason."""


def fingerprint(root: Path = ROOT) -> str:
    """A hash over everything that decides what the model is: file names, contents, and Rasa's version."""
    digest = hashlib.sha256(version("rasa").encode())
    for path in _files(root):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(_without_replies(path) if path == root / "domain.yml" else path.read_bytes())
    return digest.hexdigest()[:16]


def model_path(root: Path = ROOT) -> Path:
    """Where the model for the present data is, or will be."""
    return settings().models_dir / f"shaofa-{fingerprint(root)}.tar.gz"


def trained_model() -> Path:
    """The model for the present data; if there is none it is trained first, in a process of its own.

    Training takes twice the memory that answering does, and a process that lives on would keep it.

    Raises:
        TrainingError: when it was not trained; the other process has printed the reason, or was ended by the system.
    """
    path = model_path()
    if not path.exists():
        command = [sys.executable, "-m", "bot", "train"]
        code = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode
        if code < 0:
            raise TrainingError(f"训练中途被系统终止，多半是内存不够 (ended by signal {-code}: out of memory?)")
        if code:
            raise TrainingError("训练没有成功，原因见上面的输出 (training failed; the reason is printed above)")
    return path


def ensure_model(*, force: bool = False) -> Path:
    """The model for the present data, trained first if there is none.

    Raises:
        TrainingError: when the data cannot be trained on.
    """
    path = model_path()
    if path.exists() and not force:
        return path
    print("正在训练（模型没有或该更新了），约半分钟…… / training, half a minute", file=sys.stderr, flush=True)
    no_tensorflow.spare(ROOT / "config.yml")
    from rasa.shared.exceptions import RasaException

    from bot.engine.graph_training import train

    here = Path.cwd()
    os.chdir(ROOT)  # config.yml names its files relative to the project
    try:
        with _ticking():
            train(path, force=force)
    except RasaException as error:  # a word list or an option that cannot be used; the message names it
        raise TrainingError(f"训练没有成功：{error}") from error
    finally:
        os.chdir(here)
    return path


@contextmanager
def _ticking() -> Iterator[None]:
    """On a terminal, how long it has been at it: half a minute without a sign looks like a fault."""
    done = threading.Event()

    def tick() -> None:
        seconds = 0
        while not done.wait(1):
            seconds += 1
            print(f"\r  训练中 / training {seconds} s", end="", file=sys.stderr, flush=True)
        if seconds:
            print(file=sys.stderr, flush=True)

    ticker = threading.Thread(target=tick, daemon=True) if sys.stderr.isatty() else None
    if ticker:
        ticker.start()
    try:
        yield
    finally:
        done.set()
        if ticker:
            ticker.join()


def _without_replies(domain: Path) -> bytes:
    """The domain but for the texts of its replies: those are read when they are said (``bot.talk.wording``)."""
    stated = read_mapping(domain)
    return json.dumps({**stated, "responses": sorted(stated.get("responses") or {})}, sort_keys=True).encode()


def _files(root: Path) -> Iterator[Path]:
    for source in _SOURCES:
        path = root / source
        if path.is_file():
            yield path
        else:
            yield from sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
