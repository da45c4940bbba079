"""The command line as a whole: usage, help, and that it answers at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
    assert files == {*COMMANDS, "__init__", "listing", "terminal"}


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


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("nonsense", "应当是 sqlite:"),
        ("oracle://shop:geheim@127.0.0.1/shaofa", "应当是 sqlite:"),
        ("postgres://shop:geheim@127.0.0.1:1/shaofa", "先把它开起来"),
        ("postgresql://shop:geheim@127.0.0.1:1/shaofa", "先把它开起来"),
        ("postgresql://shop:geheim@nowhere.invalid/shaofa", "主机名不对"),
        (f"sqlite:///{ROOT}", "文件打不开"),
        (f"sqlite:///{ROOT / 'LICENSE'}", "不是 SQLite 数据库"),
    ],
)
@pytest.mark.parametrize("command", ["promises", "backup"])
def test_a_database_that_cannot_be_used_is_one_line(command: str, url: str, cure: str, tmp_path: Path) -> None:
    file = [str(tmp_path / "backup.tar.gz")] if command == "backup" else []
    done = subprocess.run(
        [sys.executable, "-m", "bot", command, *file],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "SHAOFA_DATABASE_URL": url},
        check=False,
    )
    said = done.stderr.decode()
    assert done.returncode == 1 and said.startswith("shaofa: ") and said.count("\n") == 1, said
    assert "geheim" not in said
    if command == "promises":  # the other has words of its own
        assert cure in said
