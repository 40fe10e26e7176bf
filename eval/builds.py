"""Builds to be measured, each in a process of its own: ``python -m eval.builds KIND HOME`` prints JSON.

``full`` builds 500 pages: the shelves, filled up with pages made from the shelves' own sentences;
``changed`` builds them again with one page changed; ``large`` builds 10,000 chunks of such pages.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np

from ingest.build import Silent, build
from ingest.chunks import chunks
from ingest.collect import Corpus, collect
from ingest.types import Line, Section
from rag.documents import Document
from rag.embed import Embedded, Embedder, Kind
from rag.models import open_embedder
from rag.sentences import split_sentences
from rag.settings import Settings

PAGES = 500
PAGE_CHARS = 800  # letters of a full page of plain text
CHUNKS = 10_000
ENCODED = 320  # texts of the large build that are really embedded, the longest
BATCH = 64  # texts of every slice that are embedded a second time, by the encoder alone


@dataclass(frozen=True)
class Measured:
    """One build: seconds and MB.

    ``loading`` is that of the model, ``embedding`` the time from texts to vectors without it, ``bare``
    what the encoder alone takes for the same texts, reckoned from a part of them.
    """

    chunks: int
    vectors: int
    embedded: int
    whole: float
    loading: float
    embedding: float
    bare: float
    megabytes: float


class Watch(Silent):
    """Times the way from texts to vectors."""

    seconds = 0.0

    def start(self, total: int, known: int) -> None:  # noqa: ARG002
        self.seconds -= time.perf_counter()

    def finish(self) -> None:
        self.seconds += time.perf_counter()


@dataclass
class Account:
    """What embedders took: seconds of loading, of a second embedding aside, and so of all on their own."""

    texts: int = 0
    loading: float = 0.0
    aside: float = 0.0
    bare: float = 0.0


class Timed:
    """An embedder that keeps an account: what it is given, and what it would have taken on its own.

    Both in turns: the machine may be busier in one minute than in the next.
    """

    def __init__(self, model: str, settings: Settings, account: Account) -> None:
        self.model = model
        self._account = account
        started = time.perf_counter()
        self._embedder = open_embedder(model, settings.models)
        account.loading += time.perf_counter() - started

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        embedded = self._embedder.embed(texts, kind, progress)
        again = texts[len(texts) // 2 :][:BATCH]  # of middle length: slices come sorted
        started = time.perf_counter()
        self._embedder.embed(again, kind)
        took = time.perf_counter() - started
        self._account.texts += len(texts)
        self._account.aside += took
        self._account.bare += took / len(again) * len(texts)
        return embedded


class MostlyCopied:
    """Embeds the first texts it is given (the longest) and gives all of them vectors near those.

    What an encoder needs of memory it needs for its longest texts; ten thousand chunks would take it long.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.model = embedder.model
        self._embedder = embedder
        self._made: Embedded | None = None
        self._random = np.random.default_rng(1)

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        if self._made is None:
            self._made = self._embedder.embed(texts[:ENCODED], kind, progress)
        drawn = self._random.integers(0, len(self._made.vectors), len(texts))
        near = self._made.vectors[drawn]
        near = near + self._random.normal(0, 0.02, near.shape).astype(np.float32)
        unit = near / np.linalg.norm(near, axis=1, keepdims=True)
        return Embedded(unit, tuple(self._made.tokens[row] for row in drawn) if self._made.tokens else ())


def main(kind: str, home: str) -> None:
    settings = Settings(home=Path(home))
    account, watch = Account(), Watch()

    def load(model: str) -> Embedder:
        timed = Timed(model, settings, account)
        return MostlyCopied(timed) if kind == "large" else timed

    started = time.perf_counter()
    corpus = {"full": _full, "changed": _changed, "large": _large}[kind](collect(settings))
    manifest = build(
        settings,
        lambda: load(settings.model),
        watch,
        second=lambda: load(settings.second_model),
        corpus=corpus,
    )
    whole = time.perf_counter() - started - account.aside
    measured = Measured(
        chunks=manifest.chunks,
        vectors=manifest.spaces[0].vectors,
        embedded=account.texts,
        whole=whole,
        loading=account.loading,
        embedding=watch.seconds - account.loading - account.aside,
        bare=account.bare,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    sys.stdout.write(json.dumps(asdict(measured)))


def _full(shelves: Corpus) -> Corpus:
    """The shelves, filled up to PAGES pages."""
    return _with_pages(shelves, range(_missing(shelves)))


def _changed(shelves: Corpus) -> Corpus:
    """The same, but for the text of the last page."""
    return _with_pages(shelves, [*range(_missing(shelves) - 1), PAGES + 1])


def _large(shelves: Corpus) -> Corpus:
    """CHUNKS chunks."""
    corpus = _with_pages(shelves, range(CHUNKS // 2))
    chunks = corpus.chunks[:CHUNKS]
    last = chunks[-1].document_id
    end = next(row for row, document in enumerate(corpus.documents, start=1) if document.id == last)
    return Corpus(corpus.documents[:end], chunks)


def _missing(shelves: Corpus) -> int:
    return PAGES - sum(len(chunk.text) for chunk in shelves.chunks) // PAGE_CHARS


def _with_pages(shelves: Corpus, seeds: Iterable[int]) -> Corpus:
    """The shelves and one page a seed: sentences drawn from the shelves, a document of its own."""
    sentences = sentences_of(shelves)
    documents, made = list(shelves.documents), list(shelves.chunks)
    for number, seed in enumerate(seeds, start=1):
        document = Document(f"page-{number}", f"{number}ページ", "library")
        documents.append(document)
        made += chunks(document, [Section((), tuple(Line(t, number) for t in page_of(sentences, seed)))])
    return Corpus(tuple(documents), tuple(made))


def sentences_of(corpus: Corpus) -> list[str]:
    """Every sentence of its chunks, in order."""
    return [c.text[s.start : s.end] for c in corpus.chunks for s in split_sentences(c.text)]


def page_of(sentences: Sequence[str], seed: int) -> Iterator[str]:
    """A full page of sentences, the same for the same seed."""
    draw = Random(seed)  # noqa: S311 - the same pages every time
    letters = 0
    while letters < PAGE_CHARS:
        sentence = draw.choice(sentences)
        letters += len(sentence)
        yield sentence


if __name__ == "__main__":
    main(*sys.argv[1:])
