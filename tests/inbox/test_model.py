"""At most three messages, and nothing of them lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.inbox.model import at_most


@given(st.lists(st.text("少发", min_size=1), max_size=8), st.integers(1, 3))
def test_what_is_too_many_is_joined_and_nothing_is_lost(texts: list[str], limit: int) -> None:
    replies: list[dict[str, Any]] = [{"text": text, "buttons": [], "custom": None} for text in texts]
    joined = at_most(replies, limit)
    assert len(joined) == min(limit, len(texts))
    assert "".join(reply["text"] for reply in joined).replace("\n", "") == "".join(texts)


def test_the_last_buttons_survive_the_joining() -> None:
    replies = [{"text": str(n), "buttons": [{"title": "接受", "payload": "接受"}] if n == 4 else []} for n in range(5)]
    assert at_most(replies, 3)[-1]["buttons"]
