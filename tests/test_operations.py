"""docs/operations.md and docs/security.md: their commands are carried out, their lists are those there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.db import make_engine
from bot.inbox.metrics import Metrics
from bot.store import Author, Store
from tests import databases
from tests.claims.builders import NOW
from tests.desks import Clock, open_desk

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_figure_is_described_and_no_other(tmp_path: Path) -> None:
    text = Metrics(open_desk(f"sqlite:///{tmp_path}/shaofa.db", Clock())).text().decode()
    there = {name for name in re.findall(r"# TYPE (shaofa_\w+)", text) if not name.endswith("_created")}
    table = OPERATIONS.partition("## Figures")[2].partition("\n\n**")[0].partition("\nNo text")[0]
    assert set(re.findall(r"`(shaofa_\w+)", table)) == there


def test_what_is_said_to_be_pinned_is_pinned_so() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in SECURITY.partition("|---|")[2].splitlines() if line.startswith("| ")]
    assert len(rows) >= 9
    for names, versions in rows:
        packages, pinned = re.findall(r"[\w-]+", names), re.findall(r"[\d.]+", versions)
        for name, version in zip(packages, pinned if len(pinned) > 1 else pinned * len(packages), strict=True):
            assert re.search(rf"(?m)^{name}=={re.escape(version)} ", lock), (name, version)


def _whole(schema_url: str) -> Callable[[str], str]:
    """Makes databases on the server of that schema: a dump holds a whole one."""
    shops = schema_url.partition("&options")[0]
    admin = sa.create_engine(shops, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)

    def new(name: str) -> str:
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        return shops.replace("/shops", f"/{name}")

    return new


def test_the_way_of_a_postgresql_backup_leads_back(tmp_path: Path) -> None:
    if not shutil.which("pg_dump"):
        pytest.skip("PostgreSQL's client is not installed")
    out, back = re.findall(r"```sh\n(.*?)```", OPERATIONS.partition("### PostgreSQL")[2], re.DOTALL)
    (tmp_path / "evidence" / "ab").mkdir(parents=True)
    (tmp_path / "evidence" / "ab" / "x.jpg").write_bytes(b"picture")

    def carry_out(commands: str, url: str, evidence: str) -> None:
        env = {**os.environ, "SHAOFA_DATABASE_URL": url, "SHAOFA_EVIDENCE_DIR": str(tmp_path / evidence)}
        subprocess.run(["sh", "-euc", commands], cwd=tmp_path, env=env, check=True)

    with databases.postgresql() as new_database:
        here, there = map(_whole(new_database()), ("here", "there"))
        Store(make_engine(here)).log.append("talk", Author.BUYER, {"text": "少了一件"}, NOW)
        carry_out(out, here, "evidence")
        carry_out(back, there, "elsewhere")
        store = Store(make_engine(there))
        store.log.append("talk", Author.BUYER, {"text": "还在吗"}, NOW)
        assert [entry.text for entry in store.log.after("talk")] == ["少了一件", "还在吗"]
        for url in (here, there):
            make_engine(url).dispose()
    assert (tmp_path / "elsewhere" / "ab" / "x.jpg").read_bytes() == b"picture"
