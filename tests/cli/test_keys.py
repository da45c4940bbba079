"""`shaofa keys`: what a program of the shop's may do, and an end to one that leaked."""

from __future__ import annotations

from pathlib import Path

from bot.cli import keys as command
from bot.db import make_engine
from bot.store import Store
from bot.store.keys import SCOPES
from tests.cli.calling import shaofa
from tests.office import fresh


def test_a_key_is_shown_once_and_revoked(tmp_path: Path) -> None:
    store = Store(make_engine(fresh(tmp_path)["SHAOFA_DATABASE_URL"]))
    made = shaofa("keys", "make", "erp", "--scope", "messages", "--scope", "claims", folder=tmp_path)
    secret = made.stdout.decode().strip()
    found = store.keys.find(secret)
    assert found and (found.name, found.scopes) == ("erp", {"claims", "messages"})
    again = shaofa("keys", "make", "erp", folder=tmp_path)
    assert again.returncode == 1 and "已经有叫 erp 的密钥" in again.stderr.decode()
    listed = shaofa("keys", folder=tmp_path).stdout.decode()
    assert listed.startswith("erp\tclaims messages\t") and secret not in listed
    assert shaofa("keys", "revoke", "erp", folder=tmp_path).returncode == 0
    assert store.keys.find(secret) is None
    assert "已停用" in shaofa("keys", folder=tmp_path).stdout.decode()
    assert [deed.did for deed in store.accounts.deeds()] == ["key_revoked", "key_made"]


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    nobody = shaofa("keys", "revoke", "erp", folder=tmp_path)
    assert (nobody.returncode, nobody.stderr.decode()) == (1, "shaofa: 没有叫 erp 的密钥在用；有哪些：shaofa keys\n")
    assert "密钥叫什么" in shaofa("keys", "make", folder=tmp_path).stderr.decode()
    assert shaofa("keys", "make", "erp", "--scope", "money", folder=tmp_path).returncode == 2


def test_the_scopes_are_those_of_the_store() -> None:
    assert command._SCOPES == SCOPES
