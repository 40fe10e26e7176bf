"""How long what people wrote is kept (保存期間): questions, the ledger of them, and comments.

A question that was counted stays counted, and an opinion stays an opinion, without its words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from bot.store.database import Store
from bot.store.schema import JST, asked, feedback, unanswered


class Retention:
    """Keeps the words in ``store`` for ``days``."""

    def __init__(
        self, store: Store, days: float, now: Callable[[], datetime] = lambda: datetime.now(JST)
    ) -> None:
        self.store = store
        self._lasting = timedelta(days=days)
        self._now = now

    def sweep(self) -> int:
        """Let go of what is older; how much it was."""
        ends = self._now() - self._lasting
        over = (
            update(asked).where(asked.c.at <= ends, asked.c.question != "").values(question=""),
            update(feedback).where(feedback.c.at <= ends, feedback.c.comment != "").values(comment=""),
            delete(unanswered).where(unanswered.c.at <= ends),
        )
        with self.store.writing() as connection:
            gone = sum(connection.execute(statement).rowcount for statement in over)
        if gone:
            self.store.scrub()
        return gone
