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
_PATIENCE_S = 5  # for a busy writer, a free connection, a server that does not answer
_MIGRATION_S = 60  # for another process that is at it
# A server that has vanished without a word, a row that a frozen worker holds, and such a worker's open transaction.
_POSTGRESQL = {
    "connect_timeout": _PATIENCE_S,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "options": f"-c lock_timeout={_PATIENCE_S}s -c idle_in_transaction_session_timeout=60s",
}
_LOCK = 742632  # names the migration among the advisory locks of a PostgreSQL database


class NewerDatabase(ValueError):
    """The tables are of a later version of the code; the message says what to do."""


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

    Raises:
        SQLAlchemyError: no such database, or no driver for it; it does not answer; its file is none.
    """
    try:
        engine = _engine(url)
    except ImportError as error:
        raise sa.exc.ArgumentError(str(error)) from error
    migrate(engine)
    return engine


def _engine(url: str) -> Engine:
    """SQLite waits for a busy writer and lets readers read on (WAL).

    What a statement writes is in no error text: errors get logged, and in escaped JSON no address is recognised.
    """
    always: dict[str, Any] = {"future": True, "hide_parameters": True, "pool_timeout": _PATIENCE_S}
    if make_url(url).drivername.startswith("postgresql"):
        options = f"{_POSTGRESQL['options']} {make_url(url).query.get('options', '')}"  # a schema of the shop's own
        patiently = {**_POSTGRESQL, "options": options}
        return sa.create_engine(url, connect_args=patiently, pool_pre_ping=True, **always)
    if make_url(url).drivername.startswith("sqlite"):
        make_folder(url)
        # Connections are kept: opening one for each statement was an eighth of a message's time. Which thread has
        # one is the pool's business.
        patient = {"timeout": _PATIENCE_S, "check_same_thread": False}
        engine = sa.create_engine(url, connect_args=patient, poolclass=QueuePool, **always)
        sa.event.listen(engine, "connect", _tune)
        return engine
    return sa.create_engine(url, pool_pre_ping=True, **always)


def migrate(engine: Engine) -> None:
    """Bring the tables to what the code expects. Of several processes at once one does it and the others wait.

    Raises:
        NewerDatabase: when they are beyond it.
    """
    config = _alembic()
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        stands_at = MigrationContext.configure(connection).get_current_revision()
    if stands_at == head:
        return
    if stands_at and stands_at not in known_revisions():
        raise NewerDatabase(
            f"数据库是更新版本的少发建的（{stands_at}），这一版只认得到 {head}：请换回新版，或换一个数据库"
        )
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_MIGRATION_S * 1000}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_PATIENCE_S * 1000}")
        elif engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout='{_MIGRATION_S}s'")
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
