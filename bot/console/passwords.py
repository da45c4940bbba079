"""Passwords, the links that set them, and how often one may guess."""

from __future__ import annotations

from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.store import Store
from bot.store.accounts import Account, Accounts, Role

LEAST_CHARS, MOST_CHARS = 10, 200
LINK_HOURS = 24
OWNER = "店主"
_GUESSES_WITHIN = timedelta(minutes=15)
_GUESSES_OF_ONE = 5  # with one name from one place: that is somebody who has forgotten it
_GUESSES_FROM_ONE_PLACE = 20
_GUESSES_OF_A_NAME = 50  # from anywhere: fewer, and anybody could lock a colleague out

_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash("nobody has this one")  # as long is reckoned for a name that there is not


class TooManyGuesses(Exception):
    """Nothing was looked at: others after ``_GUESSES_WITHIN``."""


def log_in(store: Store, name: str, password: str, peer: str, now: datetime) -> Account | None:
    """The account, when the password is its own.

    Raises:
        TooManyGuesses: see there.
    """
    of_one, of_name, from_there = store.accounts.failures(name, peer, now - _GUESSES_WITHIN)
    if of_one >= _GUESSES_OF_ONE or of_name >= _GUESSES_OF_A_NAME or from_there >= _GUESSES_FROM_ONE_PLACE:
        raise TooManyGuesses
    account = store.accounts.get(name)
    known = account.password if account and not account.closed_at else None
    if _fits(known or _NOBODYS, password) and known:
        store.accounts.forgive(name, peer, now - _GUESSES_WITHIN)
        return account
    store.accounts.failed(name, peer, now)
    return None


def is_long_enough(password: str) -> bool:
    return LEAST_CHARS <= len(password) <= MOST_CHARS


def kept(password: str) -> str:
    """As the store keeps it: argon2id with a salt of its own."""
    return _HASHER.hash(password.encode("utf-8", "replace"))


def new_link(accounts: Accounts, name: str, now: datetime) -> str:
    """The address, below the server's own, that sets the account's password once."""
    return f"/counter/welcome/{accounts.link(name, now + timedelta(hours=LINK_HOURS))}"


def first_link(store: Store, now: datetime) -> str | None:
    """The owner's, as long as no owner can log in; None afterwards."""
    if store.accounts.has_owner():
        return None
    if store.accounts.get(OWNER) is None:
        store.accounts.open(OWNER, Role.OWNER, now)
    return new_link(store.accounts, OWNER, now)


def _fits(known: str, password: str) -> bool:
    if len(password) > MOST_CHARS:
        return False
    try:
        return _HASHER.verify(known, password.encode("utf-8", "replace"))
    except (VerificationError, InvalidHashError):
        return False
