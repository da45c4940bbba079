"""What the environment may say."""

from __future__ import annotations

import pytest

from bot.settings import Settings


@pytest.mark.parametrize("name", ["api_key", "widget_secret", "orders_url", "orders_token", "actions_token"])
def test_a_variable_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"SHAOFA_{name.upper()}", "")
    assert getattr(Settings(), name) is None
