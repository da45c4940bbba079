"""Calls the command, in a process of its own or in this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from tests.office import fresh

ROOT = Path(__file__).resolve().parents[2]


def shaofa(*arguments: str, stdin: str | bytes = "", folder: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, over a store under ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input=stdin if isinstance(stdin, bytes) else stdin.encode("utf-8"),
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **(fresh(folder) if folder else {})},
        check=False,
    )


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def run_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err
