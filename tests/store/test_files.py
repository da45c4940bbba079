"""Evidence files: only what is a picture or a video comes in, without metadata, once."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.inbox.model import as_file
from bot.store.files import FileRejected, FileStore, StoredFile
from tests import bombs
from tests.movies import PLACE, box, movie

LIMIT = 200_000
VIDEO_LIMIT = 400_000
MP4 = movie("vide", "soun")


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30), **more: object) -> bytes:
    written = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(written, kind, **more)
    return written.getvalue()


def accept(files: FileStore, data: bytes) -> StoredFile:
    with as_file(data) as upload:
        return files.accept(upload)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has few pixels to show for it."""
    return bombs.png(width, height, zlib.compress(b"\0" * 1000))


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "evidence"


@pytest.fixture
def files(folder: Path) -> FileStore:
    return FileStore(folder, LIMIT, VIDEO_LIMIT)


@pytest.mark.parametrize(
    ("kind", "mode", "suffix"),
    [
        ("JPEG", "RGB", "jpg"),
        ("JPEG", "L", "jpg"),
        ("JPEG", "CMYK", "jpg"),
        ("PNG", "RGB", "png"),
        ("PNG", "RGBA", "png"),
        ("PNG", "P", "png"),
        ("PNG", "1", "png"),
        ("WEBP", "RGB", "webp"),
        ("GIF", "P", "gif"),
    ],
)
def test_a_picture_is_kept_in_its_own_format(files: FileStore, folder: Path, kind: str, mode: str, suffix: str) -> None:
    stored = accept(files, picture(kind, mode))
    assert not stored.is_video
    [path] = kept(folder)
    assert path == folder / stored.sha256[:2] / f"{stored.sha256}.{suffix}"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == stored.sha256
    with Image.open(path) as shown:
        assert (shown.format, shown.size) == (kind, (40, 30))


def test_a_video_is_kept_as_it_is(files: FileStore, folder: Path) -> None:
    stored = accept(files, MP4)
    assert stored.is_video
    assert stored.sha256 == hashlib.sha256(MP4).hexdigest()
    [path] = kept(folder)
    assert path.name == f"{stored.sha256}.mp4"
    assert path.read_bytes() == MP4


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_a_picture"),
        (b"\0", "not_a_picture"),
        (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not_a_picture"),
        (b"PK\x03\x04" + b"\0" * 100, "not_a_picture"),
        (hashlib.sha512(b"random").digest() * 50, "not_a_picture"),
        (picture("BMP"), "not_a_picture"),
        (picture("TIFF"), "not_a_picture"),
        (picture("JPEG")[:-200], "unreadable"),
        (picture("JPEG", size=(400, 300))[:1000], "unreadable"),
        (picture("PNG", size=(200, 200))[:500], "unreadable"),
        (picture("JPEG") + b"\0" * LIMIT, "too_large"),
        (b"\0" * (VIDEO_LIMIT + 1), "too_large"),
        (MP4 + b"\0" * VIDEO_LIMIT, "too_large"),
        (png_header(50_000, 50_000), "too_large"),
        (png_header(5_000, 5_001), "too_large"),
        (png_header(5_000, 5_000), "unreadable"),
        (png_header(30_001, 1), "too_large"),
        (movie("soun"), "not_a_picture"),
        (MP4[:200], "unreadable"),
    ],
    ids=[
        "empty",
        "one byte",
        "pdf",
        "svg",
        "zip",
        "random",
        "bmp",
        "tiff",
        "jpeg without its end",
        "jpeg cut early",
        "png cut",
        "big picture",
        "big anything",
        "big video",
        "bomb",
        "a row above the limit",
        "at the limit but empty",
        "a side above the limit",
        "sound alone",
        "video cut early",
    ],
)
def test_what_cannot_be_evidence_is_rejected_and_leaves_nothing(
    files: FileStore, folder: Path, data: bytes, code: str
) -> None:
    with pytest.raises(FileRejected) as rejected:
        accept(files, data)
    assert rejected.value.code == code
    assert kept(folder) == []


def test_limits_include_their_last_byte(folder: Path) -> None:
    data = picture("PNG")
    accept(FileStore(folder, len(data), len(MP4)), data)
    accept(FileStore(folder, len(data), len(MP4)), MP4)
    assert len(kept(folder)) == 2
    for small in (data, MP4):
        with pytest.raises(FileRejected, match="too_large"):
            accept(FileStore(folder, len(data) - 1, len(MP4) - 1), small)


def test_place_and_device_are_taken_out_of_a_video(files: FileStore, folder: Path) -> None:
    stored = accept(files, movie("vide", "meta", in_moov=box("udta", box("\xa9xyz", PLACE))))
    [path] = kept(folder)
    assert path.stem == stored.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert PLACE not in path.read_bytes()


def test_a_video_may_be_larger_than_a_picture(files: FileStore) -> None:
    assert accept(files, MP4 + b"\0" * (LIMIT + 1)).is_video


def test_the_same_bytes_are_stored_once(files: FileStore, folder: Path) -> None:
    first = accept(files, picture("JPEG"))
    [path] = kept(folder)
    written = path.stat().st_mtime_ns
    assert accept(files, picture("JPEG")) == first
    assert kept(folder) == [path]
    assert path.stat().st_mtime_ns == written
    other = accept(files, picture("JPEG", size=(41, 30)))
    assert other.sha256 != first.sha256
    assert len(kept(folder)) == 2


def test_the_same_picture_sent_many_times_at_once_is_stored_once(files: FileStore, folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        stored = set(pool.map(lambda data: accept(files, data), [picture("PNG")] * 8))
    assert len(stored) == 1
    assert len(kept(folder)) == 1


def _exif(*, orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = "SecretPhone"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)})
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_and_camera_are_taken_out(files: FileStore, folder: Path, kind: str) -> None:
    data = picture(kind, exif=_exif())
    assert b"SecretPhone" in data
    accept(files, data)
    [path] = kept(folder)
    assert b"SecretPhone" not in path.read_bytes()
    with Image.open(path) as shown:
        assert dict(shown.getexif()) == {}


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_xmp_is_taken_out(files: FileStore, folder: Path, kind: str) -> None:
    data = picture(kind, xmp=b"<x:xmpmeta>GPSLatitude</x:xmpmeta>")
    assert b"GPSLatitude" in data
    accept(files, data)
    assert b"GPSLatitude" not in kept(folder)[0].read_bytes()


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_a_comment_is_taken_out(files: FileStore, folder: Path, kind: str) -> None:
    accept(files, picture(kind, comment=b"31.2304N 121.4737E"))
    assert b"31.2304N" not in kept(folder)[0].read_bytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_turned_picture_is_put_upright(files: FileStore, folder: Path, kind: str) -> None:
    accept(files, picture(kind, exif=_exif(orientation=6)))
    with Image.open(kept(folder)[0]) as shown:
        assert shown.size == (30, 40)


def test_a_phone_jpeg_with_a_second_picture_inside_is_kept(files: FileStore, folder: Path) -> None:
    first = Image.radial_gradient("L").convert("RGB")
    written = io.BytesIO()
    first.save(written, "MPO", save_all=True, append_images=[first.copy()])
    accept(files, written.getvalue())
    assert [path.suffix for path in kept(folder)] == [".jpg"]


def test_a_turned_picture_with_nonsense_in_its_exif_is_kept_or_rejected(files: FileStore, folder: Path) -> None:
    turned = struct.pack("<HHII", 0x0112, 3, 1, 6)
    resolution_as_text = struct.pack("<HHI4s", 0x011A, 2, 4, b"abc\0")
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + turned + resolution_as_text + b"\0\0\0\0"
    try:
        accept(files, picture("JPEG", exif=exif))
    except FileRejected as rejected:
        assert rejected.code == "unreadable"
    else:
        assert len(kept(folder)) == 1


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_a_heic_picture_is_no_video(files: FileStore, brand: bytes) -> None:
    try:
        is_video = accept(files, b"\x00\x00\x00\x18ftyp" + brand + b"\0\0\0\0mif1heic" + b"\0" * 100).is_video
    except FileRejected:
        is_video = False
    assert not is_video


def test_no_half_written_file_is_left_after_success(files: FileStore, folder: Path) -> None:
    for data in (picture("JPEG"), picture("PNG"), MP4, MP4):
        accept(files, data)
    assert sorted(path.suffix for path in kept(folder)) == [".jpg", ".mp4", ".png"]


@pytest.mark.parametrize("data", [MP4, picture("JPEG")], ids=["video", "picture"])
def test_a_full_disk_is_said_and_leaves_nothing(
    files: FileStore, folder: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    def fail(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(FileRejected, match="no_room"):
        accept(files, data)
    assert kept(folder) == []


def test_what_crashes_have_left_is_swept(files: FileStore, folder: Path) -> None:
    files.sweep()  # there is no folder yet
    stored = accept(files, MP4)
    for name, age_s in (("old", 25 * 3600), ("new", 60)):
        half = folder / "unfinished" / name
        half.write_bytes(b"half a")
        os.utime(half, (time.time() - age_s,) * 2)
    files.sweep()
    assert [path.name for path in kept(folder)] == [f"{stored.sha256}.mp4", "new"]


def test_an_upload_that_is_given_up_leaves_nothing(files: FileStore, folder: Path) -> None:
    with files.receive() as upload:
        upload.write(picture("JPEG")[:100])
    assert kept(folder) == []
    (folder / "a").touch()
    with pytest.raises(FileRejected, match="no_room"):
        FileStore(folder / "a", LIMIT, VIDEO_LIMIT).receive()


def test_a_file_on_disk_is_left_as_it_was(files: FileStore, tmp_path: Path) -> None:
    for data in (picture("JPEG", exif=_exif()), movie(in_moov=box("udta", PLACE))):
        upload = tmp_path / "upload"
        upload.write_bytes(data)
        with upload.open("rb") as opened:
            opened.read(7)
            files.accept(opened)
        assert upload.read_bytes() == data


_HOSTILE = st.sampled_from([b"../../etc/passwd", b"\0" * 4 + b"ftyp../../../x", b"/absolute", b"..\\..\\x", MP4])


@given(data=_HOSTILE | st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: MP4[:12] + tail))
def test_nothing_is_ever_written_outside_the_folder(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    outside = tmp_path_factory.mktemp("outside")
    folder = outside / "evidence"
    try:
        expected = [f"{accept(FileStore(folder, LIMIT, VIDEO_LIMIT), data).sha256}.mp4"]
    except FileRejected as rejected:
        assert rejected.code in ("too_large", "not_a_picture", "unreadable")
        expected = []
    assert [path.name for path in kept(outside)] == expected
    assert all(path.resolve().is_relative_to(folder) for path in kept(outside))


@settings(max_examples=10)  # each is a process
@given(cut=st.integers(0, 4000), kind=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]))
def test_a_cut_picture_is_kept_or_rejected_and_never_breaks(
    tmp_path_factory: pytest.TempPathFactory, cut: int, kind: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "cut"
    data = picture(kind)[:cut]
    try:
        stored = accept(FileStore(folder, LIMIT, VIDEO_LIMIT), data)
    except FileRejected as rejected:
        assert rejected.code in ("not_a_picture", "unreadable")
    else:
        assert any(path.stem == stored.sha256 for path in kept(folder))


def test_a_stored_file_is_found_by_what_it_holds(files: FileStore, folder: Path) -> None:
    for data in (picture("JPEG"), picture("PNG"), MP4):
        stored = accept(files, data)
        path = files.path(stored.sha256)
        assert path is not None and hashlib.sha256(path.read_bytes()).hexdigest() == stored.sha256
    assert files.path("0" * 64) is None


@pytest.mark.parametrize(
    ("kind", "mode", "size", "shrunk"),
    [
        ("JPEG", "RGB", (960, 320), (480, 160)),
        ("PNG", "RGBA", (300, 900), (160, 480)),
        ("PNG", "P", (500, 500), (480, 480)),
        ("GIF", "P", (40, 30), (40, 30)),
        ("WEBP", "RGB", (1000, 1), (480, 1)),
    ],
)
def test_a_thumbnail_is_small(
    files: FileStore, kind: str, mode: str, size: tuple[int, int], shrunk: tuple[int, int]
) -> None:
    stored = accept(files, picture(kind, mode, size))
    small = files.thumbnail(stored.sha256)
    assert small is not None
    with Image.open(small) as seen:
        assert seen.size == shrunk and seen.format == "JPEG"
    made = small.stat().st_mtime_ns
    assert files.thumbnail(stored.sha256) == small and small.stat().st_mtime_ns == made
    assert files.path(stored.sha256) != small


def test_what_is_see_through_is_white_in_the_thumbnail(files: FileStore) -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (600, 600), (0, 0, 0, 0)).save(clear, "PNG")
    small = files.thumbnail(accept(files, clear.getvalue()).sha256)
    assert small is not None
    with Image.open(small) as seen:
        assert seen.getpixel((10, 10)) == (255, 255, 255)


def test_a_picture_that_broke_on_disk_has_no_thumbnail(files: FileStore) -> None:
    stored = accept(files, picture("PNG"))
    path = files.path(stored.sha256)
    assert path is not None
    path.write_bytes(b"rotten")
    assert files.thumbnail(stored.sha256) is None


def test_a_video_has_no_thumbnail(files: FileStore) -> None:
    assert files.thumbnail(accept(files, MP4).sha256) is None
    assert files.thumbnail("0" * 64) is None
