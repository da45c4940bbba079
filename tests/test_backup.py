"""Backups: whole, while others write; and nothing is touched by one that is not."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from bot.backup import BackupError, Manifest, back_up, restore, where
from bot.db import make_engine
from bot.settings import Settings
from bot.store import Author, Store
from bot.store.files import FileStore
from tests.claims.builders import NOW
from tests.movies import box, movie
from tests.office import fresh
from tests.test_migrations import make_at

MANIFEST = b'{"version": "0", "revision": "0005", "made_at": "", "counts": {}, "sha256": %s}'


class Place:
    """A database and an evidence folder under one roof."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database, self.evidence = folder / "shaofa.db", folder / "evidence"
        self.files = FileStore(self.evidence, 10**6, 10**6)

    @property
    def store(self) -> Store:
        return Store(make_engine(f"sqlite:///{self.database}"))

    def says(self, text: str) -> None:
        """A message, and a file that belongs to it: the file first, as the inbox does it."""
        kept = self.files.accept(io.BytesIO(movie(behind=box("free", text.encode()))))
        self.store.log.append("talk", Author.BUYER, {"text": text, "file": {"sha256": kept.sha256}}, NOW)

    def said(self) -> list[str]:
        """What stands in the log; the file that goes with each is looked for."""
        entries = self.store.log.after("talk")
        for entry in entries:
            assert entry.file is not None
            path = self.files.path(entry.file["sha256"])
            assert path is not None and hashlib.sha256(path.read_bytes()).hexdigest() == entry.file["sha256"]
        return [entry.text for entry in entries]

    def close(self) -> None:
        make_engine(f"sqlite:///{self.database}").dispose()

    def everything(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()
        }


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "here")
    place.says("少了一件")
    place.says("照片")
    yield place
    place.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "elsewhere")
    yield place
    place.close()


@pytest.fixture
def archive(here: Place, tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar.gz"
    back_up(here.database, here.evidence, file, NOW)
    return file


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {member.name: content.read() for member in tar if (content := tar.extractfile(member))}


def packed(path: Path, parts: dict[str, bytes], **more: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for info in more.values():
            tar.addfile(info)
    return path


def repacked(archive: Path, **replaced: bytes) -> Path:
    """With other parts, and a manifest that is true of them."""
    parts = {**members(archive), **replaced}
    manifest = json.loads(parts.pop("manifest.json"))
    manifest["sha256"] = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    return packed(archive, {**parts, "manifest.json": json.dumps(manifest).encode()})


def changed_database(archive: Path, tmp_path: Path, *statements: str) -> Path:
    """The archive with something done to the database in it."""
    file = tmp_path / "changed.db"
    file.write_bytes(members(archive)["shaofa.db"])
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.execute("PRAGMA journal_mode=DELETE")
    return repacked(archive, **{"shaofa.db": file.read_bytes()})


# --- there and back -------------------------------------------------------------------------------


def test_all_comes_back_elsewhere(archive: Path, elsewhere: Place) -> None:
    restored = restore(archive, elsewhere.database, elsewhere.evidence, NOW)
    assert restored.kept is None and str(restored.manifest) == "会话1个，消息2条，索赔0件，凭证2个文件"
    assert elsewhere.said() == ["少了一件", "照片"]
    elsewhere.says("还在吗")
    assert elsewhere.said()[-1] == "还在吗"


def test_the_manifest_is_true(archive: Path, here: Place) -> None:
    parts = members(archive)
    assert list(parts)[-1] == "manifest.json"  # so that half an archive has none
    manifest = Manifest(**json.loads(parts.pop("manifest.json")))
    assert manifest.sha256 == {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    assert (manifest.counts["entries"], manifest.made_at) == (2, NOW.isoformat())


def test_the_archive_is_its_owners_alone_and_nothing_else_is_left(archive: Path, here: Place, elsewhere: Place) -> None:
    assert archive.stat().st_mode & 0o077 == 0
    restore(archive, elsewhere.database, elsewhere.evidence, NOW)
    left = [path.name for place in (archive.parent, here.folder, elsewhere.folder) for path in place.glob(".*")]
    assert left == [] and list(elsewhere.evidence.glob(".*")) == []


def test_what_is_written_meanwhile_is_whole_in_it_or_not_at_all(here: Place, elsewhere: Place, tmp_path: Path) -> None:
    """Every entry in the copy has its file, whenever the copy is taken."""
    stop = Event()

    def talk() -> None:
        number = 0
        while not stop.is_set():
            here.says(f"第{number}句")
            number += 1

    talking = Thread(target=talk)
    talking.start()
    try:
        for number in range(8):
            back_up(here.database, here.evidence, tmp_path / f"{number}.tar.gz", NOW)
    finally:
        stop.set()
        talking.join()
    before = 0
    for number in range(8):
        place = Place(tmp_path / f"place{number}")
        restored = restore(tmp_path / f"{number}.tar.gz", place.database, place.evidence, NOW)
        said = place.said()
        place.close()
        assert said == here.said()[: len(said)] and len(said) == restored.manifest.counts["entries"] >= before
        before = len(said)
    assert before > 2


def test_half_written_files_and_thumbnails_stay_out(here: Place, tmp_path: Path) -> None:
    (here.evidence / "ab").mkdir(exist_ok=True)
    (here.evidence / "ab" / "tmp3x_half").write_bytes(b"half")
    (here.evidence / "ab" / f"{'ab' * 32}.thumb.jpg").write_bytes(b"small")
    back_up(here.database, here.evidence, tmp_path / "b.tar.gz", NOW)
    assert len(members(tmp_path / "b.tar.gz")) == 4  # database, two files, manifest


# --- what is there stays --------------------------------------------------------------------------


def test_a_database_with_data_stays_unless_it_is_said(archive: Path, elsewhere: Place) -> None:
    elsewhere.says("别动我")
    elsewhere.close()
    before = elsewhere.everything()
    with pytest.raises(BackupError, match="--force"):
        restore(archive, elsewhere.database, elsewhere.evidence, NOW)
    assert elsewhere.everything() == before
    restored = restore(archive, elsewhere.database, elsewhere.evidence, NOW, force=True)
    assert elsewhere.said() == ["少了一件", "照片"]
    assert restored.kept is not None
    former = Place(restored.kept.parent)
    former.database = restored.kept
    assert former.said() == ["别动我"]  # with its file
    former.close()


def test_an_empty_database_makes_way(archive: Path, elsewhere: Place) -> None:
    assert elsewhere.store.log.after("talk") == []
    elsewhere.close()
    assert restore(archive, elsewhere.database, elsewhere.evidence, NOW).kept is None
    assert elsewhere.said() == ["少了一件", "照片"]


def test_what_is_no_database_is_kept_too(archive: Path, elsewhere: Place) -> None:
    elsewhere.folder.mkdir()
    elsewhere.database.write_bytes(b"something else")
    with pytest.raises(BackupError, match="--force"):
        restore(archive, elsewhere.database, elsewhere.evidence, NOW)
    kept = restore(archive, elsewhere.database, elsewhere.evidence, NOW, force=True).kept
    assert kept is not None and kept.read_bytes() == b"something else"


def test_a_database_in_use_is_not_replaced(archive: Path, elsewhere: Place) -> None:
    elsewhere.says("我还开着")
    with pytest.raises(BackupError, match="正在使用"):
        restore(archive, elsewhere.database, elsewhere.evidence, NOW, force=True)
    assert elsewhere.said() == ["我还开着"]


def test_a_log_that_a_database_has_left_behind_is_not_taken_for_the_new_ones(archive: Path, elsewhere: Place) -> None:
    elsewhere.says("旧的")
    wal = Path(f"{elsewhere.database}-wal").read_bytes()
    elsewhere.close()
    elsewhere.database.unlink()
    Path(f"{elsewhere.database}-wal").write_bytes(wal)
    restore(archive, elsewhere.database, elsewhere.evidence, NOW)
    assert elsewhere.said() == ["少了一件", "照片"]


# --- what is no backup ----------------------------------------------------------------------------


def odd(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> Callable[[Path], object]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return lambda archive: packed(archive, members(archive), odd=info)


@pytest.mark.parametrize(
    "spoil",
    [
        odd("../shaofa.db"),
        odd("/tmp/shaofa.db"),
        odd("evidence/../../x"),
        odd(f"evidence/ab/../{'ab' * 32}.jpg"),
        odd(f"evidence/ab/{'ab' * 32}.jpg", tarfile.SYMTYPE, "/etc/passwd"),
        odd(f"evidence/ab/{'ab' * 32}.jpg", tarfile.LNKTYPE, "shaofa.db"),
        odd(f"evidence/ab/{'ab' * 32}.jpg", tarfile.FIFOTYPE),
        odd("evidence", tarfile.DIRTYPE),
        odd("shaofa.db"),
        lambda archive: archive.write_bytes(archive.read_bytes()[:-200]),
        lambda archive: archive.write_bytes(b"\x1f\x8b no gzip"),
        lambda archive: archive.write_bytes(b""),
        lambda archive: packed(archive, {}),
        lambda archive: packed(archive, {name: data for name, data in members(archive).items() if name != "shaofa.db"}),
        lambda archive: packed(archive, {**members(archive), "manifest.json": b"[]"}),
        lambda archive: packed(archive, {**members(archive), "manifest.json": b"{" * 100_000}),
        lambda archive: packed(archive, {**members(archive), "manifest.json": MANIFEST % b"[]"}),
        lambda archive: packed(archive, {**members(archive), "manifest.json": MANIFEST % b'{"shaofa.db": {}}'}),
        lambda archive: packed(archive, {name: data[:-1] + b"?" for name, data in members(archive).items()}),
        lambda archive: packed(archive, dict(list(members(archive).items())[1:])),  # a part is missing
        lambda archive: repacked(archive, **{"shaofa.db": b"no database"}),
        lambda archive: repacked(archive, **{"shaofa.db": b""}),
    ],
)
def test_what_is_no_whole_backup_touches_nothing(
    archive: Path, elsewhere: Place, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    elsewhere.says("别动我")
    elsewhere.close()
    before = elsewhere.everything()
    spoil(archive)
    with pytest.raises(BackupError) as refused:
        restore(archive, elsewhere.database, elsewhere.evidence, NOW, force=True)
    assert "\n" not in str(refused.value)
    assert elsewhere.everything() == before
    assert {path.name for path in tmp_path.iterdir()} == {"here", "elsewhere", archive.name}


def test_a_newer_versions_backup_is_not_understood(archive: Path, elsewhere: Place, tmp_path: Path) -> None:
    changed_database(archive, tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackupError, match="请先升级"):
        restore(archive, elsewhere.database, elsewhere.evidence, NOW)
    assert not elsewhere.database.exists()


def test_a_database_of_before_is_backed_up_as_it_is_and_brought_up_to_date_elsewhere(
    elsewhere: Place, tmp_path: Path
) -> None:
    """Who installs a new version makes a backup first, with the new command."""
    old = Place(tmp_path / "old")
    make_at(f"sqlite:///{old.database}", "0002").dispose()
    back_up(old.database, old.evidence, tmp_path / "old.tar.gz", NOW)
    restored = restore(tmp_path / "old.tar.gz", elsewhere.database, elsewhere.evidence, NOW)
    assert restored.manifest.revision == "0002"
    elsewhere.says("接着说")
    assert elsewhere.said() == ["接着说"]


# --- what cannot be backed up ---------------------------------------------------------------------


def test_a_damaged_database_is_said_and_leaves_no_archive(here: Place, tmp_path: Path) -> None:
    here.close()
    here.database.write_bytes(here.database.read_bytes()[:5000] + b"\xff" * 4000)
    with pytest.raises(BackupError):
        back_up(here.database, here.evidence, tmp_path / "b.tar.gz", NOW)
    assert {path.name for path in tmp_path.iterdir()} == {"here"}


def test_an_earlier_archive_stays_when_the_next_fails(
    archive: Path, here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = archive.read_bytes()
    monkeypatch.setattr(tarfile.TarFile, "addfile", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space left"):
        back_up(here.database, here.evidence, archive, NOW)
    assert archive.read_bytes() == before and len(list(archive.parent.iterdir())) == 2


def test_where_there_is_no_file_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackupError, match="没有可备份的"):
        back_up(tmp_path / "shaofa.db", tmp_path, tmp_path / "b.tar.gz", NOW)
    for name, value in fresh(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert where(Settings()) == (tmp_path / "shaofa.db", tmp_path / "evidence")
    monkeypatch.setenv("SHAOFA_DATABASE_URL", "postgresql://shaofa@db/shaofa")
    with pytest.raises(BackupError, match=r"pg_dump.*docs/operations.md"):
        where(Settings())
