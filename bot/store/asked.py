"""What was asked (聞かれたこと): a row for every question that was answered, to count and to try terms against.

The text is masked before it is written, and goes when its time is over; what is counted stays.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    Text,
    cast,
    func,
    insert,
    select,
    update,
)

from bot.masking import mask
from bot.store.database import Store
from bot.store.schema import asked
from rag.fold import strip_invisible


@dataclass(frozen=True)
class About:
    """What a question is about. ``block`` and ``prefecture``: where it is asked from, or of; empty: not told."""

    block: str = ""
    prefecture: str = ""
    facilities: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    intent: str = "その他"


@dataclass(frozen=True)
class Count:
    """So many questions alike, without their texts. ``helpful``: nobody said so far where ``None``."""

    n: int
    status: str
    helpful: bool | None
    block: str
    prefecture: str
    facilities: tuple[str, ...]
    stages: tuple[str, ...]
    intent: str


@dataclass(frozen=True)
class DayCount:
    """So many questions of one day, as it is counted in Japan."""

    n: int
    day: str
    status: str
    helpful: bool | None


class Asked:
    """The questions in ``store``."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(
        self, answer: str, question: str, *, at: datetime, status: str, release: str, about: About
    ) -> None:
        """Write a question down, masked, under the id of its ``answer``."""
        row = {"id": answer, "at": at, "question": mask(strip_invisible(question)), "status": status}
        what = asdict(about) | {"facilities": list(about.facilities), "stages": list(about.stages)}
        with self.store.writing() as connection:
            connection.execute(insert(asked).values(**row, **what, release=release))

    def last(self, n: int) -> tuple[str, ...]:
        """The newest ``n`` questions that still have their text, each once, the newest first."""
        texts = select(asked.c.question).where(asked.c.question != "").group_by(asked.c.question)
        with self.store.reading() as connection:
            return tuple(connection.scalars(texts.order_by(func.max(asked.c.at).desc()).limit(n)))

    def since(self, moment: datetime) -> tuple[Count, ...]:
        """The questions from ``moment`` on, those that are alike together."""
        lists = [cast(asked.c[name], Text).label(name) for name in ("facilities", "stages")]
        plain = [asked.c[name] for name in ("status", "helpful", "block", "prefecture", "intent")]
        rows = self._alike(moment, *plain, *lists)
        parsed = ((row._mapping, json.loads(row.facilities), json.loads(row.stages)) for row in rows)
        return tuple(
            Count(**{**row, "facilities": tuple(facilities), "stages": tuple(stages)})
            for row, facilities, stages in parsed
        )

    def days(self, moment: datetime) -> tuple[DayCount, ...]:
        """The same, day by day."""
        rows = self._alike(moment, self._day(), asked.c.status, asked.c.helpful)
        return tuple(DayCount(**{**row._mapping, "day": str(row.day)}) for row in rows)

    def _alike(self, moment: datetime, *columns: ColumnElement[Any]) -> list[Row[Any]]:
        wanted = select(*columns, func.count().label("n")).where(asked.c.at >= moment).group_by(*columns)
        with self.store.reading() as connection:
            return list(connection.execute(wanted))

    def _day(self) -> ColumnElement[Any]:
        if self.store.url.get_backend_name() == "sqlite":
            return func.date(asked.c.at, "+9 hours").label("day")
        return cast(func.timezone("Asia/Tokyo", asked.c.at), Date).label("day")


def forget_words(connection: Connection, these: Select[tuple[str]]) -> None:
    """Of these answers no question stays, only that one was asked. In a transaction that is open."""
    connection.execute(update(asked).where(asked.c.id.in_(these)).values(question=""))


def say(connection: Connection, answer: str, *, helpful: bool) -> None:
    """What somebody says of the answer; the last word counts. In a transaction that is open."""
    connection.execute(update(asked).where(asked.c.id == answer).values(helpful=helpful))
