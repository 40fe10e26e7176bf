"""Who changed what (変更の記録): a line for every change, which the database lets nobody alter or remove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from bot.store.database import Store
from bot.store.schema import JST, audit

PAGE = 50  # lines on a page


@dataclass(frozen=True)
class Entry:
    """One change. ``before`` and ``after`` hold only what differs."""

    id: int
    at: datetime
    by: str
    action: str
    what: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Which lines to show; what is empty does not matter."""

    by: str = ""
    action: str = ""
    what: str = ""


class Audit:
    """The log in ``store``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def write(
        self,
        by: str,
        action: str,
        what: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one line."""
        with self.store.writing() as connection:
            write(connection, by, action, what, before, after)

    def entries(self, wanted: Wanted, page: int = 1) -> tuple[tuple[Entry, ...], int]:
        """The lines of a page, the newest first, and how many there are in all."""
        which = [
            getattr(audit.c, name).contains(said, autoescape=True)
            for name, said in vars(wanted).items()
            if said
        ]
        rows = select(audit).where(*which).order_by(audit.c.id.desc())
        rows = rows.limit(PAGE).offset((page - 1) * PAGE)
        with self.store.reading() as connection:
            count = connection.scalar(select(func.count()).select_from(audit).where(*which)) or 0
            return tuple(Entry(**row._mapping) for row in connection.execute(rows)), count


def write(
    connection: Connection,
    by: str,
    action: str,
    what: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """One line in a transaction that is open: the change and its line are written together, or neither."""
    was, is_now = differing(before or {}, after or {})
    values = {"at": datetime.now(JST), "by": by, "action": action, "what": what}
    connection.execute(insert(audit).values(**values, before=was, after=is_now))


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides without what is the same on them."""
    same = {name for name in before if name in after and before[name] == after[name]}
    return (
        {name: value for name, value in before.items() if name not in same},
        {name: value for name, value in after.items() if name not in same},
    )
