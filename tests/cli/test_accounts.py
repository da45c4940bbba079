"""`shaofa accounts`: who may log in at the counter, and a link for who has forgotten the password."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from bot.db import make_engine
from bot.store import Store
from bot.store.accounts import Role
from tests.cli.calling import shaofa
from tests.office import fresh

NOW = datetime.now(timezone.utc)


def store(folder: Path) -> Store:
    return Store(make_engine(fresh(folder)["SHAOFA_DATABASE_URL"]))


def test_the_owner_gets_a_link_even_on_the_first_day(tmp_path: Path) -> None:
    done = shaofa("accounts", "link", "店主", folder=tmp_path)
    link = done.stdout.decode().partition("（")[0]
    assert done.returncode == 0 and link.startswith("/counter/welcome/")
    soon = NOW + timedelta(minutes=5)
    assert store(tmp_path).accounts.linked(link.rpartition("/")[2], soon) == "店主"
    assert shaofa("accounts", folder=tmp_path).stdout.decode() == "店主\towner\t还没设密码\n"


def test_a_link_lets_somebody_back_in(tmp_path: Path) -> None:
    accounts = store(tmp_path).accounts
    accounts.open("小李", Role.CLERK, NOW)
    accounts.close("小李", NOW)
    assert shaofa("accounts", folder=tmp_path).stdout.decode() == "小李\tclerk\t已停用\n"
    assert shaofa("accounts", "link", "小李", folder=tmp_path).returncode == 0
    account = accounts.get("小李")
    assert account and account.closed_at is None
    assert [deed.did for deed in accounts.deeds()] == ["link_made"]


def test_nobody_is_made_up(tmp_path: Path) -> None:
    done = shaofa("accounts", "link", "小王", folder=tmp_path)
    assert (done.returncode, done.stderr.decode()) == (1, "shaofa: 没有叫 小王 的账号；有哪些：shaofa accounts\n")
    done = shaofa("accounts", "link", folder=tmp_path)
    assert done.returncode == 1 and "要给谁链接" in done.stderr.decode()
