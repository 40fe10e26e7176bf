"""Query -> hits. Several ways of finding that fail differently, each standardised per question, summed.

Words (:mod:`rag.lexical`) and the first model's vectors propose chunks; every proposed chunk is scored by
both, by a second model and by the titles; the best RERANKED are compared with the question token by token
(:mod:`rag.late`). The sum of standard scores is steadier than the sum of ranks; the weights are few and
stand in one table, found on public sets (docs/retrieval.md). Words count in full only where some chunk holds
most of the question's: who asks in words of his own is not led astray by the one that happens to occur.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np

from rag.embed import Embedded, Embedder
from rag.lexical import LexicalIndex
from rag.release import Release
from rag.types import Hit, Part, Query, Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

JAPAN = timezone(timedelta(hours=9))
CANDIDATES = 100  # chunks the lexical side may propose
COVERED = 0.6  # share of the question that the best words hold from which on words are trusted in full
RERANKED = 50  # chunks that are compared token by token

WEIGHTS: dict[Part, float] = {
    "lexical": 1.0,
    "dense": 1.0,
    "second": 0.5,
    "title": 0.5,
    "second title": 0.3,
    "late": 1.5,
}
SYSTEMS: dict[str, tuple[Part, ...]] = {
    "lexical": ("lexical",),
    "dense": ("dense",),
    "fused": ("lexical", "dense", "second", "title", "second title"),
}
FINAL = "reranked"


@dataclass(frozen=True)
class Scored:
    """Proposed chunks by their rows, and what each part makes of them, in standard deviations."""

    rows: NDArray[np.int64]
    parts: dict[Part, NDArray[np.float32]]

    def total(self, parts: Sequence[Part] | None = None) -> NDArray[np.float32]:
        """The weighted sum of the parts."""
        total = np.zeros(len(self.rows), np.float32)
        for part in self.parts if parts is None else parts:
            if part in self.parts:
                total += WEIGHTS[part] * self.parts[part]
        return total


class Retriever:
    """Finds chunks of one release. ``embedders`` are those of its spaces, in their order."""

    def __init__(self, release: Release, embedders: Sequence[Embedder]) -> None:
        self.release = release
        self.embedders = tuple(embedders)

    def search(self, query: Query, k: int) -> tuple[Hit, ...]:
        """The best ``k`` chunks, best first; equal scores keep the order of the shelves."""
        questions = self._embed(query)
        scored = self._score(query, questions)
        total = scored.total()
        best = np.argsort(-total, kind="stable")[:k]
        return tuple(
            self._hit(rank, scored, int(place), float(total[place]), questions[0])
            for rank, place in enumerate(best, start=1)
        )

    def rankings(self, query: Query, k: int, *, ablation: bool = False) -> dict[str, tuple[str, ...]]:
        """The documents of the best chunks, by each system alone and by all together, which is the last.

        Each document stands once, ``k`` at most. ``ablation`` adds all together without each part. All rank
        the same proposed chunks.
        """
        scored = self._score(query, self._embed(query))
        systems = dict(SYSTEMS)
        if ablation:
            systems |= {f"without {part}": tuple(scored.parts.keys() - {part}) for part in WEIGHTS}
        totals = {name: scored.total(parts) for name, parts in systems.items()} | {FINAL: scored.total()}
        ranked = {name: scored.rows[np.argsort(-total, kind="stable")] for name, total in totals.items()}
        chunks = self.release.chunks
        return {
            name: tuple(dict.fromkeys(chunks[row].document_id for row in rows))[:k]
            for name, rows in ranked.items()
        }

    def _embed(self, query: Query) -> tuple[Embedded, ...]:
        return tuple(embedder.embed([query.meant], "query") for embedder in self.embedders)

    def _score(self, query: Query, questions: tuple[Embedded, ...]) -> Scored:
        words = self.release.lexical.scores(query)
        near = self.release.dense[0].near(questions[0].vectors[0])
        rows = np.union1d(near, _best(words, CANDIDATES))
        if not query.past:
            rows = rows[self.release.holding(datetime.now(JAPAN).date())[rows]]
        trust = min(1.0, self.release.lexical.cover(query) / COVERED)
        parts: dict[Part, NDArray[np.float32]] = {"lexical": trust * _standard(words)[rows]}
        documents = self.release.document_rows[rows]
        names: tuple[tuple[Part, Part], ...] = (("dense", "title"), ("second", "second title"))
        for (part, title), index, question in zip(names, self.release.dense, questions, strict=False):
            vector = question.vectors[0]
            parts[part] = index.nearest(vector, rows)
            parts[title] = index.titled(vector)[documents]
        scored = Scored(rows, parts)
        late = self.release.dense[0].late
        if late is not None and questions[0].tokens and len(questions[0].tokens[0]):
            best = np.sort(np.argsort(-scored.total(), kind="stable")[:RERANKED])
            found = late.scores(questions[0].tokens[0], self.release.dense[0].ranges(rows[best]))
            parts["late"] = _standard_of_some(found, best, len(rows))
        return scored

    def _hit(self, rank: int, scored: Scored, place: int, score: float, question: Embedded) -> Hit:
        row = int(scored.rows[place])
        chunk = self.release.chunks[row]
        return Hit(
            rank=rank,
            chunk=chunk,
            document=self.release.documents[chunk.document_id],
            score=score,
            parts={part: WEIGHTS[part] * float(scores[place]) for part, scores in scored.parts.items()},
            passages=self.release.dense[0].passages(question.vectors[0], row),
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


def _standard_of_some(
    scores: NDArray[np.float32], places: NDArray[np.int64], count: int
) -> NDArray[np.float32]:
    """Standard scores of the ``places``; the others of ``count`` get what the worst of these has."""
    told = np.isfinite(scores)
    filled = np.where(told, scores, scores[told].min(initial=0.0))
    standard = _standard(filled)
    spread = np.full(count, standard.min(initial=0.0), np.float32)
    spread[places] = standard
    return spread


def weigh(query: Query, index: LexicalIndex) -> Query:
    """The query with each word's rarity in the release."""

    def weighed(terms: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(replace(t, rarity=index.rarity(t.text), known=index.knows(t.text)) for t in terms)

    return replace(query, terms=weighed(query.terms), sought=weighed(query.sought))
