"""The small types that travel between the stages, all frozen: Query, Hit and Context lead to an Answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rag.documents import NO_FACETS, Chunk, Document, Facets, Shelf
from rag.matching.advice import Advice, Recommendation
from rag.matching.contacts import Office
from rag.wanted import ANYTHING, Wanted

Status = Literal["answered", "partial", "refused", "clarify"]
Part = Literal["lexical", "dense", "second", "title", "second title", "late", "named", "facets", "reranker"]

PART_NAMES: dict[Part, str] = {
    "lexical": "語",
    "dense": "意味",
    "second": "意味（第2のモデル）",
    "title": "題名",
    "second title": "題名（第2のモデル）",
    "late": "語ごとの意味",
    "named": "資料の名前",
    "facets": "施設・地域・段階・年",
    "reranker": "並べ直しモデル",
}


@dataclass(frozen=True)
class Term:
    """A content word of a question.

    ``surface`` is the whole compound as asked (手数料 of 手数), ``weight`` how much its kind matters
    (names over verbs), ``asked`` whether it belongs to what is asked for (日当 in 日当はいくらですか),
    ``rarity`` how rare it is in the release (idf), ``known`` whether any chunk has it.
    """

    text: str
    surface: str
    kind: Literal["name", "noun", "verb", "adjective", "adverb", "number"]
    weight: float
    asked: bool = False
    rarity: float = 1.0
    known: bool = True

    @property
    def importance(self) -> float:
        return self.weight * self.rarity


@dataclass(frozen=True)
class Query:
    """A question, understood. ``asked`` is the text as typed, trimmed, and ``terms`` its words.

    ``meant`` is its text with things by their chief names and numbers in one writing, so that it is the same
    whichever was typed: it is what is looked for, by ``sought`` (its words), ``synonyms`` (those of other
    names, which count less), ``pairs`` (nouns that stand side by side), ``compounds`` (their whole runs) and ``letters``
    (pairs of letters). ``facets`` are what it names, ``home`` where it is asked from; ``wanted`` is what an answer must give, ``wants_*`` tell of what kind it is; ``past`` asks for older editions and what holds no more, too.
    """

    asked: str
    terms: tuple[Term, ...]
    meant: str = ""
    sought: tuple[Term, ...] = ()
    synonyms: tuple[Term, ...] = ()
    pairs: tuple[str, ...] = ()
    compounds: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    facets: Facets = NO_FACETS
    home: Facets = NO_FACETS
    wanted: Wanted = ANYTHING
    past: bool = False
    wants_figure: bool = False
    wants_list: bool = False
    wants_steps: bool = False
    wants_meaning: bool = False
    wants_cases: bool = False


@dataclass(frozen=True)
class Passage:
    """The part ``chunk.text[start:end]`` that a vector stands for, and its cosine to the question.

    ``late`` is how well the question's tokens find their like in it (:mod:`rag.late`), about 0 to 1.
    """

    start: int
    end: int
    similarity: float
    late: float = 0.0


@dataclass(frozen=True)
class Hit:
    """A chunk that was found, best first by ``score`` (sum of standard scores, no fixed range).

    ``parts`` tells how much each way of finding adds to the score; ``passages`` are all parts of the chunk that have a vector, in reading order.
    """

    rank: int
    chunk: Chunk
    document: Document
    score: float
    parts: Mapping[Part, float]
    passages: tuple[Passage, ...]

    @property
    def found_by(self) -> tuple[Part, ...]:
        """The sides to which the chunk is better than most."""
        return tuple(part for part in ("dense", "lexical") if self.parts.get(part, 0.0) > 0)


@dataclass(frozen=True)
class Step:
    """One step of the way to an answer, for the trace."""

    name: str
    milliseconds: float
    detail: str = ""


@dataclass(frozen=True)
class Context:
    """All that an answer may stand on: nothing outside ``hits`` and ``companions`` can be cited.

    ``companions`` are the other chunks of records that are set side by side; ``advice`` is there where somebody to
    advise is asked for, ``offices`` where it is asked whom to ask; ``approved`` is the record among them that
    answers this very question (質問と回答).
    """

    query: Query
    hits: tuple[Hit, ...]
    release: str
    trace: tuple[Step, ...] = ()
    companions: tuple[Hit, ...] = ()
    advice: Advice | None = None
    offices: tuple[Office, ...] = ()
    approved: str = ""

    @property
    def citable(self) -> tuple[Hit, ...]:
        return self.hits + self.companions


@dataclass(frozen=True)
class Claim:
    """A sentence of a draft and the chunk it claims to stand on. ``quote`` is taken from it.

    ``more``: it goes further than the answer (くわしく), and is shown folded.
    """

    text: str
    chunk_id: str
    quote: str
    label: str = ""
    more: bool = False


@dataclass(frozen=True)
class Draft:
    """What a composer or a language model proposes; not yet checked.

    ``numbered``: the chunk whose list is one of steps.
    """

    status: Status
    claims: tuple[Claim, ...] = ()
    lead: str = ""
    follow_ups: tuple[str, ...] = ()
    numbered: str = ""


@dataclass(frozen=True)
class Citation:
    """A numbered source of an answer, with the exact words it stands on."""

    number: int
    chunk_id: str
    document_id: str
    title: str
    page: int | None
    section: tuple[str, ...]
    quote: str
    url: str
    printed: str | None = None
    shelf: Shelf = "library"
    source: str = ""


@dataclass(frozen=True)
class Sentence:
    """A sentence of an answer and the numbers of its citations (never empty).

    ``label`` is what it tells of a record (効果, 費用 …) where the answer compares records; ``more``: it
    goes further than the answer (くわしく).
    """

    text: str
    citations: tuple[int, ...]
    label: str = ""
    more: bool = False


@dataclass(frozen=True)
class Nearest:
    """A section to look at when the answer is not there."""

    chunk_id: str
    document_id: str
    title: str
    page: int | None
    section: tuple[str, ...]
    url: str
    printed: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the user gets. The field names are a contract with the API and the command line."""

    status: Status
    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    release: str
    nearest: tuple[Nearest, ...] = ()
    follow_ups: tuple[str, ...] = ()
    trace: tuple[Step, ...] = ()
    advisors: tuple[Recommendation, ...] = ()
