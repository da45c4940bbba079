"""The shop's people: their accounts, the links that set a password, who is logged in, and what they did.

Of every secret only the SHA-256 is kept: who reads the tables can use none of them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from bot.store.database import Part
from bot.store.tables import account_links as links
from bot.store.tables import account_sessions as sessions
from bot.store.tables import accounts as table
from bot.store.tables import audit, failed_logins

_SECRET_BYTES = 32
AUDIT_PAGE = 50


class Role(str, Enum):
    """Each may do what those before it may."""

    CLERK = "clerk"
    LEAD = "lead"  # approves what is above the shop's limits
    OWNER = "owner"  # opens and closes accounts, reads the audit trail

    def may(self, needed: Role) -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


@dataclass(frozen=True)
class Account:
    """``password``: argon2's own form, None until its link has been used."""

    name: str
    role: Role
    password: str | None
    created_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Login:
    """One browser that is logged in. ``mark`` names it, and opens nothing."""

    mark: str
    name: str
    browser: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Deed:
    id: int
    at: datetime
    who: str
    did: str
    about: str
    more: Mapping[str, Any]


class Accounts(Part):
    # --- accounts ---------------------------------------------------------------------------------

    def open(self, name: str, role: Role, now: datetime) -> None:
        """
        Raises:
            Conflict: there is one of that name.
        """
        with self.connection() as connection:
            connection.execute(sa.insert(table).values(name=name, role=role.value, created_at=now))

    def get(self, name: str) -> Account | None:
        with self.connection() as connection:
            row = connection.execute(sa.select(table).where(table.c.name == name)).first()
        return _account(row) if row else None

    def all(self) -> list[Account]:
        with self.connection() as connection:
            return [_account(row) for row in connection.execute(sa.select(table).order_by(table.c.created_at))]

    def are_in_use(self) -> bool:
        """Can anybody log in?"""
        return self._is_there_any()

    def has_owner(self) -> bool:
        """Can an owner?"""
        return self._is_there_any(table.c.role == Role.OWNER.value)

    def _is_there_any(self, *where: Any) -> bool:
        able = sa.select(table.c.name).where(table.c.password.is_not(None), table.c.closed_at.is_(None), *where)
        with self.connection() as connection:
            return connection.execute(able.limit(1)).first() is not None

    def set_role(self, name: str, role: Role) -> None:
        with self.connection() as connection:
            connection.execute(sa.update(table).where(table.c.name == name).values(role=role.value))

    def close(self, name: str, now: datetime) -> None:
        """Nobody gets in by it any more: not by password, link or an open browser."""
        with self.connection() as connection:
            connection.execute(sa.update(table).where(table.c.name == name).values(closed_at=now, password=None))
            connection.execute(sa.delete(links).where(links.c.name == name))
            connection.execute(sa.delete(sessions).where(sessions.c.name == name))

    def reopen(self, name: str) -> None:
        with self.connection() as connection:
            connection.execute(sa.update(table).where(table.c.name == name).values(closed_at=None))

    # --- links and passwords ----------------------------------------------------------------------

    def link(self, name: str, until: datetime) -> str:
        """A secret that sets the account's password once."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        with self.connection() as connection:
            connection.execute(sa.insert(links).values(secret_sha256=_hash(secret), name=name, until=until))
        return secret

    def linked(self, secret: str, now: datetime) -> str | None:
        """Whose link it is, while it holds."""
        mine = sa.select(links.c.name).where(links.c.secret_sha256 == _hash(secret), links.c.until > now)
        with self.connection() as connection:
            name: str | None = connection.execute(mine).scalar()
        return name

    def use_link(self, secret: str, password: str, now: datetime) -> bool:
        """Set the account's password by its link, once; False: the link holds no longer, whoever has used it."""
        mine = (links.c.secret_sha256 == _hash(secret), links.c.until > now)
        with self.connection() as connection:
            name = connection.execute(sa.select(links.c.name).where(*mine)).scalar()
            if name is None or not connection.execute(sa.delete(links).where(*mine)).rowcount:
                return False
            _set_password(connection, name, password)
        return True

    def set_password(self, name: str, password: str) -> None:
        """The account's links are used up, and whoever is logged in has to log in again."""
        with self.connection() as connection:
            _set_password(connection, name, password)

    # --- who is logged in -------------------------------------------------------------------------

    def log_in(self, name: str, browser: str, now: datetime) -> str:
        """
        Returns:
            The secret of the browser.
        """
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        row = {"secret_sha256": _hash(secret), "name": name, "browser": browser, "created_at": now, "seen_at": now}
        with self.connection() as connection:
            connection.execute(sa.insert(sessions).values(**row))
        return secret

    def logged_in(self, secret: str, since: datetime, seen_since: datetime) -> tuple[Account, Login] | None:
        """Whose browser it is, if it logged in after ``since`` and was seen after ``seen_since``."""
        mine = (
            sa.select(table, sessions.c.secret_sha256, sessions.c.browser, sessions.c.seen_at)
            .add_columns(sessions.c.created_at.label("began_at"))
            .join(table, table.c.name == sessions.c.name)
            .where(
                sessions.c.secret_sha256 == _hash(secret),
                sessions.c.created_at > since,
                sessions.c.seen_at > seen_since,
                table.c.closed_at.is_(None),
            )
        )
        with self.connection() as connection:
            row = connection.execute(mine).first()
        return (_account(row), _login(row, row.began_at)) if row else None

    def seen(self, mark: str, now: datetime) -> None:
        with self.connection() as connection:
            connection.execute(sa.update(sessions).where(sessions.c.secret_sha256 == mark).values(seen_at=now))

    def logins(self, name: str) -> list[Login]:
        mine = sa.select(sessions).where(sessions.c.name == name).order_by(sessions.c.seen_at.desc())
        with self.connection() as connection:
            return [_login(row, row.created_at) for row in connection.execute(mine)]

    def forget(self, before: datetime, now: datetime) -> None:
        """Logins that began before then, and links that hold no longer."""
        with self.connection() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.created_at <= before))
            connection.execute(sa.delete(links).where(links.c.until <= now))

    def log_out(self, name: str, mark: str) -> None:
        with self.connection() as connection:
            mine = sa.and_(sessions.c.name == name, sessions.c.secret_sha256 == mark)
            connection.execute(sa.delete(sessions).where(mine))

    # --- guesses ----------------------------------------------------------------------------------

    def failed(self, name: str, peer: str, now: datetime) -> None:
        with self.connection() as connection:
            connection.execute(sa.insert(failed_logins).values(name=name[:32], peer=peer[:64], at=now))

    def failures(self, name: str, peer: str, since: datetime) -> tuple[int, int, int]:
        """Since then: with this name from there, with this name from anywhere, from there with any name."""
        named, there = failed_logins.c.name == name[:32], failed_logins.c.peer == peer[:64]

        def count(which: Any) -> Any:
            return sa.func.coalesce(sa.func.sum(sa.case((which, 1), else_=0)), 0)

        counted = sa.select(count(sa.and_(named, there)), count(named), count(there))
        with self.connection() as connection:
            both, by_name, by_peer = connection.execute(counted.where(failed_logins.c.at > since)).one()
        return int(both), int(by_name), int(by_peer)

    def forgive(self, name: str, peer: str, before: datetime) -> None:
        """Who has got in is no guesser; what is old counts no more."""
        his = sa.and_(failed_logins.c.name == name[:32], failed_logins.c.peer == peer[:64])
        with self.connection() as connection:
            connection.execute(sa.delete(failed_logins).where(sa.or_(his, failed_logins.c.at < before)))

    # --- the audit trail --------------------------------------------------------------------------

    def note(self, who: str, did: str, about: str, now: datetime, **more: Any) -> None:
        """Within a transaction it is written with what was done, or not at all."""
        with self.connection() as connection:
            connection.execute(sa.insert(audit).values(at=now, who=who[:32], did=did, about=about[:128], more=more))

    def deeds(self, before: int | None = None, about: str | None = None) -> list[Deed]:
        """A page of the trail, the latest first; those before number ``before``."""
        where = [audit.c.id < before] if before is not None else []
        where += [audit.c.about == about] if about is not None else []
        page = sa.select(audit).where(*where).order_by(audit.c.id.desc()).limit(AUDIT_PAGE)
        with self.connection() as connection:
            return [Deed(**row._mapping) for row in connection.execute(page)]


def _set_password(connection: Any, name: str, password: str) -> None:
    connection.execute(sa.update(table).where(table.c.name == name).values(password=password))
    connection.execute(sa.delete(links).where(links.c.name == name))
    connection.execute(sa.delete(sessions).where(sessions.c.name == name))


def _account(row: Any) -> Account:
    return Account(row.name, Role(row.role), row.password, row.created_at, row.closed_at)


def _login(row: Any, began_at: datetime) -> Login:
    return Login(row.secret_sha256, row.name, row.browser, began_at, row.seen_at)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
