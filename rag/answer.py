"""The whole story: question -> Query -> hits -> Context -> draft -> checked Answer."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from rag import cite
from rag.compose import NOT_FOUND, compose, weighed
from rag.conversation import readings
from rag.curated import approved, as_approved
from rag.embed import Embedder
from rag.errors import GenerationError
from rag.explain import Explanation, explain
from rag.facets import EVERYTHING, Filters, recognise
from rag.forms import Form, form_of
from rag.matching.live import LiveMatchmaker
from rag.matching.matchmaker import Matchmaker
from rag.models import open_embedder, open_reranker
from rag.often import as_told
from rag.onward import follow_ups
from rag.plain import as_text
from rag.recommend import asks_for_advisor, recommended, whom_to_ask
from rag.release import Release, open_current
from rag.respell import Speller
from rag.retrieve import Reranker, Retriever, weigh
from rag.settings import Settings
from rag.thesaurus import LiveThesaurus
from rag.trace import Trace
from rag.types import Answer, Claim, Context, Draft, Hit, Query, Sentence
from rag.understand import understand

NOT_WRITTEN = "言語モデルの文章は確かめられなかったため、資料の文をそのまま引用します。"
Telling = collections.abc.Generator[Sentence | Answer, None, None]
_Writing = collections.abc.Generator[Sentence, None, cite.Checker | None]
HITS = 12  # chunks an answer may stand on
RECORDS = 30  # chunks among which further records to be set side by side are looked for
OFFICES = 4  # whom to ask
NEAR = 5  # hits among which a shelf must be for its records to be the answer
CLEARER = 0.1  # how much likelier an answer must be to a question read another way


class Generator(Protocol):
    """Writes claims with a language model. Raises GenerationError, also after the first ones."""

    def stream(self, context: Context) -> Iterator[Claim]: ...


@dataclass(frozen=True)
class Advising:
    """Who matches needs with advisors and offices, and how many supports each advisor has had this year."""

    matchmaker: Callable[[], Matchmaker]
    load: Callable[[], Mapping[str, int]] = dict


class Desk:
    """Answers questions from one release. Safe to share between threads."""

    def __init__(
        self,
        release: Release,
        embedders: Sequence[Embedder],
        settings: Settings,
        generator: Generator | None = None,
        reranker: Reranker | None = None,
        advising: Advising | None = None,
    ) -> None:
        self.release = release
        self.settings = settings
        self._names = LiveThesaurus(release.documents.values(), settings.shelves)
        self._retriever = Retriever(release, embedders, reranker)
        self._generator = generator
        self._advising = advising

    def ask(
        self,
        question: str,
        filters: Filters = EVERYTHING,
        *,
        past: bool = False,
        before: Sequence[str] = (),
        home: str = "",
    ) -> Answer:
        """``answer(prepare(question))``. Raises QuestionError for a question nobody can read.

        ``past``: older editions (旧版) may be cited too.
        """
        return self.answer(self.prepare(question, filters, past=past, before=before, home=home))

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
        home: str = "",
    ) -> Context:
        """All that an answer may stand on. ``home``: the asker's municipality, its prefecture in front.

        ``before``: earlier questions of the conversation, oldest first. Where the words do not tell how the
        question is meant, it is read each way, and another way than the first must have better evidence.
        """
        first, *others = self._readings(question, before)
        context = self._prepared(first, filters, past=past, home=home)
        sure = _sure(context) if others else 0.0
        for other in others:
            tried = self._prepared(other, filters, past=past, home=home)
            if (surer := _sure(tried)) > sure + CLEARER:
                context, sure = tried, surer
        return self._matched(context, (*before, question), home)

    def _matched(self, context: Context, turns: Sequence[str], home: str) -> Context:
        """With the advisors or the offices that the conversation asks for, whose records may be cited too."""
        query, trace = context.query, Trace()
        advising = asks_for_advisor(query.asked)
        form = form_of(query)
        offices_asked = form is not None and form.shelf == "contacts" and not query.facets.blocks
        if context.approved or not (advising or offices_asked):
            return context
        with trace.step("match") as note:
            matchmaker = self._own_advising.matchmaker()
            reading = matchmaker.heard_in(turns, home)
            advice = matchmaker.advise(reading, self._own_advising.load()) if advising else None
            offices = () if advising else matchmaker.offices(reading.need, OFFICES)
            names = [one.advisor_id for one in advice.recommendations] if advice else []
            names += [office.contact.id for office in offices]
            note += [*reading.told, *names]
        records = tuple(hit for name in names for hit in self._retriever.record(name))
        trail = (*context.trace, *trace.steps)
        citable = (*context.companions, *records)
        return replace(context, advice=advice, offices=offices, companions=citable, trace=trail)

    def _readings(self, question: str, before: Sequence[str]) -> list[str]:
        """The question as typed or with what it leans on; then in its other readings, and spelled as the release does."""
        found = readings(question, before)
        found.append(self._speller.respelled(found[0]))
        limit = self.settings.max_question_chars
        return [one for one in dict.fromkeys(map(as_told, found)) if len(one) <= limit] or [question]

    def _prepared(self, question: str, filters: Filters, *, past: bool, home: str) -> Context:
        trace = Trace()
        with trace.step("understand") as note:
            query = replace(self._understand(question, past=past), home=recognise(home))
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
            if answer := approved(query, hits, self._understand):
                companions += self._retriever.record(answer)
            note += [f"{len(hits)}件", *([f"承認された回答 {answer}"] if answer else [])]
        return Context(query, hits, self.release.id, tuple(trace.steps), companions, approved=answer)

    def _with_records(
        self, query: Query, hits: tuple[Hit, ...], filters: Filters, form: Form
    ) -> tuple[Hit, ...]:
        """The hits, and behind them the best chunk of each further record that is to be set side by side."""
        if filters:
            return hits
        found = {hit.document.id for hit in hits}
        records = self._retriever.search(query, RECORDS, Filters(shelves=(form.shelf,)))
        best = {hit.document.id: hit for hit in reversed(records) if hit.document.id not in found}
        more = sorted(best.values(), key=lambda hit: hit.rank)[:NEAR]
        return hits + tuple(replace(hit, rank=len(hits) + n) for n, hit in enumerate(more, start=1))

    @property
    def embedder(self) -> Embedder:
        """The model that chunks were embedded with."""
        return self._retriever.embedders[0]

    @property
    def writes(self) -> bool:
        """Whether a language model writes, so that sentences come one after the other."""
        return self._generator is not None

    def answer(self, context: Context) -> Answer:
        """Draft, check every sentence, and say honestly what is left."""
        return next(told for told in self.stream(context) if isinstance(told, Answer))

    def stream(self, context: Context) -> Telling:
        """Each sentence as soon as it is checked, and last the answer, which alone counts.

        What a language model has begun is not in it where too little of it stood or the model failed: then the
        quoted answer takes its place.
        """
        trace = Trace()
        with trace.step("compose") as note:
            draft = _drafted(context)
            note.append(draft.status)
        written = None
        if (
            self._generator is not None
            and draft.status in ("answered", "partial")
            and not (context.advice or context.offices or context.approved)
        ):
            with trace.step("generate") as note:
                written = yield from _written(self._generator, context, note)
            if written is None:
                draft = replace(draft, lead=f"{NOT_WRITTEN}{draft.lead}")
        with trace.step("cite") as note:
            checked = written or cite.Checker(context.citable, draft.claims)
            note += [f"{len(checked.sentences)}文", *checked.dropped]
        if written is None:
            yield from checked.sentences
        yield self._answer(context, draft, checked, trace)

    def _answer(self, context: Context, draft: Draft, checked: cite.Checker, trace: Trace) -> Answer:
        sentences, citations = tuple(checked.sentences), checked.citations
        if draft.claims and not sentences:
            draft = Draft("refused", lead=NOT_FOUND)
        near = cite.nearest(context.hits) if draft.status == "refused" else ()
        return Answer(
            status=draft.status,
            text=as_text(draft, sentences, citations),
            sentences=sentences,
            citations=citations,
            release=context.release,
            nearest=near,
            follow_ups=draft.follow_ups or follow_ups(self.release, citations),
            trace=(*context.trace, *trace.steps),
            advisors=context.advice.recommendations if context.advice else (),
        )

    @cached_property
    def _own_advising(self) -> Advising:
        """What it was given; alone, it opens the shelves itself and knows of no supports."""
        if self._advising is not None:
            return self._advising
        return Advising(LiveMatchmaker(self.settings, lambda: self.embedder).current)

    @cached_property
    def _speller(self) -> Speller:
        names = [name for d in self.release.documents.values() for name in (d.title, *d.synonyms)]
        return Speller(self.release.lexical.vocabulary(), names)

    def _understand(self, question: str, *, past: bool = False) -> Query:
        names = self._names.current()
        limit = self.settings.max_question_chars
        return weigh(understand(question, limit, names, self.release.works, past=past), self.release.lexical)


def open_desk(settings: Settings, advising: Advising | None = None) -> Desk:
    """The desk for the current release. Raises NoRelease, ModelMismatch, ReleaseError, ModelError."""
    release = open_current(settings.releases, settings.model)
    embedders = [open_embedder(space.model, settings.models) for space in release.manifest.spaces]
    return Desk(
        release, embedders, settings, _generator(settings), open_reranker(settings.reranker), advising
    )


def _generator(settings: Settings) -> Generator | None:
    if not settings.llm:
        return None
    from rag.generate import open_generator

    key = settings.llm_api_key.get_secret_value()
    return open_generator(settings.llm, settings.llm_timeout_s, settings.llm_base_url, key)


def _written(generator: Generator, context: Context, note: list[str]) -> _Writing:
    """What a language model says and stands; nothing where it fails or more is dropped than kept."""
    checked = cite.Checker(context.hits)
    try:
        for claim in generator.stream(context):
            if sentence := checked.add(claim):
                yield sentence
    except GenerationError as error:
        note.append(str(error))
        return None
    if not checked.sentences and not checked.dropped:
        note.append("言語モデルの答えに根拠の番号がありません")
        return None
    if len(checked.sentences) < len(checked.dropped):
        note += ["生成した文が検査を通らず、引用で答えます", *checked.dropped]
        return None
    return checked if checked.sentences else None


def _drafted(context: Context) -> Draft:
    """What was approved for this question; advisors or offices where they are asked for; else what the documents say."""
    if context.approved:
        return as_approved(context)
    if context.advice:
        return recommended(context, context.advice)
    return whom_to_ask(context) or compose(context)


def _sure(context: Context) -> float:
    """The probability that the evidence is there; 0 where the question must be asked back."""
    if context.approved:
        return 1.0
    found = weighed(context)
    return found.probability if found else 0.0
