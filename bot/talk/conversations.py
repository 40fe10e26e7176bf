"""Conversations that end by themselves (会話の保存): opened, continued, read, deleted, swept.

Personal data are masked before anything is written. Whoever knows the id of a conversation may read and delete it:
ids cannot be guessed. One in which nothing was asked yet ends soon, so that opening many does no harm.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bot.masking import find, mask
from bot.store.asked import forget_words
from bot.store.database import Store
from bot.store.schema import JST, answers, conversations
from bot.talk.kept import Conversation, Turn
from rag.errors import NotFound
from rag.fold import strip_invisible
from rag.types import Answer

UNUSED = timedelta(hours=1)  # what nothing is asked in ends so soon
MOST = 10_000  # open at once; those that end first make room
MOST_SHOWN = 100  # turns of a conversation, the newest
REMEMBERED = 10  # earlier questions a question may lean on

GONE = "この会話は、期限が過ぎたか、削除されています。新しい会話で、もう一度お聞きください。"


def now_in_japan() -> datetime:
    return datetime.now(JST)


class Conversations:
    """The conversations in ``store``; each ends ``hours`` after its last question."""

    def __init__(self, store: Store, hours: float, now: Callable[[], datetime] = now_in_japan) -> None:
        self.store = store
        self._lasting = timedelta(hours=hours)
        self._now = now

    def open(self, municipality: str = "") -> Conversation:
        """A new one, empty."""
        now = self._now()
        made = Conversation(secrets.token_urlsafe(24), now, now + min(UNUSED, self._lasting), municipality)
        with self.store.writing() as connection:
            _make_room(connection)
            connection.execute(insert(conversations).values(**asdict(made)))
        return made

    def get(self, conversation: str) -> Conversation:
        """The one with this id. Raises NotFound for none, and for one that has ended."""
        with self.store.reading() as connection:
            return self._fetch(connection, conversation)

    def turns(self, conversation: str, last: int = MOST_SHOWN) -> tuple[Turn, ...]:
        """Its newest turns, the oldest of them first."""
        wanted = select(answers).where(answers.c.conversation_id == conversation)
        with self.store.reading() as connection:
            rows = list(connection.execute(wanted.order_by(answers.c.number.desc()).limit(last)))
        return tuple(_turn(row) for row in reversed(rows))

    def asked_before(self, conversation: str) -> tuple[str, ...]:
        """What was asked in it, masked, the oldest first."""
        wanted = select(answers.c.question).where(answers.c.conversation_id == conversation)
        with self.store.reading() as connection:
            questions = connection.scalars(wanted.order_by(answers.c.number.desc()).limit(REMEMBERED))
            return tuple(reversed(list(questions)))

    def delete(self, conversation: str) -> None:
        """Let it go at once, with all that was said in it. Raises NotFound."""
        with self.store.writing() as connection:
            self._fetch(connection, conversation)
            forget_words(connection, select(answers.c.id).where(answers.c.conversation_id == conversation))
            connection.execute(delete(conversations).where(conversations.c.id == conversation))
        self.store.scrub()

    def keep(self, question: str, answer: Answer, conversation: str | None, municipality: str = "") -> Turn:
        """Write an answer down under an id of its own; a conversation lasts on from here, where it is."""
        ends = self._now() + self._lasting
        made = _written(question, answer, self._now(), ends)
        with self.store.writing() as connection:
            if conversation is not None:
                same = conversations.c.id == conversation
                lasts = update(conversations).where(same).values(expires_at=ends, municipality=municipality)
                if not connection.execute(lasts).rowcount:
                    raise NotFound(GONE)  # somebody deleted it while the answer was made
            values = asdict(made) | {"conversation_id": conversation}
            connection.execute(insert(answers).values(**values))
        return made

    def sweep(self) -> None:
        """Take away what has ended: conversations with all that was said in them, and answers outside of any."""
        alone = answers.c.conversation_id.is_(None)
        with self.store.writing() as connection:
            connection.execute(delete(answers).where(alone, answers.c.expires_at <= self._now()))
            connection.execute(delete(conversations).where(conversations.c.expires_at <= self._now()))

    def _fetch(self, connection: Connection, conversation: str) -> Conversation:
        row = connection.execute(
            select(conversations).where(conversations.c.id == conversation)
        ).one_or_none()
        if row is None or row.expires_at <= self._now():
            raise NotFound(GONE)
        return Conversation(**row._mapping)


def _make_room(connection: Connection) -> None:
    """Of too many, those that end first go: what nothing was asked in."""
    over = (connection.scalar(select(func.count()).select_from(conversations)) or 0) - MOST + 1
    if over > 0:
        first = select(conversations.c.id).order_by(conversations.c.expires_at).limit(over)
        connection.execute(delete(conversations).where(conversations.c.id.in_(first)))


def _written(question: str, answer: Answer, at: datetime, ends: datetime) -> Turn:
    question = strip_invisible(question)
    text = mask(answer.text) if find(question) else answer.text  # it may name what was asked
    citations = tuple(asdict(citation) for citation in answer.citations)
    near = tuple(place.chunk_id for place in answer.nearest)
    ident = secrets.token_urlsafe(24)
    return Turn(ident, at, ends, mask(question), answer.status, answer.release, text, citations, near)


def _turn(row: Row[Any]) -> Turn:
    fields = {name: value for name, value in row._mapping.items() if name in Turn.__dataclass_fields__}
    return Turn(**fields | {"citations": tuple(row.citations), "nearest": tuple(row.nearest)})
