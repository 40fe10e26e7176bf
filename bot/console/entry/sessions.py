"""Who is in the console now (ログイン中): a secret in a cookie, its hash in the database, an end when nothing is done.

A session also keeps what the next page shows: a notice, and the text of a form that could not be taken.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.console.entry.users import NO_PASSWORD, User
from bot.store.database import Store
from bot.store.schema import JST, sessions, users

LONGEST = timedelta(hours=12)  # then even who is busy logs in again
TOUCH_AFTER = 0.1  # of the idle time; not every click writes to the database


@dataclass(frozen=True)
class Session:
    """One visit of ``user``. ``csrf`` stands in each of their forms."""

    id: str
    user: User
    csrf: str
    kept: dict[str, Any]


class Sessions:
    """The sessions in ``store``; each ends ``idle`` after the last click."""

    def __init__(
        self, store: Store, idle: timedelta, now: Callable[[], datetime] = lambda: datetime.now(JST)
    ) -> None:
        self.store = store
        self.idle = idle
        self._now = now

    def open(self, user: User, kept: dict[str, Any] | None = None) -> str:
        """The secret for the cookie of a new one."""
        secret, now = secrets.token_urlsafe(32), self._now()
        values = {
            "id": hashed(secret),
            "user_id": user.id,
            "csrf": secrets.token_urlsafe(24),
            "created_at": now,
            "expires_at": now + self.idle,
            "kept": kept or {},
        }
        with self.store.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(insert(sessions).values(**values))
        return secret

    def find(self, secret: str) -> Session | None:
        """The one with this secret, which lasts on from here; ``None`` where it has ended."""
        now, key = self._now(), hashed(secret)
        wanted = (
            select(sessions, users.c.version, users.c.name, users.c.role)
            .add_columns(users.c.created_at.label("since"), users.c.disabled_at, users.c.password)
            .join(users)
            .where(sessions.c.id == key)
        )
        with self.store.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None or row.expires_at <= now or row.disabled_at or row.created_at + LONGEST <= now:
            return None
        if row.expires_at - now < self.idle * (1 - TOUCH_AFTER):
            self._set(key, expires_at=now + self.idle)
        has_password = row.password != NO_PASSWORD
        user = User(row.user_id, row.version, row.name, row.role, row.since, row.disabled_at, has_password)
        return Session(key, user, row.csrf, row.kept)

    def close(self, session: Session) -> None:
        with self.store.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.id == session.id))

    def keep(self, session: Session, kept: dict[str, Any]) -> None:
        """Leave something for the next page."""
        self._set(session.id, kept=kept)

    def _set(self, key: str, **values: Any) -> None:
        with self.store.writing() as connection:
            connection.execute(update(sessions).where(sessions.c.id == key).values(**values))


def hashed(secret: str) -> str:
    """As the database keeps it: who reads that comes in nowhere."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
