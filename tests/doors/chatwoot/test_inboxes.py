"""Which inboxes there are, and what a wrong file is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doors.chatwoot.inboxes import DoorsError, inboxes, origin_of
from bot.settings import Settings

ONE = {"chatwoot_url": "https://chat.example.com/", "chatwoot_token": "t", "chatwoot_secret": "s"}


def read(tmp_path: Path, text: str = "", **more: str) -> dict[str, object]:
    (tmp_path / "doors.yml").write_text(text or "{}", encoding="utf-8")
    return dict(inboxes(Settings(doors_file=tmp_path / "doors.yml", **more)))


def test_without_settings_the_door_is_shut(tmp_path: Path) -> None:
    assert inboxes(Settings(doors_file=tmp_path / "none.yml")) == {}


def test_one_by_the_environment_and_several_by_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_SECRET", "of the site")
    text = "chatwoot:\n  官网: {url: 'http://chat:3000', token: t, secret: $SITE_SECRET, files: [cdn.example.com]}\n"
    (tmp_path / "doors.yml").write_text(text, encoding="utf-8")
    found = inboxes(Settings(doors_file=tmp_path / "doors.yml", **ONE))
    assert list(found) == ["官网", "chatwoot"] and found["官网"].secret == "of the site"
    assert (
        found["官网"].files == {"https://cdn.example.com:443"} and found["chatwoot"].url == "https://chat.example.com"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("whatsapp: {}", "没有叫 whatsapp 的门"),
        ("chatwoot: {官网: {url: 'http://c', token: t}}", "少了 secret"),
        ("chatwoot: {官网: {url: c, token: t, secret: s}}", "http://"),
        ("chatwoot: {官网: {url: 'http://c', token: t, secret: $NOT_THERE_AT_ALL}}", "NOT_THERE_AT_ALL 没有设"),
        ("chatwoot: {官网: {adress: x}}", "只认"),
        ("chatwoot: [1]", "名字"),
        ("chatwoot: {'a:b': {url: 'http://c', token: t, secret: s}}", "冒号"),
    ],
)
def test_a_wrong_file_is_told_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DoorsError, match=says):
        read(tmp_path, text)


def test_half_an_environment_is_told_too(tmp_path: Path) -> None:
    with pytest.raises(DoorsError, match="少了 token、secret"):
        read(tmp_path, chatwoot_url="https://chat.example.com")


def test_another_port_is_another_server() -> None:
    assert origin_of("https://a.example/x?y") == "https://a.example:443" != origin_of("https://a.example:8443/x")
    assert origin_of("https://a.example@b.example/") == "https://b.example:443"
    # requests goes to b.example here, urllib.parse reads a.example
    assert origin_of("https://b.example\\@a.example/x") == "https://b.example:443"
    assert [origin_of(each) for each in ("ftp://a", "a", "http://", "http://a:99999")] == [""] * 4
