"""`shaofa run` before it serves: who may call, and the training in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.settings import settings
from tests.cli.calling import run_here, shaofa


def test_other_machines_are_not_served_without_a_key(tmp_path: Path) -> None:
    done = shaofa("run", "--host", "0.0.0.0", folder=tmp_path)
    assert done.returncode == 1
    assert "SHAOFA_API_KEY" in done.stderr.decode() and "Traceback" not in done.stderr.decode()


@pytest.fixture
def no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHAOFA_MODELS_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    ("ended", "says"),
    [
        (1, "原因见上面的输出"),  # the training has said why itself
        (-9, "signal 9"),  # it could not say anything
    ],
)
def test_without_a_model_it_trains_in_a_process_of_its_own_and_ends_with_it(
    ended: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, ended)

    monkeypatch.setattr(subprocess, "run", run)
    exit_code, out, err = run_here(capsys, "run")
    assert asked == [[sys.executable, "-m", "bot", "train"]]
    assert (exit_code, out) == (1, "")
    assert says in err and err.count("\n") == 1
