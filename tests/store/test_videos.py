"""What a video is, and what goes from it, whatever the file says about itself."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.store import videos
from bot.store.videos import NoVideo, clean, private
from tests.movies import FRAME, PLACE, SOUND, box, handler, movie, table

SECRET = b"SecretPhone"


def cleaned(data: bytes) -> bytes:
    file = io.BytesIO(data)
    clean(file, private(file))
    return file.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(NoVideo) as no:
        private(io.BytesIO(data))
    return no.value.code


def changed(before: bytes, after: bytes) -> bytes:
    """What stood where something else stands now."""
    assert len(before) == len(after)
    return bytes(old for old, new in zip(before, after, strict=True) if old != new)


@pytest.mark.parametrize("moov_last", [False, True])
@pytest.mark.parametrize("kinds", [("vide",), ("vide", "soun"), ("soun", "vide")])
def test_what_is_seen_and_heard_stays_as_it_is(kinds: tuple[str, ...], moov_last: bool) -> None:
    data = movie(*kinds, moov_last=moov_last)
    assert cleaned(data) == data


@pytest.mark.parametrize(
    "data",
    [
        movie("soun"),
        movie("text"),
        movie("pict"),  # a sequence of HEIC or AVIF pictures
        box("ftyp", b"heic", bytes(4)) + box("meta", bytes(40)) + box("mdat", bytes(40)),
        b"",
        b"\0" * 100,
        b"\x1aE\xdf\xa3webm" + bytes(100),
        b"RIFF\x40\0\0\0AVI LIST" + bytes(100),
        b"\0\0\0\x08vide" + movie(),
    ],
    ids=["sound", "text", "pictures", "heic", "nothing", "zeros", "webm", "avi", "an unknown beginning"],
)
def test_what_shows_nothing_is_no_video(data: bytes) -> None:
    assert refused(data) == "not_a_picture"


@pytest.mark.parametrize(
    "data",
    [
        movie(moov_last=True)[:100],
        movie()[:60],
        box("ftyp", b"isom"),
        box("ftyp", b"isom") + box("moov", box("trak", struct.pack(">I4s", 1000, b"mdia"))),
        box("ftyp", b"isom") + box("moov", box("trak", struct.pack(">I4s", 4, b"mdia"))),
        box("ftyp", b"isom") + box("moov", box("trak", struct.pack(">I4sQ", 1, b"mdia", 2**63))),
    ],
    ids=["cut before its contents", "cut in them", "begun", "too long a box", "too short a box", "2**63 bytes"],
)
def test_what_is_broken_or_cut_is_unreadable(data: bytes) -> None:
    assert refused(data) == "unreadable"


def test_a_movie_that_was_cut_is_seen_up_to_there() -> None:
    data = movie("vide", in_moov=box("udta", SECRET))[:-10]
    assert SECRET not in cleaned(data) and FRAME in cleaned(data)


@pytest.mark.parametrize("kind", ["qt  ", "isom", "heic"])
def test_a_brand_decides_nothing(kind: str) -> None:
    assert cleaned(box("ftyp", kind.encode()) + movie())


def test_an_old_movie_has_no_brand() -> None:
    data = movie(moov_last=True)
    data = box("wide") + data[data.index(b"mdat") - 4 :]
    assert FRAME in cleaned(data)


@pytest.mark.parametrize(
    "data",
    [
        movie(in_moov=box("udta", box("\xa9xyz", PLACE), box("\xa9mod", SECRET))),
        movie(in_moov=box("meta", bytes(4), handler("mdta"), box("keys", PLACE), box("ilst", SECRET))),
        movie(in_moov=box("uuid", bytes(16), PLACE, SECRET)),
        movie(in_track=box("udta", PLACE) + box("meta", SECRET)),
        movie(behind=box("meta", PLACE) + box("uuid", SECRET)),
        movie(behind=box("uuid", PLACE, SECRET, wide=True)),
        movie(behind=struct.pack(">I4s", 0, b"uuid") + PLACE + SECRET),
        movie(behind=box("free", PLACE, SECRET)),
        movie(behind=PLACE + SECRET),
        movie(behind=struct.pack(">I4s", 2**31, b"SEFT") + PLACE + SECRET),
        movie(in_moov=box("udta", PLACE), behind=b"abc"),
        box("ftyp", b"qt  ") + box("uuid", PLACE) + movie(),
    ],
    ids=[
        "udta",
        "meta",
        "uuid",
        "in a track",
        "behind",
        "64 bits",
        "to the end",
        "free",
        "no box",
        "a camera's trailer",
        "a few bytes behind",
        "before",
    ],
)
def test_place_and_device_go(data: bytes) -> None:
    after = cleaned(data)
    assert PLACE not in after and SECRET not in after
    assert len(after) == len(data) and after.count(FRAME) == 4
    assert cleaned(after) == after


@pytest.mark.parametrize("kind", ["meta", "camm", "tmcd", "text", "gpmd"])
@pytest.mark.parametrize("moov_last", [False, True])
def test_a_track_of_a_sensor_goes_with_its_samples(kind: str, moov_last: bool) -> None:
    data = movie("vide", kind, "soun", moov_last=moov_last)
    after = cleaned(data)
    assert PLACE not in after and (after.count(FRAME), after.count(SOUND)) == (4, 4)
    assert after.count(b"trak") == 2 and kind.encode() not in after


def sensor(size: int, count: int, *offsets: int, width: str = "I") -> bytes:
    """A track whose samples are all of one size, each a chunk of its own."""
    tables = box(
        "stbl",
        table("stsz", head=struct.pack(">II", size, count)),
        table("stsc", 1, 1, 1, head=struct.pack(">I", 1)),
        table("stco" if width == "I" else "co64", *offsets, width=width),
    )
    return box("trak", box("mdia", handler("meta"), box("minf", tables)))


def with_media(track_at: Callable[[int], bytes], media: bytes) -> bytes:
    """A movie with one more track, made for where the media will be."""
    head = len(movie(in_moov=track_at(0)))
    return movie(in_moov=track_at(head + 8), behind=box("mdat", media))


@pytest.mark.parametrize("width", ["I", "Q"])
def test_samples_of_one_size_and_64_bit_offsets_are_understood(width: str) -> None:
    media = FRAME + PLACE + FRAME + PLACE
    first = len(FRAME)
    data = with_media(lambda at: sensor(len(PLACE), 2, at + first, at + 2 * first + len(PLACE), width=width), media)
    assert cleaned(data).endswith(media.replace(PLACE, bytes(len(PLACE))))


def test_a_place_that_is_named_again_and_again_costs_no_more_than_once() -> None:
    media = b"x" * 1_000_000
    data = with_media(lambda at: sensor(len(media), 500_000, *[at] * 500_000), media)
    began = time.monotonic()
    assert cleaned(data).endswith(bytes(len(media)))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("offset", [0, 8, 40, 10**6, 2**32 - 1])
def test_a_track_that_claims_what_is_no_media_makes_it_unreadable(offset: int) -> None:
    assert refused(movie(in_moov=sensor(len(PLACE), 1, offset))) == "unreadable"


def test_a_movie_in_fragments_is_kept_without_its_notes() -> None:
    fragment = box("moof", box("mfhd", bytes(8)), box("traf", box("tfhd", bytes(8)), box("uuid", PLACE)))
    data = movie(behind=(fragment + box("mdat", FRAME)) * 3)
    assert PLACE not in cleaned(data) and cleaned(data).count(FRAME) == 7
    assert refused(movie("vide", "meta", behind=fragment)) == "unreadable"


# --- hostile --------------------------------------------------------------------------------------

_NAMES = sorted({*videos._KEPT, *(name for kept in videos._KEPT.values() for name in kept), "udta", "uuid"} - {""})
_LIES = st.sampled_from([0, 1, 7, 8, 2**31, 2**32 - 1])


@st.composite
def _boxes(draw: st.DrawFn, inner: st.SearchStrategy[bytes]) -> bytes:
    whole = box(draw(st.sampled_from(_NAMES)), draw(inner), wide=draw(st.booleans()))
    lie = draw(st.none() | st.none() | st.none() | _LIES)
    return whole if lie is None else struct.pack(">I", lie) + whole[4:]


_TREES = st.recursive(
    st.binary(max_size=40) | st.sampled_from([handler("vide"), handler("meta"), movie()[24:]]),
    lambda inner: _boxes(st.lists(inner, max_size=4).map(b"".join)),
    max_leaves=20,
)


@example(behind=b"", in_moov=b"", in_track=b"\0\0\0\tmdat", cut=0)
@given(behind=_TREES, in_moov=_TREES, in_track=_TREES, cut=st.integers(0, 200))
def test_whatever_it_holds_it_is_refused_or_cleaned_in_place(
    behind: bytes, in_moov: bytes, in_track: bytes, cut: int
) -> None:
    data = movie("vide", "meta", "soun", in_moov=in_moov, in_track=in_track, behind=behind)
    data = data[: len(data) - cut]
    try:
        after = cleaned(data)
    except NoVideo as no:
        assert no.code in ("not_a_picture", "unreadable")
        return
    allowed = {0, *b"free"}
    assert all(new in allowed for old, new in zip(data, after, strict=True) if old != new)
    assert cleaned(after) == after


@given(tree=_TREES)
def test_anything_at_all_is_refused_or_cleaned(tree: bytes) -> None:
    for data in (tree, box("ftyp", b"isom") + tree):
        with suppress(NoVideo):
            assert len(cleaned(data)) == len(data)


def _deep() -> bytes:
    data = b""
    for _ in range(5000):
        data = box("moov", data)
    return box("ftyp", b"isom") + data


@pytest.mark.parametrize(
    "data",
    [
        box("ftyp", b"isom") + box("free") * 2_000_000,
        box("ftyp", b"isom") + box("moov", box("trak") * 1_000_000),
        _deep(),
        movie(in_moov=sensor(1, 1, *[0] * 5_000_000)),
    ],
    ids=["many boxes", "many tracks", "deep", "a vast table"],
)
def test_a_file_that_wants_to_be_read_for_ever_is_given_up(data: bytes) -> None:
    began = time.monotonic()
    assert refused(data)
    assert time.monotonic() - began < 10
