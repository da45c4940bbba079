"""The command line as a whole: usage, help, and that it answers at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.cli import COMMANDS, main
from tests.cli.calling import ROOT


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["compensate"],
        ["run", "--port", "x"],
        ["run", "--port", "0"],
        ["chat", "--xml"],
        ["fulfil"],
        ["rules", "--on"],
        ["rules", "--on", "2026-02-30"],
        ["rules", "--on", "明天"],
        ["rules", "2026-01-01"],
        ["orders"],
        ["orders", "import"],
        ["orders", "export", "list.csv"],
        ["orders", "import", "list.csv", "--platform", "amazon"],
    ],
)
def test_bad_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    ["", *(name.replace("_", "-") for name in COMMANDS), "orders import"],
)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([*command.split(), "--help"])
    assert exit_.value.code == 0
    assert "usage: shaofa" in capsys.readouterr().out


def test_every_command_has_a_file_and_every_file_is_a_command() -> None:
    files = {path.stem for path in (ROOT / "bot" / "cli").glob("*.py")}
    assert files == {*COMMANDS, "__init__", "terminal"}


def test_the_command_line_is_read_before_anything_big_is_imported() -> None:
    """A mistyped command, and shell completion, should not wait for what they do not use."""
    big = {"asyncio", "pydantic", "rasa", "requests", "sqlalchemy", "starlette", "structlog", "yaml"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from bot.cli import parser; parser(); print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not big & set(done.stdout.split())
