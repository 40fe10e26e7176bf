"""The threads that answer (回答する糸): few, so that the event loop always gets its turn.

Answering is work for a processor; more threads than processors only make everybody wait, the loop most of all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread
from threadpoolctl import threadpool_limits

from rag.errors import Crowded

A = TypeVarTuple("A")
T = TypeVar("T")

THREADS = max(2, min(4, os.cpu_count() or 2))
MOST_WAITING = 200  # who comes after them is asked to come again
CROWDED = "いま質問が混み合っています。少し待って、もう一度お試しください。"
SWITCH_SECONDS = 0.001  # how long a thread that answers may keep the event loop from its turn


@contextmanager
def taking_turns() -> Iterator[None]:
    """While the server runs: threads take short turns, and numpy brings no threads of its own.

    Several answers at once keep every processor busy; more threads inside each only wait for one another, at twice
    the processor time.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        sys.setswitchinterval(usual)


class AnsweringThreads:
    """``run`` waits its turn, then runs in a thread. Who goes away while waiting, gives the turn up."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING) -> None:
        self._limiter = CapacityLimiter(threads)
        self._most_waiting = most_waiting

    @property
    def waiting(self) -> int:
        return self._limiter.statistics().tasks_waiting

    @property
    def busy(self) -> int:
        return int(self._limiter.borrowed_tokens)

    async def run(self, function: Callable[[Unpack[A]], T], *args: *A) -> T:
        """Raises Crowded at once where too many wait."""
        if self.waiting >= self._most_waiting:
            raise Crowded(CROWDED)
        return await to_thread.run_sync(function, *args, limiter=self._limiter)
