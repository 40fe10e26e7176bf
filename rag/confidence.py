"""Is the evidence there? A few features of what was found, weighed by a small logistic model (根拠の有無).

The weights and the two bounds are fitted on the development half of the question sets and measured on the
other: ``python -m eval.confidence`` prints both. Near misses (the right words, the wanted fact absent) are
what it has to tell from answers; what helps most is whether a sentence on the matter gives the kind of thing
that is wanted (:mod:`rag.wanted`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rag.choose import Candidate, share, tells_of_another, tells_of_another_facility, words_of
from rag.tokens import one_writing
from rag.types import Hit, Query

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
UNKNOWN = 0.45  # share of a question's weight that stands nowhere
LIKE = 8.0  # late interaction (rag.late) of the best passage below which nothing is like the question
LOOKED_AT = 5  # best sentences

WEIGHTS: dict[str, float] = {
    "near": 0.5,
    "shortfall": -5.8,
    "absent": -2.3,
    "covered": 3.0,
    "town": -2.2,
    "elsewhen": -3.0,
    "foreign": -2.5,
}
BIAS = -1.75
REFUSED_BELOW, ANSWERED_FROM = 0.5, 0.92  # of the probability that the evidence is there


@dataclass(frozen=True)
class Signs:
    """What speaks for an answer.

    ``near``: the nearest passage, in standard deviations of all, so that it means much the same with any
    model. ``shortfall``: how much less of the question the best sentence
    that gives what is wanted holds than the best one; 0 where nothing of a kind is wanted. ``absent``:
    something without which there is no answer stands nowhere. ``covered``: share of the question in the
    chosen chunks. ``town``: one municipality is asked about, and only its own record will do.
    ``foreign``: it is about something else, most of its words stand nowhere and no passage has their like.
    ``elsewhen``: share of the years asked about that stand in none of the chosen chunks.
    """

    near: float
    shortfall: float
    absent: bool
    covered: float
    town: bool
    elsewhen: float = 0.0
    foreign: bool = False

    @property
    def probability(self) -> float:
        """That the evidence is there, 0 to 1."""
        score = BIAS + sum(WEIGHTS[name] * float(value) for name, value in asdict(self).items())
        return 1 / (1 + math.exp(-score))


def signs(
    query: Query, hits: Sequence[Hit], candidates: Sequence[Candidate], chosen: Sequence[Hit], absent: bool
) -> Signs:
    """The signs for a question; ``candidates`` are all sentences, best first, ``chosen`` the quoted chunks."""
    covered = frozenset[str]().union(*map(words_of, chosen))
    return Signs(
        near=max((hit.parts.get("dense", 0.0) for hit in hits), default=0.0),
        shortfall=_shortfall(query, candidates),
        absent=absent,
        covered=share(query.terms, covered),
        town=bool(query.facets.municipalities),
        elsewhen=_elsewhen(query, chosen),
        foreign=_foreign(query, hits),
    )


def _foreign(query: Query, hits: Sequence[Hit]) -> bool:
    total = sum(term.importance for term in query.terms)
    unknown = sum(term.importance for term in query.terms if not term.known)
    likeness = max((passage.late for hit in hits for passage in hit.passages), default=0.0)
    return 0 < likeness < LIKE and unknown > UNKNOWN * total


def _elsewhen(query: Query, chosen: Sequence[Hit]) -> float:
    years = query.facets.years
    told = frozenset[int]().union(*(years_told(hit) for hit in chosen))
    return sum(year not in told for year in years) / len(years) if years else 0.0


def years_told(hit: Hit) -> frozenset[int]:
    """The years that a chunk, its headings and its document's title and date name."""
    document = hit.document
    text = "\n".join([document.title, document.date or "", *hit.chunk.section, hit.chunk.text])
    return frozenset(map(int, _YEAR.findall(one_writing(text))))


def _shortfall(query: Query, candidates: Sequence[Candidate]) -> float:
    if not query.wanted or not candidates:
        return 0.0
    best = max(candidate.held for candidate in candidates[:LOOKED_AT])
    giving = (
        query.wanted.given(candidate.span.text) * candidate.held
        for candidate in candidates
        if query.wanted.given(candidate.span.text)
        and not tells_of_another(query, candidate.hit)
        and not tells_of_another_facility(query, candidate)
    )
    return best - max(giving, default=0.0)
