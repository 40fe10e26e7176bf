"""How often one may try to come in (ログインの回数): by name and by address, so that nobody guesses passwords.

A try is counted before its password is looked at, so many at once gain nothing; it is forgotten when it succeeds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select

from bot.store.database import Store
from bot.store.schema import JST, logins

WINDOW = timedelta(minutes=15)
MOST_BY_NAME, MOST_BY_ADDRESS = 5, 30  # tries in it; an office shares an address
LONGEST = 64


class Throttle:
    """The tries in ``store``."""

    def __init__(self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(JST)) -> None:
        self.store = store
        self._now = now

    def admit(self, name: str, address: str) -> bool:
        """Count one more try, unless there were too many."""
        now, name, address = self._now(), name[:LONGEST], address[:LONGEST]
        with self.store.writing() as connection:
            connection.execute(delete(logins).where(logins.c.at <= now - WINDOW))

            def tries(which: ColumnElement[bool]) -> int:
                return connection.scalar(select(func.count()).select_from(logins).where(which)) or 0

            if tries(logins.c.name == name) >= MOST_BY_NAME:
                return False
            if tries(logins.c.address == address) >= MOST_BY_ADDRESS:
                return False
            connection.execute(insert(logins).values(at=now, name=name, address=address))
        return True

    def forget(self, name: str) -> None:
        """Who came in starts anew."""
        with self.store.writing() as connection:
            connection.execute(delete(logins).where(logins.c.name == name[:LONGEST]))
