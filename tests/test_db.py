"""Times and folders of the database."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from bot.db import UtcDateTime, make_engine, make_folder

_TABLE = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", UtcDateTime))


@pytest.fixture(scope="module")
def engine() -> Engine:
    made = sa.create_engine("sqlite://")
    _TABLE.metadata.create_all(made)
    return made


def _there_and_back(engine: Engine, at: datetime | None) -> datetime | None:
    with engine.begin() as connection:
        row = connection.execute(sa.insert(_TABLE).values(at=at)).inserted_primary_key[0]
        found: datetime | None = connection.execute(sa.select(_TABLE.c.at).where(_TABLE.c.id == row)).scalar_one()
    return found


@settings(deadline=None)
@given(
    st.datetimes(
        datetime(1990, 1, 1),
        datetime(2200, 1, 1),
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
)
def test_an_aware_time_comes_back_as_the_same_moment_in_utc(engine: Engine, at: datetime) -> None:
    back = _there_and_back(engine, at)
    assert back == at
    assert back is not None
    assert back.tzinfo is timezone.utc


def test_the_database_itself_holds_utc(engine: Engine) -> None:
    in_shanghai = datetime(2026, 11, 23, 8, 30, tzinfo=timezone(timedelta(hours=8)))
    with engine.begin() as connection:
        row = connection.execute(sa.insert(_TABLE).values(at=in_shanghai)).inserted_primary_key[0]
        raw = connection.execute(sa.text("SELECT at FROM t WHERE id = :row"), {"row": row}).scalar_one()
    assert raw.startswith("2026-11-23 00:30:00")


def test_a_naive_time_is_refused(engine: Engine) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        _there_and_back(engine, datetime(2026, 11, 23))


def test_a_naive_time_is_refused_in_a_question_too(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(sa.exc.StatementError, match="without a zone"):
        connection.execute(sa.select(_TABLE).where(_TABLE.c.at < datetime(2026, 11, 23)))


def test_no_time_stays_no_time(engine: Engine) -> None:
    assert _there_and_back(engine, None) is None


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(f"sqlite:///{tmp_path}/a/b/shaofa.db")
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["a", "a/b"]


def test_the_folder_of_a_relative_sqlite_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_folder("sqlite:///var/shaofa.db")
    assert (tmp_path / "var").is_dir()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite+pysqlite:///:memory:",
        "postgresql://user:secret@host:5432/some/shaofa",
        "postgresql+psycopg2://host/some/shaofa",
        "mysql://host/some/shaofa",
    ],
)
def test_nothing_is_made_for_memory_or_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    make_folder(url)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_database_does_not_tell_what_was_to_be_written(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/shaofa.db")
    with pytest.raises(sa.exc.OperationalError) as error, engine.connect() as connection:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (:text)"), {"text": "文三路90号3栋502室"})
    assert "文三路" not in str(error.value)


def test_one_engine_a_url_tuned_for_several_readers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/shaofa.db"
    made = make_engine(url)
    assert make_engine(url) is made
    assert make_engine(f"sqlite:///{tmp_path}/other.db") is not made
    with made.connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(sa.text("PRAGMA foreign_keys")).scalar_one() == 1
    assert (tmp_path / "new" / "shaofa.db").is_file()
    made.dispose()
