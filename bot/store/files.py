"""Evidence files: checked by content, stored once under their SHA-256, without place and device data.

A file is stored before the log speaks of it. Who dies in between leaves a file that nobody asks for, and no harm.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.store import pictures, videos

logger = logging.getLogger(__name__)

_VIDEO = "mp4"
_UNFINISHED_S = 24 * 3600  # what is older has been left behind by a crash
_PIECE = 1 << 20
# The name of a file that was taken, below the folder; thumbnails, which can be made anew, have none such.
STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]+")


class FileRejected(ValueError):
    """``code``: ``too_large``, ``not_a_picture``, ``unreadable``; ``no_room`` when it cannot be stored now."""

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
        self._unfinished = folder / "unfinished"
        self._max_picture = max_picture_bytes
        self._max_video = max_video_bytes

    def accept(self, upload: IO[bytes]) -> StoredFile:
        """Check and keep one upload, a file of the system; the same again is kept once. It is left open and as it is.

        Raises:
            FileRejected: with a code that the bot has words for.
        """
        return self._take(upload, keep=True)

    def check(self, upload: IO[bytes]) -> StoredFile:
        """What ``accept`` would make of it; nothing is kept.

        Raises:
            FileRejected: the same.
        """
        return self._take(upload, keep=False)

    def _take(self, upload: IO[bytes], *, keep: bool) -> StoredFile:
        try:
            return self._accept(upload, keep)
        except (pictures.Unfit, videos.NoVideo) as error:
            raise FileRejected(error.code) from error
        except OSError as error:  # a full disk, most likely
            logger.error("an upload cannot be stored: %s", error)
            raise FileRejected("no_room") from error

    def receive(self) -> IO[bytes]:
        """Where an upload can be put that is still to come. It has no name, and is gone when it is closed.

        Raises:
            FileRejected: nothing can be stored now.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=self._folder)
        except OSError as error:
            logger.error("an upload cannot be taken: %s", error)
            raise FileRejected("no_room") from error

    def path(self, sha256: str) -> Path | None:
        """Where a stored file is; its suffix tells what it is. None when there is no such file."""
        paths = (self._path(sha256, suffix) for suffix in (*pictures.SUFFIXES.values(), _VIDEO))
        return next((path for path in paths if path.exists()), None)

    def thumbnail(self, sha256: str) -> Path | None:
        """A JPEG of a stored picture, at most 480 pixels wide and high, made once.

        None for a video, no file, or where it cannot be made.
        """
        original = self.path(sha256)
        if original is None or original.suffix == f".{_VIDEO}":
            return None
        small = self._path(sha256, "thumb.jpg")
        if not small.exists():
            kind = next(kind for kind, suffix in pictures.SUFFIXES.items() if original.suffix == f".{suffix}")
            try:
                with original.open("rb") as picture, self._half() as half:
                    pictures.shrink(picture, kind, half)
                    os.replace(half.name, small)
            except (pictures.Unfit, OSError) as error:
                logger.warning("no thumbnail of %s: %s", sha256, error)
                return None
        return small

    def sweep(self) -> None:
        """Remove what crashes have left half written."""
        before = time.time() - _UNFINISHED_S
        with suppress(FileNotFoundError):
            for path in self._unfinished.iterdir():
                with suppress(OSError):
                    if path.stat().st_mtime < before:
                        path.unlink()

    def _accept(self, upload: IO[bytes], keep: bool) -> StoredFile:
        upload.seek(0, os.SEEK_END)
        size = upload.tell()
        upload.seek(0)
        kind = pictures.kind_of(upload.read(16))
        if kind:
            if size > self._max_picture:
                raise FileRejected("too_large")
            with self._half() as half:
                pictures.rewrite(upload, kind, half)
                return self._name(half, pictures.SUFFIXES[kind], keep)
        if size > self._max_video:
            raise FileRejected("too_large")
        private = videos.private(upload)
        with self._half() as half:
            upload.seek(0)
            shutil.copyfileobj(upload, half, _PIECE)
            videos.clean(half, private)
            return self._name(half, _VIDEO, keep)

    @contextmanager
    def _half(self) -> Iterator[IO[bytes]]:
        """A new file that a reader never sees half of: it is moved when it is whole, else removed."""
        self._unfinished.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._unfinished, delete=False) as half:
            try:
                yield half
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(half.name)

    def _name(self, half: IO[bytes], suffix: str, keep: bool) -> StoredFile:
        half.flush()
        os.fsync(half.fileno())
        half.seek(0)
        digest = hashlib.sha256()
        while piece := half.read(_PIECE):
            digest.update(piece)
        sha256 = digest.hexdigest()
        path = self._path(sha256, suffix)
        if keep and not path.exists():
            path.parent.mkdir(exist_ok=True)
            os.replace(half.name, path)
        return StoredFile(sha256, suffix == _VIDEO)

    def _path(self, sha256: str, suffix: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.{suffix}"
