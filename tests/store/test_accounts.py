"""Accounts in the store: what is unique, what is used up, what ends, and that a deed is written with what was done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.db import make_engine
from bot.store import Conflict, Store
from bot.store.accounts import AUDIT_PAGE, Role
from tests.claims.builders import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    engine = make_engine(url)
    yield Store(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.CLERK, {Role.CLERK}),
        (Role.LEAD, {Role.CLERK, Role.LEAD}),
        (Role.OWNER, {Role.CLERK, Role.LEAD, Role.OWNER}),
    ],
)
def test_each_role_may_what_those_before_it_may(role: Role, may: set[Role]) -> None:
    assert {needed for needed in Role if role.may(needed)} == may


def test_a_name_is_one_account(store: Store) -> None:
    store.accounts.open("小王", Role.CLERK, NOW)
    with pytest.raises(Conflict):
        store.accounts.open("小王", Role.OWNER, NOW)
    account = store.accounts.get("小王")
    assert account and (account.role, account.password) == (Role.CLERK, None)
    assert store.accounts.get("小李") is None


def test_an_account_is_in_use_once_it_has_a_password_and_until_it_is_closed(store: Store) -> None:
    accounts = store.accounts
    accounts.open("小王", Role.CLERK, NOW)
    assert not accounts.are_in_use()
    accounts.set_password("小王", "hash")
    assert accounts.are_in_use() and not accounts.has_owner()
    accounts.set_role("小王", Role.OWNER)
    assert accounts.has_owner()
    accounts.close("小王", NOW)
    assert not accounts.are_in_use() and not accounts.has_owner()


def test_a_password_uses_up_all_links_and_ends_all_logins(store: Store) -> None:
    accounts = store.accounts
    accounts.open("小王", Role.CLERK, NOW)
    links = [accounts.link("小王", NOW + HOUR) for _ in range(2)]
    secret = accounts.log_in("小王", "browser", NOW)
    assert accounts.linked(links[0], NOW) == "小王" and accounts.linked(links[0], NOW + HOUR) is None
    accounts.set_password("小王", "hash")
    assert [accounts.linked(link, NOW) for link in links] == [None, None]
    assert accounts.logged_in(secret, NOW - HOUR, NOW - HOUR) is None


def test_a_login_holds_while_it_is_young_and_used(store: Store) -> None:
    accounts = store.accounts
    accounts.open("小王", Role.CLERK, NOW)
    secret = accounts.log_in("小王", "browser", NOW)
    found = accounts.logged_in(secret, NOW - HOUR, NOW - HOUR)
    assert found and found[0].name == "小王" and found[1].browser == "browser"
    assert accounts.logged_in(secret, NOW, NOW - HOUR) is None
    assert accounts.logged_in(secret, NOW - HOUR, NOW) is None
    accounts.seen(found[1].mark, NOW + HOUR)
    assert accounts.logged_in(secret, NOW - HOUR, NOW) is not None
    assert accounts.logged_in("another", NOW - HOUR, NOW - HOUR) is None
    accounts.log_out("小李", found[1].mark)  # nobody ends another's
    assert len(accounts.logins("小王")) == 1
    accounts.log_out("小王", found[1].mark)
    assert accounts.logins("小王") == []


def test_failures_are_counted_by_name_and_place_for_a_while(store: Store) -> None:
    accounts = store.accounts
    for name, peer in (("a", "1"), ("a", "1"), ("a", "2"), ("b", "1")):
        accounts.failed(name, peer, NOW)
    accounts.failed("a", "1", NOW - HOUR)
    assert accounts.failures("a", "1", NOW - timedelta(minutes=15)) == (2, 3, 3)
    accounts.forgive("a", "1", NOW - timedelta(minutes=15))
    assert accounts.failures("a", "1", NOW - 2 * HOUR) == (0, 1, 1)
    assert accounts.failures("c", "3", NOW - HOUR) == (0, 0, 0)


def test_a_deed_is_written_with_what_was_done_or_not_at_all(store: Store) -> None:
    def half_done() -> None:
        with store.transaction() as parts:
            parts.accounts.note("店主", "account_opened", "小王", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    assert store.accounts.deeds() == []


def test_the_trail_is_read_page_by_page_the_latest_first(store: Store) -> None:
    for number in range(AUDIT_PAGE + 2):
        store.accounts.note("小王", "said", f"c{number % 2}", NOW, number=number)
    first = store.accounts.deeds()
    numbers: list[Any] = [deed.more["number"] for deed in (*first, *store.accounts.deeds(first[-1].id))]
    assert numbers == list(range(AUDIT_PAGE + 2))[::-1]
    assert {deed.about for deed in store.accounts.deeds(about="c1")} == {"c1"}
