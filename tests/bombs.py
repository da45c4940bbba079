"""Files that are small and ask for much: pictures that would fill the memory, or take forever."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from PIL import Image


def webp_of_49_megapixels() -> bytes:
    return _drawn("WEBP", Image.new("RGB", (7000, 7000), (250, 250, 250)))


def png_of_50_megapixels() -> bytes:
    rows = b"\0" + bytes(10_000)
    return png(10_000, 5_000, zlib.compress(rows * 5_000))


def png_of_25_megapixels() -> bytes:
    """Within the limits: the most that is decoded."""
    return _drawn("PNG", Image.new("RGB", (5000, 5000), (250, 250, 250)))


def webp_of_25_megapixels() -> bytes:
    return _drawn("WEBP", Image.new("RGB", (5000, 5000), (250, 250, 250)))


def gif_of_100_000_frames() -> bytes:
    first = _drawn("GIF", Image.new("P", (100, 100)))
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return first[:-1] + frame * 100_000 + b";"


def gif_with_a_vast_frame() -> bytes:
    """The screen is one pixel, the frame in it 65,535 by 65,535."""
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0)
        + b"\x02\x02\x44\x01\x00;"
    )


def jpeg_of_65_500_by_65_500() -> bytes:
    """In its head; the rest is a small one's."""
    small = _drawn("JPEG", Image.new("RGB", (64, 64)))
    frame = small.index(b"\xff\xc0") + 5
    return small[:frame] + struct.pack(">HH", 65500, 65500) + small[frame + 4 :]


def jpeg_of_48_megapixels() -> bytes:
    """What a phone makes, in scans: the kind of JPEG that takes most."""
    picture = Image.radial_gradient("L").resize((8000, 6000)).convert("RGB")
    return _drawn("JPEG", picture, progressive=True, subsampling=0)


def png_with_a_vast_text() -> bytes:
    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(500_000_000), 9)
    return png(1, 1, zlib.compress(b"\0\0"), ("iTXt", text))


def png_with_a_vast_profile() -> bytes:
    return png(1, 1, zlib.compress(b"\0\0"), ("iCCP", b"icc\0\0" + zlib.compress(bytes(500_000_000), 9)))


def png_of_one_row() -> bytes:
    return png(1_000_000, 1, zlib.compress(bytes(1_000_001)))


def png(width: int, height: int, pixels: bytes, *chunks: tuple[str, bytes]) -> bytes:
    """A grey one; ``pixels`` are compressed already."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [("IHDR", header), *chunks, ("IDAT", pixels), ("IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind.encode(), body) for kind, body in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _drawn(kind: str, picture: Image.Image, **more: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **more)
    return written.getvalue()


# By name, made once; the code that each is refused with, None where it is taken.
BOMBS: dict[str, tuple[Callable[[], bytes], str | None]] = {
    make.__name__: (lru_cache(make), code)
    for make, code in (
        (webp_of_49_megapixels, "too_large"),
        (png_of_50_megapixels, "too_large"),
        (png_of_25_megapixels, None),
        (webp_of_25_megapixels, None),
        (gif_of_100_000_frames, None),
        (gif_with_a_vast_frame, "too_large"),
        (jpeg_of_65_500_by_65_500, "too_large"),
        (jpeg_of_48_megapixels, None),
        (png_with_a_vast_text, "unreadable"),
        (png_with_a_vast_profile, "unreadable"),
        (png_of_one_row, "too_large"),
    )
}
