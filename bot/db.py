"""The database that orders and store share. SQLite by default, any SQLAlchemy URL by setting."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator

# The tables of orders and store: one database, one history of migrations.
metadata = sa.MetaData()

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_PATIENCE_S = 30  # for a busy writer
_LOCK = 742632  # names the migration among the advisory locks of a PostgreSQL database


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in, an aware UTC time out, whatever the database keeps."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=timezone.utc) if value else None


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None for any other, and for one in memory."""
    parsed = make_url(url)
    is_file = parsed.drivername.startswith("sqlite") and parsed.database and parsed.database != ":memory:"
    return Path(parsed.database) if is_file else None


def make_folder(url: str) -> None:
    """The folder of an SQLite file, which SQLite itself does not make; nothing for any other database."""
    file = sqlite_file(url)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)


@lru_cache(maxsize=8)
def make_engine(url: str) -> Engine:
    """One engine a URL, its tables up to date.

    SQLite waits for a busy writer and lets readers read on (WAL). What a statement writes is in no error text: errors
    get logged, and in escaped JSON no address is recognised.
    """
    if not make_url(url).drivername.startswith("sqlite"):
        engine = sa.create_engine(url, future=True, hide_parameters=True, pool_pre_ping=True)
    else:
        make_folder(url)
        # Connections are kept: opening one for each statement was an eighth of a message's time. Which thread has
        # one is the pool's business.
        patient = {"timeout": _PATIENCE_S, "check_same_thread": False}
        engine = sa.create_engine(url, future=True, hide_parameters=True, connect_args=patient, poolclass=QueuePool)
        sa.event.listen(engine, "connect", _tune)
    migrate(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to what the code expects. Of several processes at once one does it and the others wait."""
    config = _alembic()
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def known_revisions() -> list[str]:
    """Of the tables, those that this version of the code knows; the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()]


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _tune(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    # The mode belongs to the file and is set once. Just then SQLite does not wait for others who open the file too.
    with suppress(sqlite3.OperationalError):
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
