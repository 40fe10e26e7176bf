"""Texts of records as vectors, and how near a need is to each record: the nearest of its texts counts.

Cosines of an embedding model crowd in a narrow band that is another one in each model. Taken from the middle
of many texts, they spread: a record that has nothing to do with a need is near 0, whatever the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.embed import Embedder, Kind
from rag.matching.kept import vectors_of

Vector = NDArray[np.float32]
NOT_NEAR, NEAR = 0.10, 0.60  # cosines from the middle that count 0 and 1; see docs/matching.md


class Space:
    """An embedder and the middles of its questions and of its passages, found from ``examples`` of both.

    ``folder`` keeps vectors from one process to the next.
    """

    def __init__(
        self, embedder: Embedder, examples: Sequence[tuple[str, str]], folder: Path | None = None
    ) -> None:
        self._embedder = embedder
        self._folder = folder
        questions, passages = zip(*examples, strict=True)
        self._middles: dict[Kind, Vector] = {
            "query": self._kept(questions, "query", "examples-query").mean(axis=0),
            "passage": self._kept(passages, "passage", "examples-passage").mean(axis=0),
        }

        self.vector: Callable[[str], Vector] = lru_cache(maxsize=64)(self._vector)

    def _vector(self, text: str) -> Vector:
        """A need, seen from the middle of all questions."""
        made: Vector = self._moved(self._embedder.embed([text], "query").vectors, "query")[0]
        return made

    def passage(self, text: str) -> Vector:
        """A record's text, seen from the middle of all passages."""
        made: Vector = self._moved(self._embedder.embed([text], "passage").vectors, "passage")[0]
        return made

    def texts(self, records: Iterable[Sequence[str]], name: str) -> Texts:
        """The texts of many records; ``name`` is that of their file."""
        listed = [list(texts) for texts in records]
        rows = self._kept([text for texts in listed for text in texts], "passage", name)
        starts = np.cumsum([0, *map(len, listed)], dtype=np.int64)
        return Texts(self._moved(rows, "passage") if len(rows) else rows, starts)

    def _kept(self, texts: Sequence[str], kind: Kind, name: str) -> Vector:
        file = self._folder / f"{name}.npz" if self._folder else None
        return vectors_of(texts, self._embedder, kind, file)

    def _moved(self, vectors: Vector, kind: Kind) -> Vector:
        moved = vectors - self._middles[kind]
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.asarray(moved / np.maximum(lengths, 1e-6), np.float32)


@dataclass(frozen=True)
class Texts:
    """The rows of many records: ``rows[starts[i]:starts[i+1]]`` are those of record ``i``, at least one."""

    rows: Vector
    starts: NDArray[np.int64]

    def nearness(self, vector: Vector) -> tuple[Vector, Vector]:
        """How near each record is (0..1), and how near each row is."""
        if not len(self.rows):
            return np.zeros(0, np.float32), np.zeros(0, np.float32)
        rows = counted(self.rows @ vector)
        return np.maximum.reduceat(rows, self.starts[:-1]), rows


def counted(cosines: Vector) -> Vector:
    """Cosines from the middle, as 0..1."""
    return np.asarray(np.clip((cosines - NOT_NEAR) / (NEAR - NOT_NEAR), 0.0, 1.0), np.float32)
