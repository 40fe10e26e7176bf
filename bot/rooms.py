"""What the doors of the server share: the live desk, the counter, the threads, the figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import Request

from bot.answering import AnsweringThreads
from bot.live import LiveDesk
from bot.metrics import Metrics
from bot.store.database import Store
from bot.talk.counter import Counter, prepared
from bot.talk.kept import Asked, Told
from rag.answer import Desk

WRITERS = 32  # answers that a language model may be writing at once


@dataclass(frozen=True)
class Rooms:
    """One per server.

    ``aside``: threads for what is short, so that it need not queue with questions; ``writing``: for those who wait for a
    language model.
    """

    live: LiveDesk
    store: Store
    counter: Counter
    metrics: Metrics = field(default_factory=Metrics)
    threads: AnsweringThreads = field(default_factory=AnsweringThreads)
    aside: AnsweringThreads = field(default_factory=lambda: AnsweringThreads(4))
    writing: AnsweringThreads = field(default_factory=lambda: AnsweringThreads(WRITERS))

    async def desk(self) -> Desk:
        """The desk that answers now. Raises ReleaseError or ModelError."""
        return await self.aside.run(self.live.desk)

    async def ask(self, desk: Desk, asked: Asked) -> Told:
        """The whole answer at once, kept."""
        with self.metrics.answering() as watch:
            context = await self.threads.run(prepared, desk, asked)
            answer = await (self.writing if desk.writes else self.threads).run(desk.answer, context)
            watch.done(answer.status)
        return await self.aside.run(self.counter.keep, asked, answer)


def rooms_of(request: Request) -> Rooms:
    rooms: Rooms = request.app.state.rooms
    return rooms
