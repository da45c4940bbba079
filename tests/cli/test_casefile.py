"""`shaofa casefile` as one calls it: exit codes, one clear line, a whole file or none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.claims.events import ClaimOpened
from bot.db import make_engine
from bot.store import Store
from tests.casefile.test_casefile import NOW, ROOT, can_make_pdf
from tests.office import fresh

CLAIM = "SF-20261120-7K3QXM"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with one claim in it."""
    store = Store(make_engine(fresh(tmp_path)["SHAOFA_DATABASE_URL"]))
    store.claims.append(None, [ClaimOpened(CLAIM, "c", "buyer")], NOW)
    return tmp_path


def casefile(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "casefile", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **fresh(folder)},
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.html", b"<!DOCTYPE html>"), ("a.JSON", b"{"), pytest.param("a.pdf", b"%PDF-", marks=can_make_pdf)],
)
def test_the_name_of_the_file_says_its_form(folder: Path, name: str, begins: bytes) -> None:
    path = folder / name
    path.write_bytes(b"an older one")
    done = casefile(folder, CLAIM, "-o", path)
    assert (done.returncode, done.stdout) == (0, f"案卷已写入 {path}\n"), done.stderr
    assert path.read_bytes().lstrip().startswith(begins)
    assert [left.name for left in folder.glob("a.*")] == [name]
    if begins == b"{":
        assert json.loads(path.read_bytes())["claim_id"] == CLAIM


def test_a_claim_that_nobody_knows(folder: Path) -> None:
    done = casefile(folder, "SF-20261120-NOBODY", "-o", folder / "a.html")
    assert (done.returncode, done.stderr) == (1, "shaofa: 没有登记号 SF-20261120-NOBODY\n")
    assert not (folder / "a.html").exists()


@pytest.mark.parametrize("arguments", [(CLAIM, "-o", "a.docx"), (CLAIM, "-o", "a"), (CLAIM,), ("-o", "a.html")])
def test_bad_usage(folder: Path, arguments: tuple[str, ...]) -> None:
    done = casefile(folder, *arguments)
    assert done.returncode == 2 and done.stderr.startswith("usage: shaofa casefile")


def test_a_place_where_nothing_can_be_written(folder: Path) -> None:
    (folder / "taken.html").mkdir()
    for path in (folder / "nowhere" / "a.html", folder / "taken.html"):
        done = casefile(folder, CLAIM, "-o", path)
        assert done.returncode == 1
        assert done.stderr.startswith(f"shaofa: {path}: 写不了") and done.stderr.count("\n") == 1
    assert list((folder / "taken.html").iterdir()) == []
    assert not [left for left in folder.iterdir() if left.name.startswith("taken.html.")]
