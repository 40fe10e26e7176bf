"""What was said in the chat that concerns one municipality or one person (会話の中の記録): found, given out, erased.

A conversation is a municipality's when it was told so; a question, an answer or a comment concerns whom it names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from bot.store.schema import answers, asked, conversations, feedback

_GIVEN = {  # the ids are secrets of whoever asked: they stay out
    "conversations": ("created_at", "expires_at", "municipality"),
    "answers": ("at", "question", "status", "text"),
    "asked": ("at", "question", "status", "block", "prefecture", "facilities", "intent"),
    "comments": ("at", "helpful", "reason", "comment"),
}


@dataclass(frozen=True)
class Spoken:
    """Rows of the tables, as they stand. ``asked`` and ``comments`` only where they still have their words."""

    conversations: tuple[Row[Any], ...] = ()
    answers: tuple[Row[Any], ...] = ()
    asked: tuple[Row[Any], ...] = ()
    comments: tuple[Row[Any], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conversations or self.answers or self.asked or self.comments)

    def as_json(self) -> dict[str, Any]:
        return {
            name: [{field: _plain(row._mapping[field]) for field in fields} for row in getattr(self, name)]
            for name, fields in _GIVEN.items()
        }


def spoken(
    connection: Connection, home: str, asks: Callable[[str], bool], answers_of: Callable[[str], bool]
) -> Spoken:
    """``home``: the municipality of conversations; ``asks`` and ``answers_of``: whether a question, an answer is theirs."""
    told = conversations.c.municipality
    theirs = connection.execute(select(conversations).where(told == home, told != "")).all()
    rooms = {row.id for row in theirs}
    said = [
        row
        for row in connection.execute(select(answers).order_by(answers.c.number))
        if row.conversation_id in rooms or asks(row.question) or answers_of(row.text)
    ]
    ids = {row.id for row in said}
    questions = connection.execute(select(asked).where(asked.c.question != "").order_by(asked.c.at))
    comments = connection.execute(select(feedback).where(feedback.c.comment != "").order_by(feedback.c.at))
    return Spoken(
        tuple(theirs),
        tuple(said),
        tuple(row for row in questions if row.id in ids or asks(row.question)),
        tuple(row for row in comments if row.answer_id in ids or asks(row.comment)),
    )


def erase(connection: Connection, found: Spoken) -> None:
    """Conversations and answers go; what was counted stays counted, and an opinion an opinion, without their words."""
    for ids in _some(row.id for row in found.answers):
        connection.execute(delete(answers).where(answers.c.id.in_(ids)))
    for ids in _some(row.id for row in found.conversations):
        connection.execute(delete(conversations).where(conversations.c.id.in_(ids)))
    for ids in _some(row.id for row in found.asked):
        connection.execute(update(asked).where(asked.c.id.in_(ids)).values(question=""))
    for ids in _some(row.answer_id for row in found.comments):
        connection.execute(update(feedback).where(feedback.c.answer_id.in_(ids)).values(comment=""))


def _some(ids: Iterable[str], most: int = 500) -> Iterable[list[str]]:
    """Not more at once than a statement takes."""
    left = list(ids)
    return (left[start : start + most] for start in range(0, len(left), most))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
