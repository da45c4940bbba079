"""What the environment may say."""

from __future__ import annotations

import pytest

from bot.settings import Settings, SettingsError, settings


@pytest.mark.parametrize("name", ["api_key", "widget_secret", "orders_url", "orders_token", "actions_token"])
def test_a_variable_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"SHAOFA_{name.upper()}", "")
    assert getattr(Settings(), name) is None


@pytest.mark.parametrize(
    ("name", "value"), [("DEMO", "maybe"), ("ORDERS_URL", "erp.example.com"), ("WIDGET_SECRET", "s" * 31)]
)
def test_a_variable_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SHAOFA_{name}", value)
    settings.cache_clear()
    try:
        with pytest.raises(SettingsError, match=f"SHAOFA_{name}: ") as refused:
            settings()
        assert "sss" not in str(refused.value), "a secret is never shown"
    finally:
        settings.cache_clear()


def test_the_short_name_of_postgresql_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAOFA_DATABASE_URL", "postgres://shop:x@host/shaofa")
    assert Settings().database_url == "postgresql://shop:x@host/shaofa"
