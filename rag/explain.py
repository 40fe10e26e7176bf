"""Why each hit was found: for the people who keep the shelves and must judge what a search brings.

It looks at what retrieval has made already and asks the words' index once more, word by word; it decides
nothing, and nothing in it changes a ranking. BM25 is a sum over words, so each word's share of it is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from rag.release import Release
from rag.tokens import analyse, noun_pairs
from rag.types import Hit, Part, Query, Term

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Place = Literal["title", "heading", "text", "nearby"]

SHOWN = 60  # letters of a passage that are enough to recognise it


@dataclass(frozen=True)
class Found:
    """A word, or two nouns side by side, of the question: where a hit has it, and what that counts.

    ``places`` is empty where the hit does not have it. ``nearby`` is what the index tells in one breath
    with the chunk: a neighbour of its section, or the summary of its document. ``share`` (0 to 1) is the
    part of the hit's BM25 that comes from it.
    """

    text: str
    places: tuple[Place, ...]
    share: float


@dataclass(frozen=True)
class NearestPassage:
    """The passage nearest to the question, on one line, SHOWN letters at most, and its cosine.

    ``summary``: the vector stands for the document's summary (要約), which is then the text.
    """

    text: str
    similarity: float
    summary: bool


@dataclass(frozen=True)
class Reason:
    """Why one hit stands where it does.

    ``parts`` are the points of each way of finding, most first; they sum to the score. ``words`` are those
    of the question, the most important first, also the ones that are missing; ``pairs`` only those that
    match. ``spelling`` (0 to 1) is the rest of the BM25: letters that agree whatever the dictionary says.
    """

    hit: Hit
    parts: tuple[tuple[Part, float], ...]
    words: tuple[Found, ...]
    pairs: tuple[Found, ...]
    spelling: float
    nearest: NearestPassage


@dataclass(frozen=True)
class Explanation:
    """How a question was understood, its most important words first, and why each of its hits was found."""

    query: Query
    reasons: tuple[Reason, ...]


def explain(query: Query, hits: Iterable[Hit], release: Release) -> Explanation:
    """Gather the reasons for ``hits``, which ``query`` (weighed) found in ``release``."""
    query = replace(
        query,
        terms=_by_importance(query.terms),
        sought=_by_importance(query.sought),
    )
    rows = {chunk.id: row for row, chunk in enumerate(release.chunks)}
    counts = _Counts(query, release)
    return Explanation(query, tuple(_reason(hit, rows[hit.chunk.id], counts) for hit in hits))


def _by_importance(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda term: -term.importance))


class _Counts:
    """How much each thing asked for adds to the BM25 of every chunk."""

    def __init__(self, query: Query, release: Release) -> None:
        scores, asked = release.lexical.scores, query.asked
        sought = (*query.sought, *query.synonyms)
        self.words = {term.text: scores(Query(asked, (), sought=(term,))) for term in sought}
        self.pairs = {pair: scores(Query(asked, (), pairs=(pair,))) for pair in query.pairs}
        self.total = scores(query)

    def share(self, scores: NDArray[np.float32], row: int) -> float:
        """The part of a chunk's BM25 that ``scores`` make, 0 to 1."""
        total = float(self.total[row])
        return float(scores[row]) / total if total else 0.0


def _reason(hit: Hit, row: int, counts: _Counts) -> Reason:
    told = _told(hit)

    def found(text: str, scores: NDArray[np.float32]) -> Found:
        share = counts.share(scores, row)
        places = tuple(place for place, words in told.items() if text in words)
        return Found(text, places or (("nearby",) if share else ()), share)

    words = tuple(found(word, scores) for word, scores in counts.words.items())
    pairs = tuple(found(pair, scores) for pair, scores in counts.pairs.items())
    return Reason(
        hit=hit,
        parts=tuple(sorted(hit.parts.items(), key=lambda part: -part[1])),
        words=words,
        pairs=tuple(pair for pair in pairs if pair.places),
        spelling=max(0.0, counts.share(counts.total, row) - sum(each.share for each in words + pairs)),
        nearest=_nearest(hit),
    )


def _told(hit: Hit) -> dict[Place, frozenset[str]]:
    """The words, and the nouns side by side, of each place of a hit, as the index cuts them."""
    return {
        "title": _words([hit.document.title]),
        "heading": _words(hit.chunk.section),
        "text": _words([hit.chunk.text]),
    }


def _words(texts: Iterable[str]) -> frozenset[str]:
    words: set[str] = set()
    for text in texts:
        tokens = analyse(text)
        words.update(token.lemma for token in tokens if token.kind != "other")
        words.update(noun_pairs(tokens))
    return frozenset(words)


def _nearest(hit: Hit) -> NearestPassage:
    passages = hit.passages
    best = max(passages, key=lambda passage: passage.similarity)
    # a summary's vector is the first of the chunk that opens a document, and spans it whole
    opens = len(passages) > 1 and passages[1].start == 0
    summary = hit.document.summary if opens and best is passages[0] else None
    text = " ".join((summary or hit.chunk.text[best.start : best.end]).split())
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return NearestPassage(shown, best.similarity, summary is not None)
