"""Everything that must not be lost in one file, and back again: the SQLite database, and the evidence.

The database comes first and the evidence after it: a file is stored before anything names it, so every file that the
copy of the database names is there. The manifest, last, says what the archive holds; half an archive has none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from bot import __version__
from bot.db import known_revisions, sqlite_file
from bot.settings import Settings
from bot.store.files import STORED

_MANIFEST, _DATABASE, _EVIDENCE = "manifest.json", "shaofa.db", "evidence/"
_MANIFEST_BYTES = 100_000_000  # a hundred bytes a file
_PATIENCE_S = 30


class BackupError(ValueError):
    """It cannot be done; the message says why, in Chinese. Nothing has been changed."""


@dataclass(frozen=True)
class Manifest:
    """What an archive holds. ``counts`` of rows by table; ``sha256`` of each part by its name in the archive."""

    version: str
    revision: str
    made_at: str
    counts: dict[str, int]
    sha256: dict[str, str]

    def __str__(self) -> str:
        talks, entries, claims = (self.counts.get(name, 0) for name in ("conversations", "entries", "claims"))
        said = f"会话{talks}个，消息{entries}条，索赔{claims}件"
        return f"{said}，凭证{sum(name.startswith(_EVIDENCE) for name in self.sha256)}个文件"


def where(config: Settings) -> tuple[Path, Path]:
    """The database and the evidence folder of the settings.

    Raises:
        BackupError: the database is not a file of SQLite's.
    """
    database = sqlite_file(config.database_url)
    if database is None:
        raise BackupError("数据库不是 SQLite：PostgreSQL 用 pg_dump 备份，另外备份凭证目录，命令见 docs/operations.md")
    return database, config.evidence_dir


# --- out ------------------------------------------------------------------------------------------


def back_up(database: Path, evidence: Path, archive: Path, now: datetime) -> Manifest:
    """Write the archive, all of it or nothing, readable for its owner alone. The server may be running.

    Raises:
        BackupError: there is no database, or it is damaged.
        OSError: the archive cannot be written.
    """
    if not database.exists():
        raise BackupError(f"还没有数据库 {database}，没有可备份的")
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=f".{archive.name}-") as folder:
        copy, half = Path(folder) / _DATABASE, Path(folder) / "archive"
        _snapshot(database, copy)
        revision, counts = _looked_through(copy)
        half.touch(0o600)
        with open(half, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:  # pictures are small already
                sha256 = dict(_put_all(tar, copy, evidence))
                manifest = Manifest(__version__, revision, now.isoformat(timespec="seconds"), counts, sha256)
                _put_text(tar, _MANIFEST, json.dumps(asdict(manifest), indent=1))
            os.fsync(file.fileno())
        os.replace(half, archive)
    return manifest


def _snapshot(database: Path, copy: Path) -> None:
    """The database as it is in one moment. In one go: a copy by and by begins anew with everything that is written."""
    try:
        with closing(_connect(database)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise BackupError(f"数据库 {database} 备份不了：{error}") from error


def _put_all(tar: tarfile.TarFile, copy: Path, evidence: Path) -> Iterator[tuple[str, str]]:
    """The parts, each by its name with its SHA-256."""
    yield _DATABASE, _put(tar, copy, _DATABASE)
    for path in sorted(evidence.glob("*/*")):
        name = path.relative_to(evidence).as_posix()
        if STORED.fullmatch(name):
            with suppress(FileNotFoundError):  # deleted just now
                yield _EVIDENCE + name, _put(tar, path, _EVIDENCE + name)


def _put(tar: tarfile.TarFile, path: Path, name: str) -> str:
    with open(path, "rb") as file:
        reading = _Digest(file)
        tar.addfile(tar.gettarinfo(arcname=name, fileobj=file), reading)
    return reading.hexdigest


def _put_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        tar.addfile(tar.gettarinfo(arcname=name, fileobj=file), file)


# --- back -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Restored:
    """``kept``: where the database that was there before lies now."""

    manifest: Manifest
    kept: Path | None


def restore(archive: Path, database: Path, evidence: Path, now: datetime, *, force: bool = False) -> Restored:
    """Put back what an archive holds, once all of it has been read and found whole.

    Evidence that is there already stays. A database with something in it is only replaced with ``force``, and is kept
    beside the new one.

    Raises:
        BackupError: the archive is no whole backup of ours or a newer version's, the database has something in it, or
            somebody is using it. Nothing has been changed.
        OSError: something cannot be read or written.
    """
    for folder in (database.parent, evidence):
        folder.mkdir(parents=True, exist_ok=True)
    with _beside(database.parent) as one, _beside(evidence) as other:
        unpacked = {_DATABASE: one / _DATABASE}
        manifest = _unpack(archive, unpacked, other)
        _check_database(unpacked.pop(_DATABASE), manifest)
        kept = _make_way(database, now, force=force)
        for name, path in unpacked.items():
            target = evidence / name.removeprefix(_EVIDENCE)
            target.parent.mkdir(exist_ok=True)
            os.replace(path, target)
        if kept:
            os.replace(database, kept)
        os.replace(one / _DATABASE, database)
    return Restored(manifest, kept)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder on the same disk, from which things are moved at once."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as name:
        yield Path(name)


def _unpack(archive: Path, unpacked: dict[str, Path], folder: Path) -> Manifest:
    """Every part of the archive into a file that we name; what is no part of a backup is refused unseen.

    ``unpacked``: where parts go, to which is added.
    """
    digests: dict[str, str] = {}
    manifest = None
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or not _is_part(member.name) or member.name in digests or manifest:
                    raise BackupError(f"{archive} 不是完整的备份：里面有不该有的 {member.name!r}")
                if member.name == _MANIFEST:
                    manifest = _read_manifest(content)
                    continue
                path = unpacked.setdefault(member.name, folder / str(len(unpacked)))
                with open(path, "xb") as file:
                    reading = _Digest(content)
                    shutil.copyfileobj(reading, file)
                digests[member.name] = reading.hexdigest
        if manifest is None or _DATABASE not in digests:
            raise BackupError(f"{archive} 不是完整的备份：缺了内容清单或数据库")
        wrong = sorted(dict(digests.items() ^ manifest.sha256.items()))
    except BackupError:
        raise
    except (tarfile.TarError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError(f"{archive} 不是完整的备份：{error}") from error
    if wrong:
        raise BackupError(f"{archive} 不是完整的备份：{wrong[0]} 和清单对不上")
    return manifest


def _is_part(name: str) -> bool:
    stored = name.startswith(_EVIDENCE) and STORED.fullmatch(name.removeprefix(_EVIDENCE))
    return bool(stored) or name in (_MANIFEST, _DATABASE)


def _read_manifest(content: IO[bytes]) -> Manifest:
    """
    Raises:
        ValueError, TypeError: it is none. What its fields are shows when they are used.
    """
    return Manifest(**json.loads(content.read(_MANIFEST_BYTES)))


def _check_database(copy: Path, manifest: Manifest) -> None:
    revision, counts = _looked_through(copy)
    if revision not in known_revisions():
        raise BackupError(f"备份是更新的少发 {manifest.version} 做的（表结构 {revision}），请先升级再恢复")
    if counts != manifest.counts:
        raise BackupError("备份里的数据库和清单对不上")


def _make_way(database: Path, now: datetime, *, force: bool) -> Path | None:
    """May the database be replaced? Returns the name under which the one that is there is to be kept, if one is."""
    if not database.exists():
        for rest in ("-wal", "-shm"):  # without it they mean nothing, and would be taken for the new one's
            Path(f"{database}{rest}").unlink(missing_ok=True)
        return None
    has_data = _has_data(database)
    if has_data and not force:
        raise BackupError(f"{database} 里已经有数据。确定要换成备份，请加 --force，原来的会留在旁边")
    _close(database)
    return database.with_name(f"{database.name}.before-{now:%Y%m%d%H%M%S}") if has_data else None


def _has_data(database: Path) -> bool:
    try:
        with closing(_connect(database)) as connection:
            tables = [name for name in _tables(connection) if name != "switches"]  # its rows come with the table
            return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in tables)
    except sqlite3.Error:
        return True  # damaged, or none of ours: nobody knows what is in it


def _close(database: Path) -> None:
    """All of it in one file. SQLite does that for who is alone with it."""
    with closing(_connect(database, patience_s=0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise BackupError(f"{database} 正在使用，请先停掉 shaofa run（{error}）") from error
        except sqlite3.DatabaseError:
            return  # none of SQLite's; it is kept as it is


# --- both -----------------------------------------------------------------------------------------


def _looked_through(copy: Path) -> tuple[str, dict[str, int]]:
    """The revision of its tables, and how many rows each has."""
    try:
        with closing(_connect(copy)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise BackupError(f"数据库有损坏：{verdict}")
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            counts = {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in _tables(connection)
            }
    except (sqlite3.Error, TypeError) as error:
        raise BackupError(f"数据库读不了：{error}") from error
    return revision, counts


def _tables(connection: sqlite3.Connection) -> list[str]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in names if name != "alembic_version"]


def _connect(database: Path, patience_s: float = _PATIENCE_S) -> sqlite3.Connection:
    """To one that is there; SQLite would make a new one else."""
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True, timeout=patience_s)


class _Digest:
    """What is read, and its SHA-256."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._sha256.update(data)
        return data

    @property
    def hexdigest(self) -> str:
        return self._sha256.hexdigest()
