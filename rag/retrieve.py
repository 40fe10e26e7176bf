"""Query -> hits: dense and lexical scores, each standardised per question, summed.

Two ways of finding that fail differently are worth more than one better one, and the sum of standard
scores is steadier than the sum of ranks. Either side may propose a chunk; every proposed chunk is
then scored by both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rag.embed import Embedder
from rag.lexical import LexicalIndex
from rag.release import Release
from rag.types import FoundBy, Hit, Passage, Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

CANDIDATES = 100  # chunks the lexical side may propose


class Retriever:
    """Finds chunks of one release."""

    def __init__(self, release: Release, embedder: Embedder) -> None:
        self.release = release
        self.embedder = embedder

    def search(self, query: Query, k: int) -> tuple[Hit, ...]:
        """The best ``k`` chunks, best first; equal scores keep the order of the shelves."""
        # one embedder so far, so one space; a second space comes with an embedder of its own
        dense = self.release.dense[0]
        question = self.embedder.embed([query.asked], "query")[0]
        near = dense.near(question)
        words = self.release.lexical.scores(query.terms)
        worded = _best(words, CANDIDATES)
        rows = np.union1d(near.chunks, worded)
        passages = [dense.passages(question, int(row)) for row in rows]
        cosines = np.array([max(p.similarity for p in parts) for parts in passages], np.float32)
        total = (cosines - near.mean) / near.deviation + _standard(words)[rows]
        order = np.argsort(-total, kind="stable")[:k]
        found: dict[FoundBy, set[int]] = {
            "dense": set(near.chunks.tolist()),
            "lexical": set(worded.tolist()),
        }
        return tuple(
            self._hit(rank, int(rows[i]), float(total[i]), passages[i], found)
            for rank, i in enumerate(order, start=1)
        )

    def _hit(
        self,
        rank: int,
        row: int,
        score: float,
        passages: tuple[Passage, ...],
        found: dict[FoundBy, set[int]],
    ) -> Hit:
        chunk = self.release.chunks[row]
        return Hit(
            rank=rank,
            chunk=chunk,
            document=self.release.documents[chunk.document_id],
            score=score,
            found_by=tuple(side for side, rows in found.items() if row in rows),
            passages=passages,
        )


def _best(scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Rows with the highest scores above zero: a chunk that shares no word is never proposed."""
    best = np.argsort(-scores, kind="stable")[:count]
    return best[scores[best] > 0]


def _standard(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    deviation = float(scores.std())
    if deviation == 0.0:  # no word of the question is known
        return np.zeros_like(scores)
    standard: NDArray[np.float32] = (scores - scores.mean()) / deviation
    return standard


def weigh(query: Query, index: LexicalIndex) -> Query:
    """The query with each word's rarity in the release."""
    terms = (
        replace(term, rarity=index.rarity(term.text), known=index.knows(term.text)) for term in query.terms
    )
    return replace(query, terms=tuple(terms))
