"""The way to an answer, step by step, with its times; the page can show it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rag.types import Step


class Trace:
    """Times the steps of one answer."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        note: list[str] = []
        start = perf_counter()
        yield note
        self.steps.append(Step(name, round((perf_counter() - start) * 1000, 1), "、".join(note)))
