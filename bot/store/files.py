"""Evidence files: checked by content, stored once under their SHA-256; pictures without place and camera data."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

_FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}
_ALSO_JPEG = "MPO"  # what Pillow calls a phone's JPEG with a second picture inside
# HEIC and AVIF pictures begin like a video. Pillow cannot read them.
_PICTURE_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"})
_KEPT_INFO = ("transparency", "icc_profile")  # what the picture looks like; the rest tells about the buyer
_VIDEO = "mp4"
_THUMBNAIL_PIXELS = 480  # the longer side
# The name of a file that was taken, below the folder; thumbnails, which can be made anew, have none such.
STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]+")
_MAX_PIXELS = 50_000_000  # a phone's 48-megapixel picture passes, a decompression bomb does not


class FileRejected(ValueError):
    """``code``: ``too_large``, ``not_a_picture``, ``unreadable``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class StoredFile:
    sha256: str
    is_video: bool


class FileStore:
    """A folder of files. Limits in bytes."""

    def __init__(self, folder: Path, max_picture_bytes: int, max_video_bytes: int) -> None:
        self._folder = folder
        self._max_picture = max_picture_bytes
        self._max_video = max_video_bytes

    def accept(self, data: bytes) -> StoredFile:
        """Check and keep one upload; the same file again is kept once.

        Raises:
            FileRejected: with a code that the bot has words for.
        """
        if data[4:8] == b"ftyp":
            if data[8:12] in _PICTURE_BRANDS:
                raise FileRejected("not_a_picture")
            if len(data) > self._max_video:
                raise FileRejected("too_large")
            return self._keep(data, _VIDEO, is_video=True)
        if len(data) > self._max_picture:
            raise FileRejected("too_large")
        picture, suffix = _without_metadata(data)
        return self._keep(picture, suffix, is_video=False)

    def path(self, sha256: str) -> Path | None:
        """Where a stored file is; its suffix tells what it is. None when there is no such file."""
        paths = (self._path(sha256, suffix) for suffix in (*_FORMATS.values(), _VIDEO))
        return next((path for path in paths if path.exists()), None)

    def thumbnail(self, sha256: str) -> Path | None:
        """A JPEG of a stored picture, at most 480 pixels wide and high, made once. None for a video or no file."""
        original = self.path(sha256)
        if original is None or original.suffix == f".{_VIDEO}":
            return None
        small = self._path(sha256, "thumb.jpg")
        if not small.exists():
            _write(small, _shrunk(original))
        return small

    def _keep(self, data: bytes, suffix: str, *, is_video: bool) -> StoredFile:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256, suffix)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
        return StoredFile(sha256, is_video)

    def _path(self, sha256: str, suffix: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.{suffix}"


def _write(path: Path, data: bytes) -> None:
    half, name = tempfile.mkstemp(dir=path.parent)
    try:
        with open(half, "wb") as file:
            file.write(data)
        os.replace(name, path)  # a reader never sees half a file
    except BaseException:
        os.unlink(name)
        raise


def _shrunk(path: Path) -> bytes:
    with Image.open(path) as picture:
        picture.thumbnail((_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS))
        see_through = picture.convert("RGBA")
    white = Image.new("RGBA", see_through.size, "white")
    small = io.BytesIO()
    Image.alpha_composite(white, see_through).convert("RGB").save(small, "JPEG", quality=80)
    return small.getvalue()


def _without_metadata(data: bytes) -> tuple[bytes, str]:
    """The picture written anew: upright, without EXIF (which may hold the buyer's home), its first frame only."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=list(_FORMATS)) as picture:
                if picture.width * picture.height > _MAX_PIXELS:
                    raise FileRejected("too_large")
                kind = "JPEG" if picture.format == _ALSO_JPEG else str(picture.format)
                return _written_anew(picture, kind), _FORMATS[kind]
    except FileRejected:
        raise
    except UnidentifiedImageError as error:
        raise FileRejected("not_a_picture") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileRejected("too_large") from error
    except Exception as error:  # on a broken file Pillow raises whatever it trips over
        raise FileRejected("unreadable") from error


def _written_anew(picture: Image.Image, kind: str) -> bytes:
    picture.load()
    upright = ImageOps.exif_transpose(picture) or picture
    plain = upright if kind != "JPEG" or upright.mode in ("RGB", "L") else upright.convert("RGB")
    plain.info = {name: value for name, value in plain.info.items() if name in _KEPT_INFO}
    clean = io.BytesIO()
    plain.save(clean, kind, **({"quality": 90} if kind == "JPEG" else {}))
    return clean.getvalue()
