"""Small MP4 files made by hand: boxes in boxes, with samples where the tables say that they are."""

from __future__ import annotations

import struct
from collections.abc import Sequence

FRAME, SOUND, PLACE = b"<a frame>", b"<a sound>", b"<+31.2304+121.4737>"


def box(name: str, *content: bytes, wide: bool = False) -> bytes:
    body = b"".join(content)
    if wide:
        return struct.pack(">I4sQ", 1, name.encode("latin-1"), len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, name.encode("latin-1")) + body


def handler(kind: str) -> bytes:
    return box("hdlr", bytes(8), kind.encode(), bytes(12), b"\0")


def table(name: str, *rows: int, head: bytes = b"", width: str = "I") -> bytes:
    count = b"" if head else struct.pack(">I", len(rows))
    return box(name, bytes(4), head, count, struct.pack(f">{len(rows)}{width}", *rows))


def track(kind: str, chunks: Sequence[Sequence[bytes]], offsets: Sequence[int], *more: bytes) -> bytes:
    sizes = [len(sample) for chunk in chunks for sample in chunk]
    runs = [number for first, chunk in enumerate(chunks, 1) for number in (first, len(chunk), 1)]
    tables = box(
        "stbl",
        box("stsd", bytes(8)),
        table("stsz", *sizes, head=struct.pack(">II", 0, len(sizes))),
        table("stsc", *runs, head=struct.pack(">I", len(runs) // 3)),
        table("stco", *offsets),
    )
    media = box("mdia", box("mdhd", bytes(24)), handler(kind), box("minf", box("dinf"), tables))
    return box("trak", box("tkhd", bytes(84)), media, *more)


def movie(
    *kinds: str, in_moov: bytes = b"", in_track: bytes = b"", behind: bytes = b"", moov_last: bool = False
) -> bytes:
    """A track of each kind, with samples of it in two chunks of two: frames, sounds, else places. Frames if none."""
    kinds = kinds or ("vide",)
    samples = {"vide": FRAME, "soun": SOUND}
    chunks = [[[samples.get(kind, PLACE)] * 2] * 2 for kind in kinds]
    pieces = [b"".join(chunk) for of_track in chunks for chunk in of_track]
    media = box("mdat", *pieces)

    def contents(begin: int) -> bytes:
        starts = [begin + 8 + sum(map(len, pieces[:number])) for number in range(len(pieces))]
        tracks = [
            track(kind, of_track, starts[2 * number : 2 * number + 2], in_track)
            for number, (kind, of_track) in enumerate(zip(kinds, chunks, strict=True))
        ]
        return box("moov", box("mvhd", bytes(100)), *tracks, in_moov)

    head = box("ftyp", b"isom", bytes(4), b"isomiso2")
    if moov_last:
        return head + media + contents(len(head)) + behind
    return head + contents(len(head) + len(contents(0))) + media + behind
