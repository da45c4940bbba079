"""``.venv-sdk``: an environment of its own for the official SDKs, as ``tests/sdk/requirements.lock`` pins them.

Made on first use, half a minute; ``make env-sdk`` makes it beforehand.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.setup_env import BUILDERS

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
VENV = HERE.parent.parent / ".venv-sdk"
_TALK_S = 180


def talk(script: str, *arguments: str) -> list[dict[str, Any]]:
    """Run one of the scripts beside this file with the SDKs; the JSON lines that it prints."""
    done = subprocess.run(
        [ensure(), HERE / script, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=_TALK_S
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def talk_in_node(script: str, *arguments: str) -> list[dict[str, Any]]:
    """The same for Node's SDKs, which lie beside Python's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node here")
    ensure()
    folder = VENV / "node"
    folder.mkdir(exist_ok=True)
    with LOCK.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (HERE / "node" / "package-lock.json").read_bytes()
        stamp = folder / ".installed"
        if not stamp.exists() or stamp.read_bytes() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / "node" / name, folder)
            subprocess.run(
                [npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True, stdout=sys.stderr
            )
            stamp.write_bytes(wanted)
        shutil.copy(HERE / "node" / script, folder)
    done = subprocess.run(
        [node, folder / script, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=_TALK_S
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def ensure() -> Path:
    """The environment's interpreter."""
    python, stamp = VENV / "bin" / "python", VENV / ".installed"
    wanted = hashlib.sha256(f"{VENV}\n".encode() + LOCK.read_bytes()).hexdigest()
    with LOCK.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run side by side; the kernel lets go when a process dies
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(VENV, ignore_errors=True)
            _run(sys.executable, "-m", "venv", VENV)
            # What comes as source is built with the pinned setuptools, not with today's newest.
            builders = VENV / "build-requirements.txt"
            builders.write_text("".join(BUILDERS.findall(LOCK.read_text())))
            pip = (python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes")
            _run(*pip, "-r", builders)
            _run(*pip, "--no-build-isolation", "-r", LOCK)
            stamp.write_text(wanted)
    return python


def _run(*command: str | Path) -> None:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)


if __name__ == "__main__":
    print(ensure())
