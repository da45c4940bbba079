"""Strangers' pictures, decoded in a process of its own: one at a time, with little memory and little time.

A file of a few kilobytes can ask for gigabytes, and decoders have faults. This file is both: what starts that process,
and the program that runs in it, which imports Pillow and nothing of ours. Upload and picture go through its standard
input and output, what became of it is its exit status.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import warnings
from contextlib import suppress
from typing import IO

from PIL import Image, ImageOps

# What begins how is looked at before a process is started. By Pillow's names.
_SIGNATURES = {"JPEG": (b"\xff\xd8\xff",), "PNG": (b"\x89PNG\r\n\x1a\n",), "GIF": (b"GIF87a", b"GIF89a")}
SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}

_MAX_PIXELS = 25_000_000  # of what is decoded
_MAX_JPEG_PIXELS = 50_000_000  # a phone's 48-megapixel picture: a JPEG can be decoded at half its sides
_ENOUGH_PIXELS = 12_500_000  # of such a picture, as long as the shorter side keeps so many:
_LEGIBLE_SIDE = 1000
_MAX_SIDE = 30_000
_THUMBNAIL_SIDE = 480

_MEMORY_BYTES = 800_000_000  # the most that a picture within the limits was seen to take is 420 MB
_CPU_S = 10
_TIMEOUT_S = 30
_one_at_a_time = threading.Lock()

_TOO_LARGE, _NO_ROOM = 3, 4  # exit statuses; Python's own for an error is 1
_STOPPED = (-24, -9)  # SIGXCPU, and SIGKILL where memory ran out
_KEPT_INFO = ("transparency", "icc_profile")  # what the picture looks like; the rest tells about the buyer


class Unfit(ValueError):
    """``code``: ``too_large``, ``unreadable``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_of(head: bytes) -> str | None:
    """``JPEG``, ``PNG``, ``WEBP`` or ``GIF`` by the first 16 bytes; None for anything else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for kind, signatures in _SIGNATURES.items() if head.startswith(signatures)), None)


def rewrite(upload: IO[bytes], kind: str, target: IO[bytes]) -> None:
    """Write the picture anew: upright, without EXIF (which may hold the buyer's home), its first frame only.

    Both are files of the system, with a descriptor.

    Raises:
        Unfit: it cannot be decoded, or not within the limits.
        OSError: there is no room for what comes out, or no process to be had.
    """
    _decode("rewrite", upload, kind, target)


def shrink(picture: IO[bytes], kind: str, target: IO[bytes]) -> None:
    """Write a JPEG of it, at most 480 pixels wide and high. Raises as ``rewrite`` does."""
    _decode("shrink", picture, kind, target)


def _decode(what: str, source: IO[bytes], kind: str, target: IO[bytes]) -> None:
    source.flush()
    # What decodes strangers' files has no keys to see. Isolated, so that nothing but Python's own path counts.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHAOFA_")}
    command = [sys.executable, "-I", __file__, what, kind]
    with _one_at_a_time:
        try:
            done = subprocess.run(
                command, stdin=source, stdout=target, stderr=subprocess.DEVNULL, env=environment, timeout=_TIMEOUT_S
            )
        except subprocess.TimeoutExpired as error:
            raise Unfit("too_large") from error
    if done.returncode == _NO_ROOM:
        raise OSError("a picture could not be written")
    if done.returncode:
        raise Unfit("too_large" if done.returncode in (_TOO_LARGE, *_STOPPED) else "unreadable")


# --- in the process of its own ----------------------------------------------------------------------


def main(what: str, kind: str) -> int:
    _confine()
    try:
        written = (_rewritten if what == "rewrite" else _shrunk)(sys.stdin.buffer, kind)
    except (Unfit, MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _TOO_LARGE
    except Exception:  # on a broken file Pillow raises whatever it trips over
        return 1
    try:
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
    except OSError:
        return _NO_ROOM
    return 0


def _confine() -> None:
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # should memory run out all the same, Linux takes this process and not the server
    with suppress(ImportError, ValueError, OSError):  # Windows has none of it, and macOS not all
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


def _opened(source: IO[bytes], kind: str) -> Image.Image:
    """Looked at in its head only: nothing is decoded that is not wanted.

    Raises:
        Unfit: when it has too many pixels, or a side that no camera makes.
    """
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = _MAX_JPEG_PIXELS  # Pillow's own look, at frames inside a file too
    source.seek(0)
    picture = Image.open(source, formats=[kind])
    pixels, side = picture.width * picture.height, max(picture.size)
    if pixels > (_MAX_JPEG_PIXELS if kind == "JPEG" else _MAX_PIXELS) or side > _MAX_SIDE:
        raise Unfit("too_large")
    return picture


def _rewritten(source: IO[bytes], kind: str) -> bytes:
    picture = _opened(source, kind)
    if kind == "JPEG" and _is_halved(*picture.size):
        picture.draft(None, (picture.width // 2, picture.height // 2))
    picture.load()
    picture = ImageOps.exif_transpose(picture) or picture
    if kind == "JPEG" and picture.mode not in ("RGB", "L"):
        picture = picture.convert("RGB")
    picture.info = {name: value for name, value in picture.info.items() if name in _KEPT_INFO}
    clean = io.BytesIO()
    how = {"JPEG": {"quality": 90}, "WEBP": {"method": 2}}  # webp's usual 4 takes three times as long
    picture.save(clean, kind, **how.get(kind, {}))
    return clean.getvalue()


def _is_halved(width: int, height: int) -> bool:
    """A camera's picture loses nothing that anybody reads; a long screenshot would."""
    pixels = width * height
    return pixels > _MAX_PIXELS or (pixels > _ENOUGH_PIXELS and min(width, height) // 2 >= _LEGIBLE_SIDE)


def _shrunk(source: IO[bytes], kind: str) -> bytes:
    picture = _opened(source, kind)
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
    see_through = picture.convert("RGBA")
    white = Image.new("RGBA", see_through.size, "white")
    small = io.BytesIO()
    Image.alpha_composite(white, see_through).convert("RGB").save(small, "JPEG", quality=80)
    return small.getvalue()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2]))
