"""Logins that are under way at the provider (途中のログイン): each comes back once, in time, with the form it carried.

The form may be larger than a cookie, so it waits in the database; the cookie holds a secret, the database its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert

from bot.console.entry.sessions import hashed
from bot.store.database import Store
from bot.store.schema import JST, pending_logins

MOST_TIME = timedelta(minutes=10)  # for all that the provider may ask

Carried = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Pending:
    """Where to go then, and the fields of a form that was interrupted."""

    onward: str
    carried: Carried


class PendingLogins:
    """Those in ``store``."""

    def __init__(self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(JST)) -> None:
        self.store = store
        self._now = now

    def begin(self, secret: str, pending: Pending) -> None:
        """Keep it for who has this secret in a cookie."""
        now = self._now()
        carried = {name: list(said) for name, said in pending.carried.items()}
        values = {"id": hashed(secret), "onward": pending.onward, "carried": carried}
        with self.store.writing() as connection:
            connection.execute(delete(pending_logins).where(pending_logins.c.expires_at <= now))
            connection.execute(insert(pending_logins).values(**values, expires_at=now + MOST_TIME))

    def take(self, secret: str) -> Pending | None:
        """The one with this secret, if it is not over; nobody can take it again."""
        taken = delete(pending_logins).where(pending_logins.c.id == hashed(secret)).returning(pending_logins)
        with self.store.writing() as connection:
            row = connection.execute(taken).one_or_none()
        if row is None or row.expires_at <= self._now():
            return None
        return Pending(row.onward, {name: tuple(said) for name, said in row.carried.items()})
