"""The whole story: question -> Query -> hits -> Context -> draft -> checked Answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from rag import cite
from rag.compose import NOT_FOUND, compose, weighed
from rag.conversation import readings
from rag.embed import Embedder
from rag.errors import GenerationError
from rag.explain import Explanation, explain
from rag.facets import EVERYTHING, Filters
from rag.forms import Form, form_of
from rag.models import open_embedder, open_reranker
from rag.onward import follow_ups
from rag.release import Release, open_current
from rag.retrieve import Reranker, Retriever, weigh
from rag.settings import Settings
from rag.thesaurus import LiveThesaurus
from rag.types import Answer, Citation, Context, Draft, Hit, Query, Sentence, Step
from rag.understand import understand

RULES, CASES = "【手引き・制度などの記述】", "【事例】ほかの自治体の取組です。決まりではありません。"
HITS = 12  # chunks an answer may stand on
NEAR = 5  # hits among which a shelf must be for its records to be the answer
CLEARER = 0.1  # how much likelier an answer must be to a question read another way


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

    def ask(
        self,
        question: str,
        filters: Filters = EVERYTHING,
        *,
        past: bool = False,
        before: Sequence[str] = (),
    ) -> Answer:
        """``answer(prepare(question))``. Raises QuestionError for a question nobody can read.

        ``past``: older editions (旧版) may be cited too.
        """
        return self.answer(self.prepare(question, filters, past=past, before=before))

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

    def prepare(
        self,
        question: str,
        filters: Filters = EVERYTHING,
        *,
        past: bool = False,
        before: Sequence[str] = (),
    ) -> Context:
        """All that an answer may stand on.

        ``before``: earlier questions of the conversation, oldest first. Where the words do not tell how the
        question is meant, it is read each way, and another way than the first must have better evidence.
        """
        first, *others = readings(question, before)
        context = self._prepared(first, filters, past=past)
        for other in others if len(first) <= self.settings.max_question_chars else ():
            tried = self._prepared(other, filters, past=past)
            if _sure(tried) > _sure(context) + CLEARER:
                context = tried
        return context

    def _prepared(self, question: str, filters: Filters, *, past: bool) -> Context:
        trace = _Trace()
        with trace.step("understand") as note:
            query = self._understand(question, past=past)
            note.append(query.asked)
            note.append(" ".join(term.text for term in query.terms))
        with trace.step("retrieve") as note:
            hits = self._retriever.search(query, HITS, filters)
            companions: tuple[Hit, ...] = ()
            if form := form_of(query):
                hits = self._with_records(query, hits, filters, form)
                companions = self._retriever.companions(hits, form.shelf)
            elif query.wants_steps:
                companions = self._retriever.companions(hits[:NEAR], "guide")
            note.append(f"{len(hits)}件")
        return Context(query, hits, self.release.id, tuple(trace.steps), companions)

    def _with_records(
        self, query: Query, hits: tuple[Hit, ...], filters: Filters, form: Form
    ) -> tuple[Hit, ...]:
        """The hits, and behind them the best ones of the shelf whose records are to be set side by side."""
        if any(hit.document.shelf == form.shelf for hit in hits[:NEAR]) or filters:
            return hits
        found = {hit.chunk.id for hit in hits}
        records = self._retriever.search(query, NEAR, Filters(shelves=(form.shelf,)))
        more = (hit for hit in records if hit.chunk.id not in found)
        return hits + tuple(replace(hit, rank=len(hits) + n) for n, hit in enumerate(more, start=1))

    def answer(self, context: Context) -> Answer:
        """Draft, check every sentence, and say honestly what is left."""
        trace = _Trace()
        with trace.step("compose") as note:
            draft = self._draft(context, note)
            note.append(draft.status)
        with trace.step("cite") as note:
            sentences, citations = cite.check(draft, context.citable)
            note.append(f"{len(sentences)}/{len(draft.claims)}文")
        if draft.claims and not sentences:
            draft = Draft("refused", lead=NOT_FOUND)
        near = cite.nearest(context.hits) if draft.status == "refused" else ()
        return Answer(
            status=draft.status,
            text=_text(draft, sentences, citations),
            sentences=sentences,
            citations=citations,
            release=context.release,
            nearest=near,
            follow_ups=draft.follow_ups or follow_ups(self.release, citations),
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


def _text(draft: Draft, sentences: tuple[Sentence, ...], citations: tuple[Citation, ...]) -> str:
    """Sentences with their numbers: a paragraph for each document, for each item of a list and for each field
    of a record; cases apart from what guides and programmes say. Choices stand below a question asked back."""
    cited = {citation.number: citation for citation in citations}
    paragraphs: list[str] = [draft.lead] if draft.lead else []
    kinds = {citation.shelf == "cases" for citation in citations}
    before: Citation | None = None
    steps = 0
    for sentence in sentences:
        source = cited[sentence.citations[0]]
        if len(kinds) > 1 and (before is None or (before.shelf == "cases") != (source.shelf == "cases")):
            paragraphs.append(CASES if source.shelf == "cases" else RULES)
        new = before is None or before.document_id != source.document_id
        marks = "".join(f"[{number}]" for number in sentence.citations)
        if sentence.label:
            paragraphs += [f"■ {source.title}"] if new else []
            paragraphs.append(f"{sentence.label}：{sentence.text}{marks}")
        elif new or sentence.text.startswith("・"):
            step = source.chunk_id == draft.numbered and sentence.text.startswith("・")
            steps += step
            text = f"{steps}. {sentence.text[1:]}" if step else sentence.text
            paragraphs.append(f"{text}{marks}")
        else:
            paragraphs[-1] += f"{sentence.text}{marks}"
        before = source
    return "\n".join([*paragraphs, *(f"・{choice}" for choice in draft.follow_ups)])


def _sure(context: Context) -> float:
    """The probability that the evidence is there; 0 where the question must be asked back."""
    found = weighed(context)
    return found.probability if found else 0.0


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
