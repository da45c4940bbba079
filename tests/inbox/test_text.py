"""What is kept of a message, and what of it is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.text import clean, printable, together

ANY_TEXT = st.text(st.characters(), max_size=200)  # lone surrogates included


@given(ANY_TEXT)
def test_printable_can_be_stored_and_shown_anywhere(text: str) -> None:
    kept = printable(text)
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert "\x00" not in kept
    assert printable(kept) == kept


@pytest.mark.parametrize("text", ["少发了俩", "買3送1 贈品冇", "👍🏻", "两件\n只到一件"])
def test_printable_keeps_what_a_buyer_means(text: str) -> None:
    assert printable(text) == text


@given(ANY_TEXT, st.integers(1, 50))
def test_what_is_read_is_no_command_and_not_too_long(text: str, limit: int) -> None:
    read, cut = clean(text, limit)
    assert len(read) <= limit
    assert not read.startswith("/")
    assert cut == (len(clean(text, 10**6)[0]) > limit)


@pytest.mark.parametrize(
    ("lengths", "read", "cut_at"),
    [
        ((90, 90, 90), 272, None),
        ((90, 101), 191, 100),
        ((0, 100), 100, None),
        ((100,) * 6, 500, 500),
    ],
)
def test_the_limit_is_for_each_message_of_a_burst(lengths: tuple[int, ...], read: int, cut_at: int | None) -> None:
    text, cut = together(["少" * length for length in lengths], 100)
    assert (len(text), cut) == (read, cut_at)


def test_no_message_of_a_burst_is_a_command() -> None:
    assert together(["少发了", "/restart"], 100) == ("少发了\nrestart", None)
