"""Names of conversations that a vendor knows by a session or by the buyer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.conversations import MAX_SESSION, named

WHO = st.tuples(
    st.sampled_from(["openai", "alime"]),
    st.text(min_size=1, max_size=MAX_SESSION),
    st.none() | st.text(min_size=1, max_size=128),
)


@given(WHO, WHO)
def test_one_name_for_one_buyers_session_and_no_other(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (named(*one) == named(*other)) is (one == other)


@given(WHO)
def test_the_log_has_room_for_it(who: tuple[str, str, str]) -> None:
    assert len(named(*who)) <= 128
