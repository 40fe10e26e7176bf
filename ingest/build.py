"""The pipeline in order: shelves and library -> chunks -> vectors and words -> release."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from corpus import shelves
from ingest import verify
from ingest.cache import CachedEmbedder
from ingest.chunks import Window, chunks, grouped, telling, windows
from ingest.library import Library
from ingest.normalize import normalize, printed_numbers
from ingest.records import shelf_documents
from ingest.sections import sections
from rag import dense, lexical, published, release
from rag.embed import Embedded, Embedder
from rag.errors import RecordError, ReleaseError
from rag.release import Manifest
from rag.settings import Settings
from rag.tokens import analyse, compounds, letter_pairs, noun_pairs, search_terms
from rag.types import Chunk, Document

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Progress(Protocol):
    """Told how far a build is."""

    def step(self, name: str) -> None:
        """A step begins; ``name`` is Japanese, such as 資料を読んでいます."""

    def start(self, total: int, known: int) -> None:
        """``total`` windows get a vector; ``known`` of them have one already."""

    def advance(self, done: int) -> None:
        """``done`` more of the others are embedded."""

    def finish(self) -> None:
        """All are."""


class Silent:
    """A progress that nobody watches."""

    def step(self, name: str) -> None: ...

    def start(self, total: int, known: int) -> None: ...

    def advance(self, done: int) -> None: ...

    def finish(self) -> None: ...


@dataclass(frozen=True)
class Placed:
    """A chunk in its place. ``opens``: it is the first of its document; ``group``: what it is told with."""

    row: int
    document: Document
    chunk: Chunk
    opens: bool
    group: int


@dataclass(frozen=True)
class Corpus:
    """Everything a release is built from; the chunks stand in the order of their documents."""

    documents: tuple[Document, ...]
    chunks: tuple[Chunk, ...]

    def placed(self) -> Iterator[Placed]:
        """Every chunk with its document, in order."""
        documents = {document.id: document for document in self.documents}
        place = None
        groups = grouped(self.chunks)
        for row, (chunk, group) in enumerate(zip(self.chunks, groups, strict=True)):
            opens = place is None or place.chunk.document_id != chunk.document_id
            place = Placed(row, documents[chunk.document_id], chunk, opens, group)
            yield place

    def windows(self) -> list[tuple[int, Window]]:
        """Every window that gets a vector, with the row of its chunk.

        Sample data can be opened and matched, but is never found: nobody shall be told it as a fact.
        """
        return [
            (place.row, window)
            for place in self.placed()
            if not place.document.sample
            for window in windows(place.document, place.chunk, first=place.opens)
        ]

    def titles(self) -> list[tuple[int, str]]:
        """Every title that says something of its own, with the row of its document."""
        titled = [(row, d.title) for row, d in enumerate(self.documents) if not (d.sample or d.superseded)]
        told = telling([title for _, title in titled])
        return [title for title, says in zip(titled, told, strict=True) if says]


def build(
    settings: Settings,
    embedder: Callable[[], Embedder],
    progress: Progress | None = None,
    *,
    second: Callable[[], Embedder] | None = None,
    publish: bool = True,
    corpus: Corpus | None = None,
    check: Callable[[Path], object] = verify.check,
) -> Manifest:
    """Build a release aside, verify it, write its manifest, switch to it.

    ``embedder``, and ``second`` for a model that gives a second opinion, are called only for windows
    without a cached vector, and only once the corpus is known to be good; ``check`` gets the folder before
    it is complete and raises ReleaseError.
    Raises RecordError, ReleaseError, BuildInProgress; the current release serves on.
    """
    progress = progress or Silent()
    with published.building(settings.releases):
        _sweep(settings)
        progress.step("資料を読んでいます")
        corpus = corpus or collect(settings)
        if not corpus.windows():
            raise ReleaseError("棚にも文書にも内容がありません。handson add で文書を追加してください。")
        models = [CachedEmbedder(settings.model, embedder, settings.cache)]
        if second:
            models.append(CachedEmbedder(settings.second_model, second, settings.cache))
        manifest = _make(settings.releases, corpus, models, progress, check)
        if publish:
            published.publish(settings.releases, manifest.id, settings.model)
            published.prune(settings.releases)
        return manifest


def collect(settings: Settings) -> Corpus:
    """Read the shelves and the library into documents and chunks."""
    try:
        made = shelf_documents(shelves.load(shelves.ROOT, settings.shelves))
    except shelves.ShelfError as error:
        raise RecordError(str(error)) from error
    documents = [document for document, _ in made]
    made_chunks = [chunk for document, parts in made for chunk in chunks(document, parts)]
    for item, reading in Library(settings).searchable():
        lines, removed = normalize(reading)
        documents.append(item.document)
        made_chunks += chunks(item.document, sections(lines), printed_numbers(removed))
    return Corpus(tuple(documents), tuple(made_chunks))


def _sweep(settings: Settings) -> None:
    """Remove what builds that were killed have left."""
    published.sweep(settings.releases)
    for part in settings.models.glob("*.part"):
        shutil.rmtree(part, ignore_errors=True)


def _make(
    releases: Path,
    corpus: Corpus,
    models: list[CachedEmbedder],
    progress: Progress,
    check: Callable[[Path], object],
) -> Manifest:
    """A complete release beside the others; of one that fails nothing is left."""
    now = datetime.now(UTC)
    folder = releases / published.new_id(now)
    folder.mkdir()
    try:
        manifest = _write(folder, corpus, models, now, progress)
        release.draft(folder, manifest)
        progress.step("検査しています")
        check(folder)
        release.seal(folder)
    except OSError as error:
        release.discard(folder)
        raise ReleaseError(
            f"リリースを書けません（{_why(error)}）。公開中のリリースはそのままです。"
            f"{releases} の空き容量と権限を確かめ、もう一度 handson build を実行してください。"
        ) from error
    except BaseException:
        release.discard(folder)
        raise
    return manifest


def _why(error: OSError) -> str:
    """What the system says; numpy tells a full disk without a number."""
    if error.errno in (None, errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "ディスクの空きが足りません"
    return error.strerror or str(error)


def _write(
    folder: Path, corpus: Corpus, models: list[CachedEmbedder], now: datetime, progress: Progress
) -> Manifest:
    release.write_texts(folder, corpus.documents, corpus.chunks)
    progress.step("語の索引を作っています")
    _write_words(folder / "lexical", corpus)
    spaces = _write_spaces(folder / "vectors", corpus, models, progress)
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return Manifest(
        format=release.FORMAT,
        id=folder.name,
        created_at=now.isoformat(timespec="seconds"),
        documents=len(corpus.documents),
        chunks=len(corpus.chunks),
        spaces=spaces,
        # Chroma's files change whenever it is opened
        files={n: release.checksum(p) for n, p in files.items() if "chroma" not in Path(n).parts},
    )


def _write_words(folder: Path, corpus: Corpus) -> None:
    places = list(corpus.placed())
    groups = [list(group) for _, group in groupby(places, lambda place: place.group)]
    words, pairs, titles = [], [], []
    for group in groups:
        tokens = [analyse(line) for line in _told(group)]
        words.append([token.lemma for line in tokens for token in line if token.kind != "other"])
        pairs.append([pair for line in tokens for pair in noun_pairs(line)])
        title = "" if group[0].document.sample else group[0].document.title
        titles.append(search_terms(title) + compounds(title))
    letters = (
        [] if place.document.sample else letter_pairs(f"{place.document.title}\n{place.chunk.text}")
        for place in places
    )
    lexical.write(
        folder,
        [place.group for place in places],
        {"words": words, "pairs": pairs, "titles": titles, "letters": letters},
    )


def _told(group: list[Placed]) -> list[str]:
    """All that a group says, its title and headings too; sample data says nothing."""
    first = group[0]
    if first.document.sample:
        return []
    about = [first.document.summary] if first.opens and first.document.summary else []
    return [first.document.title, *about, *first.chunk.section, *(place.chunk.text for place in group)]


def _write_spaces(
    folder: Path, corpus: Corpus, models: list[CachedEmbedder], progress: Progress
) -> tuple[dense.Space, ...]:
    embedded, titles = corpus.windows(), corpus.titles()
    texts = [window.text for _, window in embedded] + [title for _, title in titles]
    progress.start(len(texts) * len(models), sum(model.known(texts, "passage") for model in models))
    made = [model.embed(texts, "passage", progress.advance) for model in models]
    progress.finish()
    progress.step("ベクトルの索引を作っています")
    places = _places(embedded)
    spaces = []
    for number, (model, its) in enumerate(zip(models, made, strict=True)):
        name = "main" if number == 0 else "second"
        space = dense.Space(name, model.model, its.vectors.shape[1], len(embedded))
        vectors = _arranged(its, len(embedded), [row for row, _ in titles], len(corpus.documents))
        dense.write(folder / name, space, vectors, places, proposes=number == 0)
        spaces.append(space)
    return tuple(spaces)


def _arranged(its: Embedded, windows: int, rows: list[int], documents: int) -> dense.Vectors:
    """The windows, and the titles in the rows of their documents."""
    titles = np.zeros((documents, its.vectors.shape[1]), np.float32)
    titles[rows] = its.vectors[windows:]
    return dense.Vectors(its.vectors[:windows], titles, its.tokens[:windows])


def _places(windows: list[tuple[int, Window]]) -> dense.Windows:
    rows: NDArray[np.int32] = np.array([(r, w.start, w.end) for r, w in windows], np.int32)
    return dense.Windows(rows)
