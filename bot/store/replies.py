"""Answers that somebody drafts for a question of the ledger (回答案), until they are approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from bot.store.database import Store
from bot.store.schema import JST, replies
from rag.errors import EditConflict


@dataclass(frozen=True)
class Reply:
    """What is proposed for the question ``number``: the cells of a record of the shelf 質問と回答, by field.

    ``record`` is the id of that record once it is approved; ``version`` 0 is a draft that nobody has kept yet.
    """

    number: int
    version: int = 0
    at: datetime | None = None
    by: str = ""
    row: Mapping[str, str] | None = None
    record: str = ""


class Replies:
    """The drafts in ``store``; they go with their question."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, number: int) -> Reply:
        """That of a question of the ledger; an empty one where there is none."""
        with self.store.reading() as connection:
            return _fetch(connection, number)

    def keep(
        self, number: int, row: Mapping[str, str], *, by: str, version: int, record: str = ""
    ) -> tuple[Reply, Reply]:
        """Write it down; as it was, and as it is. Raises EditConflict when ``version`` is no longer the current one."""
        with self.store.writing() as connection:
            was = _fetch(connection, number)
            if was.version != version:
                raise EditConflict(
                    f"この質問の回答案は、{was.by}さんが先に{'承認' if was.record else '保存'}しています。"
                    "何も書き換えていません。あなたが書いた内容は下に残してあります。"
                )
            values = {
                "version": version + 1, "at": datetime.now(JST), "by": by, "row": dict(row), "record": record,
            }  # fmt: skip
            if was.version:
                connection.execute(update(replies).where(replies.c.number == number).values(**values))
            else:
                connection.execute(insert(replies).values(number=number, **values))
            return was, _fetch(connection, number)


def _fetch(connection: Connection, number: int) -> Reply:
    row = connection.execute(select(replies).where(replies.c.number == number)).one_or_none()
    return Reply(**row._mapping) if row else Reply(number)
