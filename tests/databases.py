"""Empty databases for tests, of both kinds that the store promises: SQLite files, and a throwaway PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

NewDatabase = Callable[[], str]


def sqlite(folder: Path) -> NewDatabase:
    """URLs of files that are not there yet."""
    numbers = count(1)
    return lambda: f"sqlite:///{folder}/{next(numbers)}/shaofa.db"


@contextmanager
def postgresql() -> Iterator[NewDatabase]:
    """URLs of new databases on a server of its own, behind a Unix socket. Durability is off: it is thrown away.

    Each is a schema: a database is seven megabytes of files, to be made and thrown away for every test.
    """
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed")
    # Not pytest's own folder: PostgreSQL refuses to run as root, and nobody else may look in there.
    folder = Path(tempfile.mkdtemp(prefix="shaofa-pg-"))
    user = None
    if os.geteuid() == 0:
        user = "postgres"
        shutil.chown(folder, user)

    def run(name: str, *arguments: str) -> None:
        with (folder / f"{name}.log").open("a") as log:
            command = [binaries / name, "-D", folder / "data", *arguments]
            subprocess.run(command, user=user, cwd=folder, stdout=log, stderr=log, check=True, timeout=60)

    try:
        run("initdb", "--no-sync", "--auth=trust", "--username=shaofa", "--encoding=UTF8", "--locale=C.UTF-8")
        run("pg_ctl", "start", "--wait", "-l", f"{folder}/server.log", "-o", f"-F -k {folder} -c listen_addresses=''")
        server = f"postgresql://shaofa@/shops?host={folder}"
        first = server.replace("/shops", "/postgres")
        autocommit = {"isolation_level": "AUTOCOMMIT", "poolclass": sa.pool.NullPool}
        with sa.create_engine(first, **autocommit).connect() as connection:
            connection.execute(sa.text("CREATE DATABASE shops"))
        admin = sa.create_engine(server, **autocommit)
        numbers = count(1)

        def new() -> str:
            name = f"shaofa{next(numbers)}"
            with admin.connect() as connection:
                connection.execute(sa.text(f"CREATE SCHEMA {name}"))
            return f"{server}&options=-csearch_path%3D{name}"

        try:
            yield new
        finally:
            run("pg_ctl", "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path | None:
    """Where initdb is: on the path, or where Debian keeps the newest."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return debian[-1] if debian else None
