"""The counter where every question comes in (窓口), whichever door it took.

A question -> what it is asked with (conversation, municipality, earlier questions) -> the answer, kept a while.
A store that fails keeps nobody from an answer: it is logged, and the answer goes out without an id.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal

from bot.desk.places import full_name, municipality_named
from bot.store.asked import Asked as Questions
from bot.store.database import Store
from bot.store.retention import Retention
from bot.store.unanswered import Unanswered
from bot.talk.about import about
from bot.talk.conversations import Conversations
from bot.talk.kept import Asked, Told, Turn
from bot.talk.opinions import Opinions
from rag.answer import Desk
from rag.errors import NotFound, StoreError
from rag.settings import Settings
from rag.types import Answer, Context
from rag.understand import understand

log = logging.getLogger(__name__)

_IN_THE_LEDGER: tuple[Literal["refused"], Literal["partial"]] = ("refused", "partial")


class Counter:
    """Takes questions in, asks the desk it is given, keeps what was said."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.conversations = Conversations(store, settings.conversation_hours)
        self.ledger = Unanswered(store)
        self.questions = Questions(store)
        self.retention = Retention(store, settings.question_days)
        self.opinions = Opinions(store, self.ledger)

    def take(
        self,
        question: str,
        conversation: str | None = None,
        municipality: str | None = None,
        before: Sequence[str] = (),
    ) -> Asked:
        """Raises QuestionError, DeskError for a municipality that is not clear, NotFound for the conversation."""
        understand(question, self.settings.max_question_chars)
        home = told_home(municipality)
        if conversation is None:
            return Asked(question, None, home, tuple(before))
        try:
            known = self.conversations.get(conversation).municipality
            before = self.conversations.asked_before(conversation)
        except StoreError as error:
            log.error("会話を読めません。この質問だけで答えます。%s", error.message)
            return Asked(question, None, home, tuple(before))
        return Asked(question, conversation, home or known, tuple(before))

    def keep(self, asked: Asked, answer: Answer) -> Told:
        """Keep the answer; a question that was not answered well goes into the ledger."""
        try:
            kept = self.conversations.keep(asked.question, answer, asked.conversation, asked.home)
            if answer.status in _IN_THE_LEDGER:
                self._complain(kept.question, answer)
        except StoreError as error:
            log.error("回答を保存できません。番号なしで答えます。%s", error.message)
            return Told(answer)
        except NotFound:
            return Told(answer)
        self._count(asked, kept)
        return Told(answer, kept.id, asked.conversation, kept.expires_at)

    def sweep(self) -> None:
        """Let go of what is kept no longer."""
        self.conversations.sweep()
        self.retention.sweep()

    def _count(self, asked: Asked, kept: Turn) -> None:
        """For the figures; whoever asked has the answer even if this fails."""
        try:
            what = about(asked, self.settings.max_question_chars)
            self.questions.add(
                kept.id, kept.question, at=kept.at, status=kept.status, release=kept.release, about=what
            )
        except StoreError as error:
            log.error("質問を数えられません。%s", error.message)
        except Exception:
            log.exception("質問を数えられません。")

    def _complain(self, question: str, answer: Answer) -> None:
        near = [place.chunk_id for place in answer.nearest]
        reason: Literal["refused", "partial"] = "refused" if answer.status == "refused" else "partial"
        self.ledger.add(question, status=answer.status, reason=reason, release=answer.release, nearest=near)


def prepared(desk: Desk, asked: Asked) -> Context:
    """What an answer to it may stand on."""
    return desk.prepare(asked.question, before=asked.before, home=asked.home)


def told_home(name: str | None) -> str:
    """The municipality of that name, its prefecture in front. Raises DeskError, which offers near names."""
    if not name or not name.strip():
        return ""
    return full_name(municipality_named(name.strip()))
