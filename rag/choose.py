"""Which sentences of the hits to quote.

A sentence is good when it holds the question's telling words (rare ones count more; a word in the
title or heading counts in part), lies in a passage near in meaning, stands in a good hit, and gives what is
wanted (a number of the unit asked for). What else the question asks for (a list, a meaning, cases) moves the
scale, and so does a document that tells of another municipality. The weights are near those of a logistic
regression on question sets (docs/answering.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.matching.words import facilities_in
from rag.sentences import Span, split_sentences
from rag.tokens import search_terms
from rag.types import Hit, Passage, Query, Term

SHORTEST = 8  # letters: less is a label, not a sentence
MOST_SENTENCES = 5
MOST_LISTED = 8
DATES = ("年", "月", "日")  # two of them may both be true
MOST_DIFFERING = 2  # sentences that give another figure for what is told
ALIKE_BUT_FOR_NUMBERS = 0.75  # share of words in common from which two sentences tell of the same thing
FURTHER, FURTHER_HITS = 5, 5  # sentences that go further than the answer, of so many best hits
LOOKED_AT_FOR_A_LIST = 4  # best sentences, one of which must stand in a list to quote it whole
AROUND, STANDING, MEANING, LATE = 0.7, 0.3, 0.4, 0.25  # weights beside the share of words in the sentence
GIVEN, ELSEWHERE = 0.4, -0.3  # of giving what is wanted; of a document about another municipality
_STEPS = re.compile("手引きの提案|ですること|手順|進め方|段取り|最初の")  # headings of what to do
CASE_SUBJECT = "技術・仕組み"  # the heading under which a case says what was done


@dataclass(frozen=True)
class Breadth:
    """How many sentences of one document, and how near to the best a further one must come."""

    most_of_one: int
    close: float


FOCUSED = Breadth(most_of_one=4, close=0.6)
WIDE = Breadth(most_of_one=1, close=0.62)  # who asks for cases wants to see several


@dataclass(frozen=True)
class Candidate:
    """A sentence that might be quoted. ``held``: the share of the question in it, its title and headings."""

    hit: Hit
    span: Span
    score: float
    words: frozenset[str]
    held: float = 0.0


def candidates_of(query: Query, hits: tuple[Hit, ...]) -> list[Candidate]:
    """Every sentence of the hits, best first."""
    return sorted(_candidates(query, hits), key=lambda candidate: -candidate.score)


def choose(query: Query, candidates: list[Candidate]) -> list[tuple[Hit, list[Span]]]:
    """The sentences to quote, grouped by chunk: the best chunk first, sentences in reading order."""
    if query.wants_list:
        likely = candidates[:LOOKED_AT_FOR_A_LIST]
        lists = [c.hit for c in likely if _is_list(c.hit) and not tells_of_another_facility(query, c)]
        if lists:
            return [(lists[0], listed(lists[0]))]
    if query.wants_cases:
        candidates = [c for c in candidates if c.hit.document.shelf == "cases"] or candidates
    picked = _pick(candidates, WIDE if query.wants_cases else FOCUSED)
    picked += [c for c in candidates if c not in picked and any(differ(c, one) for one in picked)][
        :MOST_DIFFERING
    ]
    if len(picked) == 1:  # a lone sentence is shown with the one after it
        picked += _following(picked[0])
    return _by_chunk(picked)


def further(candidates: Sequence[Candidate], told: Iterable[str]) -> list[tuple[Hit, list[Span]]]:
    """The next best sentences of the best hits, without those ``told`` and their like, grouped by chunk."""
    words = [frozenset(search_terms(text)) for text in told]
    picked: list[Candidate] = []
    for candidate in (c for c in candidates if c.hit.rank <= FURTHER_HITS):
        if len(picked) == FURTHER:
            break
        if not any(_same(candidate.words, other) for other in (*words, *(c.words for c in picked))):
            picked.append(candidate)
    return _by_chunk(picked)


def words_of(hit: Hit) -> frozenset[str]:
    """Every word of a chunk, its title and its headings."""
    return frozenset(search_terms("\n".join([hit.document.title, *hit.chunk.section, hit.chunk.text])))


def share(terms: Iterable[Term], words: frozenset[str]) -> float:
    """Share of the question's weight that ``words`` hold, 0 to 1."""
    total = held = 0.0
    for term in terms:
        total += term.importance
        held += term.importance if term.text in words else 0.0
    return held / total if total else 0.0


def _pick(candidates: list[Candidate], breadth: Breadth) -> list[Candidate]:
    picked: list[Candidate] = []
    for candidate in candidates:
        if len(picked) == MOST_SENTENCES or candidate.score < breadth.close * candidates[0].score:
            break
        same = sum(c.hit.document.id == candidate.hit.document.id for c in picked)
        if same < breadth.most_of_one and not any(_same(candidate.words, c.words) for c in picked):
            picked.append(candidate)
    return picked


def _by_chunk(picked: Iterable[Candidate]) -> list[tuple[Hit, list[Span]]]:
    groups: dict[str, tuple[Hit, list[Span]]] = {}
    for candidate in picked:
        groups.setdefault(candidate.hit.chunk.id, (candidate.hit, []))[1].append(candidate.span)
    return [(hit, sorted(spans, key=lambda span: span.start)) for hit, spans in groups.values()]


def _candidates(query: Query, hits: tuple[Hit, ...]) -> Iterable[Candidate]:
    scores = [hit.score for hit in hits]
    cosines = [passage.similarity for hit in hits for passage in hit.passages]
    lates = [passage.late for hit in hits for passage in hit.passages]
    for hit in hits:
        around = frozenset(search_terms("\n".join([hit.document.title, *hit.chunk.section])))
        standing = STANDING * _between(hit.score, scores) + ELSEWHERE * tells_of_another(query, hit)
        for span in _sentences(hit):
            words = frozenset(search_terms(span.text))
            merit = share(query.terms, words) + AROUND * share(query.terms, around - words)
            passage = _passage(hit, span)
            meaning = MEANING * _between(passage.similarity, cosines) + LATE * _between(passage.late, lates)
            score = merit + meaning + standing + _fitness(query, hit, span, words)
            yield Candidate(hit, span, score, words, share(query.terms, words | around))


def _fitness(query: Query, hit: Hit, span: Span, words: frozenset[str]) -> float:
    """How well the kind of sentence fits the kind of question."""
    opening, subject = not hit.chunk.section, hit.chunk.section[-1:] == (CASE_SUBJECT,)
    fitness = 0.0 if span.text.endswith("。") else -0.1  # a label or a row of a table
    fitness += GIVEN * query.wanted.given(span.text)
    if query.wants_figure:
        fitness += 0.2 * _counts_what_is_asked(query, words)
    if query.wants_meaning:
        fitness += 0.2 * ("とは、" in span.text or opening) + 0.15 * subject
        fitness += 0.4 * (hit.document.shelf == "glossary" and _is_asked_for(query, hit.document.title))
    if query.wants_cases:
        fitness += 0.2 * subject + 0.35 * (hit.document.shelf == "cases")
    return fitness


def _is_asked_for(query: Query, title: str) -> bool:
    """Whether the question names all of a term's title (群マネ of 群マネとは何ですか)."""
    return set(search_terms(title)) <= {term.text for term in query.terms}


def _counts_what_is_asked(query: Query, words: frozenset[str]) -> bool:
    """Whether a number of the sentence counts a thing of the question (239技術 for いくつの技術)."""
    things = tuple(term.text for term in query.terms if term.kind == "noun")
    return any(word[0].isdigit() and word.endswith(things) for word in words)


def tells_of_another(query: Query, hit: Hit) -> bool:
    """Whether the document is about municipalities, but not about one of those asked for."""
    asked, told = query.facets.municipalities, hit.document.facets.municipalities
    return bool(asked and told and not set(asked) & set(told))


def tells_of_another_facility(query: Query, candidate: Candidate) -> bool:
    """Whether a sentence, or else its headings and title, names facilities, but none of those asked for."""
    asked = {*query.facets.facilities} - {"複数分野"}
    headings = "\n".join([candidate.hit.document.title, *candidate.hit.chunk.section])
    told = facilities_in(candidate.span.text) or facilities_in(headings)
    return bool(asked and told) and "複数分野" not in told and not asked & {*told}


def _passage(hit: Hit, span: Span) -> Passage:
    """The passage that the sentence begins in."""
    return next((p for p in hit.passages if p.start <= span.start < p.end), hit.passages[0])


def _between(value: float, values: list[float]) -> float:
    low, high = min(values), max(values)
    return (value - low) / (high - low) if high > low else 1.0


def _sentences(hit: Hit) -> list[Span]:
    return [span for span in split_sentences(hit.chunk.text) if len(span.text) >= SHORTEST]


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Nearly the same words and the same figures: said twice in the shelves, said once in the answer."""
    return _likeness(one, other) > 0.8 and _figures(one) == _figures(other)


def differ(one: Candidate, other: Candidate) -> bool:
    """Whether two documents give another figure for the same thing: alike but for the numbers, of the same unit."""
    mine, theirs = (
        frozenset(f for f in _figures(c.words) if _unit(f)[:1] not in DATES) for c in (one, other)
    )
    return (
        one.hit.document.id != other.hit.document.id
        and one.hit.document.facets.municipalities == other.hit.document.facets.municipalities
        and _likeness(one.words - _figures(one.words), other.words - _figures(other.words))
        > ALIKE_BUT_FOR_NUMBERS
        and bool(mine - theirs)
        and bool(theirs - mine)
        and {_unit(word) for word in mine - theirs} == {_unit(word) for word in theirs - mine}
    )


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Words in common among all (Jaccard), 0 to 1."""
    return len(one & other) / len(one | other) if one | other else 0.0


def _figures(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word[0].isdigit())


def _unit(figure: str) -> str:
    return figure.lstrip("0123456789.,")


def _is_list(hit: Hit) -> bool:
    return sum(line.startswith("・") for line in hit.chunk.text.split("\n")) >= 2


def listed(hit: Hit) -> list[Span]:
    """The lines of a list, MOST_LISTED at most."""
    return _sentences(hit)[:MOST_LISTED]


def steps_of(citable: Sequence[Hit]) -> Hit | None:
    """The list of what to do, of the best document of the guide that has one."""
    guide = [hit for hit in citable if hit.document.shelf == "guide"]
    for name in dict.fromkeys(hit.document.id for hit in guide):
        steps = next((hit for hit in guide if hit.document.id == name and is_steps(hit)), None)
        if steps is not None:
            return steps
    return None


def is_steps(hit: Hit) -> bool:
    """Whether it is a list of what to do, one after the other (手順)."""
    heading = "".join(hit.chunk.section[-1:])
    return _is_list(hit) and bool(_STEPS.search(heading))


def _following(one: Candidate) -> list[Candidate]:
    after = [span for span in _sentences(one.hit) if span.start >= one.span.end]
    return [Candidate(one.hit, span, 0.0, frozenset()) for span in after[:1]]
