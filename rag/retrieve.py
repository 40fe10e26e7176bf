"""Query -> hits. Several ways of finding that fail differently, each standardised per question, summed.

Words (:mod:`rag.lexical`) and the first model's vectors propose chunks; every proposed chunk is scored by
both, by a second model and by the titles; the best RERANKED are compared with the question token by token
(:mod:`rag.late`). The sum of standard scores is steadier than the sum of ranks; the weights are few and
stand in one table, found on public sets (docs/retrieval.md). Words count in full only where some chunk holds
most of the question's: who asks in words of his own is not led astray by the one that happens to occur.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag.documents import Chunk, Document
from rag.embed import Embedded, Embedder
from rag.facets import EVERYTHING, Filters, agreement
from rag.lexical import LexicalIndex
from rag.release import Release
from rag.types import Hit, Part, Passage, Query, Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

JAPAN = timezone(timedelta(hours=9))
CANDIDATES = 100  # chunks the lexical side may propose
COVERED = 0.6  # share of the question that the best words hold from which on words are trusted in full
ADMITTED = 400  # chunks that a filter leaves and that are all scored; of more, the likely ones
LOCAL = ("contacts", "forums")  # shelves of which the nearest records matter
NEAR_HOME = 6.0  # of the part of facets: as much as the words
FIRST = 5  # hits among which
OF_ONE_PAGE, OF_ONE_FAMILY = 3, 4  # so many may be of one page, and of a record with those it belongs to
RERANKED = 50  # chunks that are compared token by token
READ = 20  # chunks that a reranker reads

WEIGHTS: dict[Part, float] = {
    "lexical": 1.0,
    "dense": 1.0,
    "second": 0.5,
    "title": 0.5,
    "second title": 0.3,
    "late": 1.5,
    "reranker": 4.0,  # of a model that reads both together; as much as all the others
    "named": 2.0,  # so much that an article of the law that is named comes before one of another law
    "facets": 0.25,  # so little that it decides between equals
}
SYSTEMS: dict[str, tuple[Part, ...]] = {
    "lexical": ("lexical",),
    "dense": ("dense",),
    "fused": ("lexical", "dense", "second", "title", "second title"),
}
FINAL = "reranked"
NOWHERE = (Passage(0, 0, 0.0),)  # of a chunk that was not looked for


@dataclass(frozen=True)
class Scored:
    """Proposed chunks by their rows, and what each part makes of them, in standard deviations.

    ``late``: the scores of the windows of those that were compared token by token, by their rows.
    """

    rows: NDArray[np.int64]
    parts: dict[Part, NDArray[np.float32]]
    late: dict[int, NDArray[np.float32]] = field(default_factory=dict)

    def total(self, parts: Sequence[Part] | None = None) -> NDArray[np.float32]:
        """The weighted sum of the parts."""
        total = np.zeros(len(self.rows), np.float32)
        for part in self.parts if parts is None else parts:
            if part in self.parts:
                total += WEIGHTS[part] * self.parts[part]
        return total


class Reranker(Protocol):
    """Reads question and passage together (a cross-encoder)."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How well each text answers, shape (texts,)."""


class Retriever:
    """Finds chunks of one release. ``embedders`` are those of its spaces, in their order."""

    def __init__(
        self, release: Release, embedders: Sequence[Embedder], reranker: Reranker | None = None
    ) -> None:
        self.release = release
        self.embedders = tuple(embedders)
        self.reranker = reranker

    def search(self, query: Query, k: int, filters: Filters = EVERYTHING) -> tuple[Hit, ...]:
        """The best ``k`` chunks, best first; equal scores keep the order of the shelves."""
        questions = self._embed(query)
        scored = self._score(query, questions, filters)
        total = scored.total()
        best = self._spread(scored.rows, np.argsort(-total, kind="stable"))[:k]
        return tuple(
            self._hit(rank, scored, int(place), float(total[place]), questions[0])
            for rank, place in enumerate(best, start=1)
        )

    def record(self, document_id: str) -> tuple[Hit, ...]:
        """The chunks of a record that was not looked for; none where the release does not hold it."""
        return self._unsought(self.release.chunks_of(document_id), 0)

    def companions(self, hits: Sequence[Hit], shelf: str) -> tuple[Hit, ...]:
        """The other chunks of the hits' documents of a shelf, ranked behind them."""
        found = {hit.chunk.id for hit in hits}
        documents = dict.fromkeys(hit.document.id for hit in hits if hit.document.shelf == shelf)
        chunks = [chunk for name in documents for chunk in self.release.chunks_of(name)]
        return self._unsought((chunk for chunk in chunks if chunk.id not in found), len(hits))

    def _unsought(self, chunks: Iterable[Chunk], behind: int) -> tuple[Hit, ...]:
        documents = self.release.documents
        return tuple(
            Hit(rank, chunk, documents[chunk.document_id], 0.0, {}, NOWHERE)
            for rank, chunk in enumerate(chunks, start=behind + 1)
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

    def _score(self, query: Query, questions: tuple[Embedded, ...], filters: Filters = EVERYTHING) -> Scored:
        words = self.release.lexical.scores(query)
        vector = questions[0].vectors[0]
        admitted = self._admitted(query, filters)
        if filters:  # few may be left: none of them shall be missed for want of a better one
            rows = np.flatnonzero(admitted)
            if len(rows) > ADMITTED:
                near = self.release.dense[0].nearest(vector, rows)
                likely = _best(np.where(admitted, words, 0), CANDIDATES)
                rows = np.union1d(rows[np.argsort(-near, kind="stable")[:CANDIDATES]], likely)
        else:
            rows = np.union1d(self.release.dense[0].near(vector), _best(words, CANDIDATES))
            rows = rows[admitted[rows]]
        trust = min(1.0, self.release.lexical.cover(query) / COVERED)
        parts: dict[Part, NDArray[np.float32]] = {"lexical": trust * _standard(words)[rows]}
        documents = self.release.document_rows[rows]
        # as typed, too: blanks part a name from what follows it, and the text that is looked for has none
        named = self.release.works.named(f"{query.asked}\n{query.meant}")
        if len(named):
            parts["named"] = np.isin(documents, named).astype(np.float32)
        if query.facets or query.home:
            parts["facets"] = self._agreement(query, documents)
        names: tuple[tuple[Part, Part], ...] = (("dense", "title"), ("second", "second title"))
        for (part, title), index, question in zip(names, self.release.dense, questions, strict=False):
            vector = question.vectors[0]
            parts[part] = index.nearest(vector, rows)
            parts[title] = index.titled(vector)[documents]
        scored = Scored(rows, parts)
        self._rerank(query, questions[0], scored)
        return scored

    def _rerank(self, query: Query, question: Embedded, scored: Scored) -> None:
        """Add what only the best are compared by: token by token, and by the reranker where there is one."""
        late = self.release.dense[0].late
        rows, parts = scored.rows, scored.parts
        if not len(rows):
            return
        if late is not None and question.tokens and len(question.tokens[0]):
            best = np.sort(np.argsort(-scored.total(), kind="stable")[:RERANKED])
            windows = late.scores(question.tokens[0], self.release.dense[0].ranges(rows[best]))
            scored.late.update(zip(rows[best].tolist(), windows, strict=True))
            found = np.array([its.max(initial=-np.inf) for its in windows], np.float32)
            parts["late"] = _standard_of_some(found, best, len(rows))
        if self.reranker is not None:
            best = np.argsort(-scored.total(), kind="stable")[:READ]
            chunks = [self.release.chunks[row] for row in rows[best]]
            texts = [f"{self.release.documents[chunk.document_id].title}\n{chunk.text}" for chunk in chunks]
            parts["reranker"] = _standard_of_some(self.reranker.score(query.meant, texts), best, len(rows))

    def _admitted(self, query: Query, filters: Filters) -> NDArray[np.bool_]:
        """Which chunks may be found, shape (chunks,)."""
        past = query.past or filters.on is not None
        admitted = (
            np.ones(len(self.release.chunks), bool)
            if past
            else self.release.holding(datetime.now(JAPAN).date())
        )
        if filters:
            documents = [filters.admits(document) for document in self.release.documents.values()]
            admitted = admitted & np.array(documents, bool)[self.release.document_rows]
        return admitted

    def _agreement(self, query: Query, documents: NDArray[np.int64]) -> NDArray[np.float32]:
        told = tuple(self.release.documents.values())
        marks = {row: _fit(query, told[row]) for row in set(documents.tolist())}
        return np.array([marks[row] for row in documents.tolist()], np.float32)

    def _spread(self, rows: NDArray[np.int64], order: NDArray[np.int64]) -> list[int]:
        """The order, but among the first FIRST no page, and no family of records, takes all places."""
        first: list[int] = []
        later: list[int] = []
        pages: Counter[object] = Counter()
        families: Counter[str] = Counter()
        for place in order.tolist():
            chunk = self.release.chunks[rows[place]]
            page, family = (chunk.document_id, chunk.page), chunk.document_id
            if len(first) == FIRST or pages[page] == OF_ONE_PAGE or families[family] == OF_ONE_FAMILY:
                later.append(place)
                continue
            first.append(place)
            pages[page] += 1
            families.update((family, *self.release.documents[family].related))
        return first + later

    def _hit(self, rank: int, scored: Scored, place: int, score: float, question: Embedded) -> Hit:
        row = int(scored.rows[place])
        chunk = self.release.chunks[row]
        return Hit(
            rank=rank,
            chunk=chunk,
            document=self.release.documents[chunk.document_id],
            score=score,
            parts={part: WEIGHTS[part] * float(scores[place]) for part, scores in scored.parts.items()},
            passages=self.release.dense[0].passages(question.vectors[0], row, scored.late.get(row)),
        )


def _fit(query: Query, document: Document) -> float:
    """How well a document is about what the question names; whom to ask, and where, shall be near the asker's home."""
    fit = agreement(query.facets, document.facets)
    if document.shelf in LOCAL and not query.facets.blocks:
        fit += NEAR_HOME * agreement(query.home, document.facets)
    return fit


def _best(scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Rows with the highest scores above zero: a chunk that shares no word is never proposed."""
    rows = np.flatnonzero(scores > 0)  # the others would be ties without number, which partition is slow at
    if count < len(rows):  # sort only those that may be among them
        rows = rows[scores[rows] >= np.partition(scores[rows], -count)[-count]]
    return rows[np.argsort(-scores[rows], kind="stable")][:count]


def _standard(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    deviation = float(scores.std()) if len(scores) else 0.0
    if deviation == 0.0:  # nothing is left, or no word of the question is known
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
