"""What people say of the answers (役に立った・立たなかった); a bad one goes into the ledger of the secretariat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.masking import mask
from bot.store import asked
from bot.store.database import Store
from bot.store.schema import answers, feedback
from bot.store.unanswered import Unanswered
from bot.talk.conversations import now_in_japan
from bot.talk.kept import Opinion
from rag.errors import NotFound
from rag.fold import strip_invisible

UNKNOWN = "この回答への評価は受け付けられません。回答の保存期限が過ぎたか、番号が違います。もう一度質問してから評価してください。"


class Opinions:
    """The feedback in ``store``. The last word on an answer counts."""

    def __init__(self, store: Store, ledger: Unanswered, now: Callable[[], datetime] = now_in_japan) -> None:
        self.store = store
        self._ledger = ledger
        self._now = now

    def take(self, opinion: Opinion) -> None:
        """Write it down, masked. Raises NotFound for an answer that is not kept (any more)."""
        same = feedback.c.answer_id == opinion.answer
        with self.store.writing() as connection:
            answer = connection.execute(select(answers).where(answers.c.id == opinion.answer)).one_or_none()
            if answer is None:
                raise NotFound(UNKNOWN)
            before = connection.scalar(select(feedback.c.helpful).where(same))
            connection.execute(delete(feedback).where(same))
            connection.execute(
                insert(feedback).values(
                    answer_id=opinion.answer,
                    at=self._now(),
                    helpful=opinion.helpful,
                    reason=opinion.reason,
                    comment=mask(strip_invisible(opinion.comment).strip()),
                    status=answer.status,
                    release=answer.release,
                )
            )
            asked.say(connection, opinion.answer, helpful=opinion.helpful)
        if not opinion.helpful and before is not False:  # once, however often it is said
            self._ledger.add(
                answer.question,
                status=answer.status,
                reason="disliked",
                release=answer.release,
                nearest=answer.nearest,
            )
