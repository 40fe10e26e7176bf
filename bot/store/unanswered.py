"""The ledger of questions that were not answered well (未回答の台帳), for the secretariat to work through.

Personal data are masked before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from bot.masking import mask
from bot.store.database import Store
from bot.store.schema import JST, unanswered
from rag.errors import EditConflict, NotFound
from rag.fold import strip_invisible

Reason = Literal["refused", "partial", "disliked"]
WorkState = Literal["未対応", "対応中", "対応済み", "対象外"]


@dataclass(frozen=True)
class Entry:
    """One question. ``status`` is that of its answer, ``nearest`` the chunks that came closest."""

    id: int
    version: int
    at: datetime
    question: str
    status: str
    reason: Reason
    release: str
    nearest: tuple[str, ...]
    state: WorkState
    note: str


class Unanswered:
    """The ledger in ``store``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(
        self, question: str, *, status: str, reason: Reason, release: str, nearest: Sequence[str] = ()
    ) -> Entry:
        """Write a question down, masked."""
        values = {
            "version": 1,
            "at": datetime.now(JST),
            "question": mask(strip_invisible(question)),
            "status": status,
            "reason": reason,
            "release": release,
            "nearest": list(nearest),
            "state": "未対応",
            "note": "",
        }
        with self.store.writing() as connection:
            row = connection.execute(insert(unanswered).values(**values).returning(unanswered)).one()
        return entry_of(row)

    def entries(self, state: WorkState | None = None) -> tuple[Entry, ...]:
        """All of them, or those of one state; the newest first."""
        wanted = select(unanswered).order_by(unanswered.c.id.desc())
        if state:
            wanted = wanted.where(unanswered.c.state == state)
        with self.store.reading() as connection:
            return tuple(entry_of(row) for row in connection.execute(wanted))

    def work(self, number: int, state: WorkState, note: str, *, version: int) -> Entry:
        """Say how far it is. Raises EditConflict when ``version`` is no longer the current one, NotFound."""
        with self.store.writing() as connection:
            seen = _fetch(connection, number)
            if seen.version != version:
                raise EditConflict(
                    f"台帳の{number}番は、ほかの人が「{seen.state}」に変えています（メモ「{seen.note}」）。"
                    "何も書き換えていません。いまの内容を確かめてから、もう一度行ってください。"
                )
            changed = (
                update(unanswered)
                .where(unanswered.c.id == number)
                .values(state=state, note=strip_invisible(note).strip(), version=version + 1)
                .returning(unanswered)
            )
            return entry_of(connection.execute(changed).one())


def entry_of(row: Row[Any]) -> Entry:
    fields = dict(row._mapping)
    return Entry(**fields | {"nearest": tuple(fields["nearest"])})


def _fetch(connection: Connection, number: int) -> Entry:
    wanted = select(unanswered).where(unanswered.c.id == number).with_for_update()
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(f"台帳に{number}番の質問はありません。番号を確かめてください。")
    return entry_of(row)
