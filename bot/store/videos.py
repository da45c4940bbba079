"""Videos by their container, ISO-BMFF (MP4, MOV): boxes in boxes, each with its size and a name of four letters.

A movie that shows a picture is a video, whatever it is called. Nothing in it is moved: what is not needed to play it
(place, device, author, notes of sensors) is overwritten with zeros where it stands, so that all offsets stay true.
What is in the frames and in the sound stays. Whatever a file says about itself may be a lie.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import IO

# What is kept of a box, "" being the file; the boxes in one that has no line of its own are kept as they are.
_KEPT = {
    "": {"ftyp", "styp", "moov", "mdat", "moof", "sidx", "ssix", "mfra"},
    "moov": {"mvhd", "iods", "trak", "mvex"},
    "trak": {"tkhd", "edts", "mdia", "tapt"},
    "mdia": {"mdhd", "hdlr", "elng", "minf"},
    "minf": {"vmhd", "smhd", "hdlr", "dinf", "stbl"},
    "moof": {"mfhd", "traf"},
    "traf": {"tfhd", "tfdt", "trun", "sdtp", "sbgp", "sgpd", "subs", "saiz", "saio", "senc"},
}
_BEGINNINGS = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_SEEN, _HEARD = b"vide", b"soun"
_MAX_BOXES = 50_000  # an hour in fragments of a second has thirty thousand
_MAX_TABLE_BYTES = 8_000_000  # of tracks that go: more than a million samples
_PIECE = 1 << 20

Span = tuple[int, int]  # from this byte until before that one


class NoVideo(ValueError):
    """``code``: ``not_a_picture`` when it is another kind of file, ``unreadable`` when it is broken or cut."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Private:
    """What has to go from a video: whole boxes, by where they begin; and bytes."""

    boxes: list[int]
    spans: list[Span]


def private(file: IO[bytes]) -> Private:
    """
    Raises:
        NoVideo: there is nothing to be seen in it.
    """
    return _Look(file).private()


def clean(file: IO[bytes], found: Private) -> None:
    """Overwrite it, in a file with the same content; a box becomes a ``free`` one of the same size."""
    for start in found.boxes:
        file.seek(start + 4)
        file.write(b"free")
    for start, end in _joined(found.spans):
        file.seek(start)
        for at in range(start, end, _PIECE):
            file.write(bytes(min(_PIECE, end - at)))


def _joined(spans: list[Span]) -> list[Span]:
    """In order and apart: a file that names one place a million times costs no more than once."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@dataclass(frozen=True)
class _Box:
    """``start`` and ``body``: where its head and its content begin; ``end`` is behind its last byte."""

    name: str
    start: int
    body: int
    end: int


class _Look:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0, os.SEEK_END)
        self._file_end = file.tell()
        self._boxes_left = _MAX_BOXES
        self._table_bytes_left = _MAX_TABLE_BYTES
        self._kinds: set[bytes] = set()  # of tracks
        self._goes: list[_Box] = []
        self._spans: list[Span] = []
        self._sample_tables: list[_Box] = []  # of the tracks that go

    def private(self) -> Private:
        if self._read(4, 4) not in _BEGINNINGS:
            raise NoVideo("not_a_picture")
        top = list(self._in(_Box("", 0, 0, self._file_end)))
        names = {box.name for box in top}
        for box in top:
            self._visit("", box)
        if _SEEN not in self._kinds:
            # A movie's table of contents often comes last, and is missing when it was cut. HEIC has a `meta` instead.
            raise NoVideo("not_a_picture" if names & {"moov", "meta"} else "unreadable")
        if self._sample_tables and "moof" in names:
            raise NoVideo("unreadable")  # there it is said otherwise whose bytes are whose; no phone has both
        media = sorted((box.body, box.end) for box in top if box.name == "mdat")
        samples = [span for table in self._sample_tables for span in self._samples(table, media)]
        bodies = [(box.body, box.end) for box in self._goes]
        return Private([box.start for box in self._goes], [*self._spans, *bodies, *samples])

    def _visit(self, parent: str, box: _Box) -> None:
        if box.name not in _KEPT[parent]:
            self._goes.append(box)
        elif box.name == "trak" and not self._is_played(box):
            self._goes.append(box)
            self._sample_tables += self._all(box, "mdia", "minf", "stbl")
        elif box.name in _KEPT:
            for inner in self._in(box):
                self._visit(box.name, inner)

    def _is_played(self, track: _Box) -> bool:
        """Its handler says what its samples are."""
        handlers = self._all(track, "mdia", "hdlr")
        kind = self._read(handlers[0].body + 8, 4) if handlers else b""
        self._kinds.add(kind)
        return kind in (_SEEN, _HEARD)

    def _all(self, box: _Box, *names: str) -> list[_Box]:
        """The boxes on this way down from one."""
        found = [box]
        for name in names:
            found = [inner for outer in found for inner in self._in(outer) if inner.name == name]
        return found

    def _in(self, outer: _Box) -> Iterator[_Box]:
        """
        Raises:
            NoVideo: a box in a box is broken. What follows the last whole box of a file only has to go.
        """
        start, is_file = outer.body, not outer.name
        while start < outer.end:
            box = self._box_at(start, outer.end, is_file)
            if box is None and not is_file and any(self._read(start, 8)):
                raise NoVideo("unreadable")
            if box is None:
                self._spans.append((start, outer.end))  # what some cameras put behind the movie; a terminating zero
                return
            yield box
            start = box.end

    def _box_at(self, start: int, limit: int, is_top: bool) -> _Box | None:
        self._boxes_left -= 1
        if self._boxes_left < 0:
            raise NoVideo("unreadable")
        head = self._read(start, min(16, limit - start))
        if len(head) < 8:
            return None
        size, name = struct.unpack(">I4s", head[:8])
        body = start + 8
        if size == 1 and len(head) == 16:
            size, body = struct.unpack(">Q", head[8:])[0], start + 16
        elif size == 0 and limit == self._file_end and any(name):
            size = limit - start
        end = start + size
        if end > limit and is_top and name == b"mdat":
            end = limit  # a movie that was cut is seen up to there
        return _Box(name.decode("latin-1"), start, body, end) if body <= end <= limit else None

    def _read(self, start: int, size: int) -> bytes:
        self._file.seek(start)
        return self._file.read(size)

    # --- whose bytes are whose ------------------------------------------------------------------------

    def _samples(self, table: _Box, media: list[Span]) -> Iterator[Span]:
        """Where a track's samples lie, in pieces that are called chunks.

        Raises:
            NoVideo: not within what the file calls its media; or it is not said in the usual way.
        """
        offsets = self._offsets(table)
        if not offsets:
            return
        sizes, per_chunk = self._sizes(table), self._per_chunk(table)
        begins, sample, run = [start for start, _ in media], 0, 0
        for chunk, start in enumerate(offsets, 1):
            while run + 1 < len(per_chunk) and per_chunk[run + 1][0] <= chunk:
                run += 1
            until = sample + (per_chunk[run][1] if per_chunk else 0)
            end = start + sizes(sample, until)
            within = bisect_right(begins, start) - 1
            if within < 0 or end > media[within][1]:
                raise NoVideo("unreadable")
            yield start, end
            sample = until

    def _sizes(self, table: _Box) -> Callable[[int, int], int]:
        """How many bytes the samples from one number until before another take."""
        body = self._table(table, "stsz")
        if len(body) < 12:
            raise NoVideo("unreadable")
        same, _ = struct.unpack(">II", body[4:12])
        if same:
            return lambda first, until: same * (until - first)
        ends = [0, *accumulate(size for (size,) in struct.iter_unpack(">I", _whole(body[12:], 4)))]
        last = len(ends) - 1
        return lambda first, until: ends[min(until, last)] - ends[min(first, last)]

    def _per_chunk(self, table: _Box) -> list[tuple[int, int]]:
        """From which chunk on how many samples are in one."""
        rows = struct.iter_unpack(">III", _whole(self._table(table, "stsc")[8:], 12))
        return [(first, samples) for first, samples, _ in rows]

    def _offsets(self, table: _Box) -> list[int]:
        short, long = self._table(table, "stco")[8:], self._table(table, "co64")[8:]
        return [
            *(offset for (offset,) in struct.iter_unpack(">I", _whole(short, 4))),
            *(offset for (offset,) in struct.iter_unpack(">Q", _whole(long, 8))),
        ]

    def _table(self, outer: _Box, name: str) -> bytes:
        box = next((inner for inner in self._in(outer) if inner.name == name), None)
        if box is None:
            return b""
        self._table_bytes_left -= box.end - box.body
        if self._table_bytes_left < 0:
            raise NoVideo("unreadable")
        return self._read(box.body, box.end - box.body)


def _whole(data: bytes, row: int) -> bytes:
    return data[: len(data) - len(data) % row]
