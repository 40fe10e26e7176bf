"""How well documents are found: asks every question of a retrieval set (see :mod:`eval.beir`).

The set becomes a release through the same pipeline as any corpus, in a home that is gone afterwards, and
is asked through the same desk as answers are. So what is measured is what people get, and nothing of it
reaches the releases of the user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Protocol

from eval.beir import Entry, Question, RetrievalSet, SetError
from eval.metrics import mrr_at, ndcg_at, recall_at
from ingest.build import Progress, build
from ingest.chunks import chunks
from ingest.collect import Corpus
from ingest.types import Line, Section
from rag.documents import Document
from rag.embed import Embedder
from rag.errors import QuestionError
from rag.settings import Settings

DEPTH = 100  # documents asked for in each ranking
TIMED = 10  # chunks asked for when the time is taken
LONGEST = 1000  # letters of a question: the most that the settings allow; the rest is cut
METRICS: Mapping[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    **{f"recall@{k}": partial(recall_at, k=k) for k in (1, 5, 10, 100)},
    "mrr@10": partial(mrr_at, k=10),
    "ndcg@10": partial(ndcg_at, k=10),
}


Openers = tuple[Callable[[], Embedder]] | tuple[Callable[[], Embedder], Callable[[], Embedder]]


class Searching(Protocol):
    """What is asked: :class:`rag.answer.Desk`."""

    def rankings(self, question: str, k: int, *, ablation: bool = False) -> dict[str, tuple[str, ...]]:
        """The ids of the best ``k`` documents by each system; the last is what answers use."""

    def search(self, question: str, k: int) -> object:
        """The best ``k`` chunks, as answers get them."""


@dataclass(frozen=True)
class Findings:
    """What the questions found. ``refused``: how many the desk would not read; they found nothing."""

    found: tuple[dict[str, tuple[str, ...]], ...]
    seconds: tuple[float, ...]
    refused: int


@dataclass(frozen=True)
class Report:
    """``systems``: name -> figure -> value, in the order of printing. ``final``: the one answers use."""

    documents: int
    chunks: int
    queries: int
    systems: dict[str, dict[str, float]]
    final: str
    refused: int


def evaluate(
    asked: RetrievalSet,
    settings: Settings,
    openers: Openers,
    open_desk: Callable[[Settings], Searching],
    progress: Progress,
    *,
    ablation: bool = False,
) -> Report:
    """Build the set aside, open a desk over it, ask. Raises SetError and what builds raise.

    ``openers``: of the embedding model and, where one gives a second opinion, of that; ``ablation``
    measures the final system without each of its parts, too.
    """
    embedder, second = (*openers, None)[:2]
    corpus = corpus_of(asked.entries)
    with _home_aside(settings) as aside:
        build(aside, embedder, progress, second=second, corpus=corpus)
        _link(aside.models, settings.models)  # after the build, which sweeps what it takes for left over
        progress.step(f"{len(asked.questions):,}件の質問で測っています")
        findings = ask(open_desk(aside), asked.questions, ablation=ablation)
    systems = scores(asked.questions, findings)
    return Report(
        documents=len(corpus.documents),
        chunks=len(corpus.chunks),
        queries=len(asked.questions),
        systems=systems,
        final=list(systems)[-1],
        refused=findings.refused,
    )


def corpus_of(entries: Sequence[Entry]) -> Corpus:
    """Every entry as a document; one without a text stands by its title."""
    documents = tuple(Document(entry.id, entry.title, "library") for entry in entries)
    made = tuple(
        chunk
        for document, entry in zip(documents, entries, strict=True)
        for chunk in chunks(document, [_section(entry)])
    )
    if not made:
        raise SetError("文書に本文が1つもありません。corpus.jsonl の text を確かめてください。")
    return Corpus(documents, made)


def ask(desk: Searching, questions: Sequence[Question], *, ablation: bool = False) -> Findings:
    """Ask every question; the time is taken before anything can be remembered from its rankings."""
    _warm_up(desk, questions[0])
    found: list[dict[str, tuple[str, ...]]] = []
    seconds: list[float] = []
    for question in questions:
        text = question.text[:LONGEST]
        start = perf_counter()
        try:
            desk.search(text, TIMED)
            seconds.append(perf_counter() - start)
            found.append(desk.rankings(text, DEPTH, ablation=ablation))
        except QuestionError:
            found.append({})
    return Findings(tuple(found), tuple(seconds), refused=len(questions) - len(seconds))


def scores(questions: Sequence[Question], findings: Findings) -> dict[str, dict[str, float]]:
    """Means over all questions, whatever they found; times for the final system, which they are of."""
    names = dict.fromkeys(name for found in findings.found for name in found)
    if not names:
        raise SetError(
            "どの質問も受け付けられませんでした。queries.jsonl の text が日本語の質問か確かめてください。"
        )
    relevant = [question.relevant for question in questions]
    systems = {
        name: {
            metric: fmean(
                score(found.get(name, ()), wanted)
                for found, wanted in zip(findings.found, relevant, strict=True)
            )
            for metric, score in METRICS.items()
        }
        for name in names
    }
    seconds = sorted(findings.seconds)
    systems[list(names)[-1]] |= {
        "ms_median": median(seconds) * 1000,
        "ms_p95": seconds[int(0.95 * len(seconds))] * 1000,
    }
    return systems


def _section(entry: Entry) -> Section:
    text = entry.text if entry.text.strip() else entry.title
    return Section((), tuple(Line(line, None) for line in text.splitlines() if line.strip()))


def _warm_up(desk: Searching, question: Question) -> None:
    """What is loaded with the first question is not its time."""
    try:
        desk.search(question.text[:LONGEST], TIMED)
    except QuestionError:
        return


@contextmanager
def _home_aside(settings: Settings) -> Iterator[Settings]:
    """Settings with a home of their own for as long as it is needed.

    Vectors are remembered under the user's cache, so that a set is embedded once, but beside the user's
    own: a cache drops what a few builds have not used, and these builds do not use them.
    """
    cache = settings.cache / "evaluation"
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="handson-eval-", ignore_cleanup_errors=True) as home:
        aside = settings.model_copy(update={"home": Path(home), "max_question_chars": LONGEST, "llm": ""})
        _link(aside.cache, cache)
        yield aside


def _link(path: Path, target: Path) -> None:
    if target.exists() and not path.exists():
        path.symlink_to(target.resolve())
