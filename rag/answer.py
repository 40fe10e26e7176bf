"""The whole story: question -> Query -> hits -> Context -> draft -> checked Answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Protocol

from rag import cite
from rag.compose import NOT_FOUND, compose
from rag.embed import Embedder
from rag.errors import GenerationError
from rag.explain import Explanation, explain
from rag.facets import EVERYTHING, Filters
from rag.models import open_embedder, open_reranker
from rag.release import Release, open_current
from rag.retrieve import Reranker, Retriever, weigh
from rag.settings import Settings
from rag.thesaurus import LiveThesaurus
from rag.types import Answer, Citation, Context, Draft, Hit, Query, Sentence, Step
from rag.understand import understand

HITS = 12  # chunks an answer may stand on


class Generator(Protocol):
    """Writes a draft with a language model. Raises GenerationError when nothing usable comes."""

    def generate(self, context: Context) -> Draft: ...


class Desk:
    """Answers questions from one release. Safe to share between threads."""

    def __init__(
        self,
        release: Release,
        embedders: Sequence[Embedder],
        settings: Settings,
        generator: Generator | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.release = release
        self.settings = settings
        self._names = LiveThesaurus(release.documents.values(), settings.shelves)
        self._retriever = Retriever(release, embedders, reranker)
        self._generator = generator

    def ask(self, question: str, filters: Filters = EVERYTHING, *, past: bool = False) -> Answer:
        """``answer(prepare(question))``. Raises QuestionError for a question nobody can read.

        ``past``: older editions (旧版) may be cited too.
        """
        return self.answer(self.prepare(question, filters, past=past))

    def search(
        self, question: str, k: int, filters: Filters = EVERYTHING, *, past: bool = False
    ) -> tuple[Hit, ...]:
        """The best ``k`` chunks for a question, best first."""
        return self._retriever.search(self._understand(question, past=past), k, filters)

    def explain(
        self, question: str, k: int, filters: Filters = EVERYTHING, *, past: bool = False
    ) -> Explanation:
        """How a question is understood, and why each of its best ``k`` chunks is found."""
        query = self._understand(question, past=past)
        return explain(query, self._retriever.search(query, k, filters), self.release)

    def rankings(self, question: str, k: int, *, ablation: bool = False) -> dict[str, tuple[str, ...]]:
        """The ids of the best ``k`` documents by each way of finding; the last is the one answers use."""
        return self._retriever.rankings(self._understand(question), k, ablation=ablation)

    def prepare(self, question: str, filters: Filters = EVERYTHING, *, past: bool = False) -> Context:
        """All that an answer may stand on."""
        trace = _Trace()
        with trace.step("understand") as note:
            query = self._understand(question, past=past)
            note.append(" ".join(term.text for term in query.terms))
        with trace.step("retrieve") as note:
            hits = self._retriever.search(query, HITS, filters)
            note.append(f"{len(hits)}件")
        return Context(query, hits, self.release.id, tuple(trace.steps))

    def answer(self, context: Context) -> Answer:
        """Draft, check every sentence, and say honestly what is left."""
        trace = _Trace()
        with trace.step("compose") as note:
            draft = self._draft(context, note)
            note.append(draft.status)
        with trace.step("cite") as note:
            sentences, citations = cite.check(draft, context.hits)
            note.append(f"{len(sentences)}/{len(draft.claims)}文")
        if draft.claims and not sentences:
            draft = Draft("refused", lead=NOT_FOUND)
        near = cite.nearest(context.hits) if draft.status == "refused" else ()
        return Answer(
            status=draft.status,
            text=_text(draft.lead, sentences, citations),
            sentences=sentences,
            citations=citations,
            release=context.release,
            nearest=near,
            trace=(*context.trace, *trace.steps),
        )

    def _understand(self, question: str, *, past: bool = False) -> Query:
        names = self._names.current()
        query = understand(question, self.settings.max_question_chars, names, past=past)
        return weigh(query, self.release.lexical)

    def _draft(self, context: Context, note: list[str]) -> Draft:
        """The quoted draft decides whether to answer; a language model may then say it better."""
        quoted = compose(context)
        if self._generator is None or quoted.status not in ("answered", "partial"):
            return quoted
        try:
            draft = self._generator.generate(context)
        except GenerationError as error:
            note.append(str(error))
            return quoted
        kept, _ = cite.check(draft, context.hits)
        if not kept:
            note.append("生成した文が検査を通らず、引用で答えます")
            return quoted
        return Draft(quoted.status, draft.claims, quoted.lead)


def open_desk(settings: Settings) -> Desk:
    """The desk for the current release. Raises NoRelease, ModelMismatch, ReleaseError, ModelError."""
    release = open_current(settings.releases, settings.model)
    embedders = [open_embedder(space.model, settings.models) for space in release.manifest.spaces]
    return Desk(release, embedders, settings, _generator(settings), open_reranker(settings.reranker))


def _generator(settings: Settings) -> Generator | None:
    if not settings.llm:
        return None
    from rag.generate import open_generator

    return open_generator(settings.llm, settings.llm_timeout_s)


def _text(lead: str, sentences: tuple[Sentence, ...], citations: tuple[Citation, ...]) -> str:
    """Sentences with their numbers; a paragraph for each document and for each item of a list."""
    documents = {citation.number: citation.document_id for citation in citations}
    paragraphs: list[str] = [lead] if lead else []
    before: tuple[str, bool] | None = None
    for sentence in sentences:
        marks = "".join(f"[{number}]" for number in sentence.citations)
        place = (documents[sentence.citations[0]], sentence.text.startswith("・"))
        if place == before and not place[1]:
            paragraphs[-1] += f"{sentence.text}{marks}"
        else:
            paragraphs.append(f"{sentence.text}{marks}")
        before = place
    return "\n".join(paragraphs)


class _Trace:
    """Times the steps of one answer."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        note: list[str] = []
        start = perf_counter()
        yield note
        self.steps.append(Step(name, round((perf_counter() - start) * 1000, 1), "、".join(note)))
