"""The pipeline in order: shelves and library -> chunks -> vectors and words -> release."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from corpus import shelves
from ingest.chunks import Window, chunks, windows
from ingest.library import Library
from ingest.normalize import normalize
from ingest.records import shelf_documents
from ingest.sections import sections
from rag import dense, lexical, release
from rag.embed import Embedder
from rag.errors import RecordError, ReleaseError
from rag.release import Manifest, Release
from rag.settings import Settings
from rag.tokens import search_terms
from rag.types import Chunk, Document

if TYPE_CHECKING:
    from numpy.typing import NDArray

SELF_HIT_SAMPLE = 100  # windows that must find themselves before a release is published
LOST_ALLOWED = 0.02  # share of them that an approximate graph may miss


class Progress(Protocol):
    """Told how far a build is."""

    def start(self, total: int) -> None:
        """``total`` windows are about to be embedded."""

    def advance(self, done: int) -> None:
        """``done`` more windows are embedded."""

    def finish(self) -> None:
        """All are."""


class Silent:
    """A progress that nobody watches."""

    def start(self, total: int) -> None: ...

    def advance(self, done: int) -> None: ...

    def finish(self) -> None: ...


@dataclass(frozen=True)
class Placed:
    """A chunk in its place. ``opens``: it is the first of its document."""

    row: int
    document: Document
    chunk: Chunk
    opens: bool


@dataclass(frozen=True)
class Corpus:
    """Everything a release is built from; the chunks stand in the order of their documents."""

    documents: tuple[Document, ...]
    chunks: tuple[Chunk, ...]

    def placed(self) -> Iterator[Placed]:
        """Every chunk with its document, in order."""
        documents = {document.id: document for document in self.documents}
        before = None
        for row, chunk in enumerate(self.chunks):
            yield Placed(row, documents[chunk.document_id], chunk, opens=chunk.document_id != before)
            before = chunk.document_id

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


def build(
    settings: Settings,
    embedder: Callable[[], Embedder],
    progress: Progress | None = None,
    *,
    publish: bool = True,
    corpus: Corpus | None = None,
) -> Manifest:
    """Build a release aside, verify it, write its manifest, switch to it.

    ``embedder`` is called once the corpus is known to be good: a wrong record is told at once.
    Raises RecordError, ReleaseError, BuildInProgress; the current release serves on.
    """
    with release.writing(settings.releases):
        corpus = corpus or collect(settings)
        if not corpus.chunks:
            raise ReleaseError("棚にも文書にも内容がありません。handson add で文書を追加してください。")
        now = datetime.now(UTC)
        folder = settings.releases / f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        folder.mkdir(parents=True)
        try:
            manifest = _write(folder, corpus, embedder(), now, progress or Silent())
            verify(Release(folder, manifest))
        except BaseException:
            release.discard(folder)
            raise
        release.seal(folder, manifest)
        if publish:
            release.publish(settings.releases, folder.name)
        return manifest


def collect(settings: Settings) -> Corpus:
    """Read the shelves and the library into documents and chunks."""
    try:
        made = shelf_documents(shelves.load())
    except shelves.ShelfError as error:
        raise RecordError(str(error)) from error
    library = Library(settings)
    for item in library.items():
        lines, _ = normalize(library.reading(item))
        made.append((item.document, sections(lines)))
    return Corpus(
        tuple(document for document, _ in made),
        tuple(chunk for document, parts in made for chunk in chunks(document, parts)),
    )


def verify(opened: Release) -> None:
    """Chroma must open, and a sample of windows must find themselves in it."""
    for index in opened.dense:
        step = max(1, len(index.vectors) // SELF_HIT_SAMPLE)
        asked = lost = 0
        for number in range(0, len(index.vectors), step):
            asked += 1
            vector = np.asarray(index.vectors[number])
            nearest = index.vectors[index.propose(vector)[:1]] @ vector
            lost += not len(nearest) or float(nearest[0]) < 0.999
        if index.engine != "chroma":  # not opened, or given up while searching
            raise ReleaseError(
                "作ったばかりの索引をChromaで検索できません。空き容量を確かめ、もう一度実行してください。"
            )
        if lost > LOST_ALLOWED * asked:
            raise ReleaseError(
                f"索引の検査に失敗しました（{asked}件中{lost}件のベクトルが自分を見つけられません）。"
                "もう一度実行してください。"
            )


def _write(folder: Path, corpus: Corpus, embedder: Embedder, now: datetime, progress: Progress) -> Manifest:
    release.write_texts(folder, corpus.documents, corpus.chunks)
    lexical.write(folder / "lexical", [_words(place) for place in corpus.placed()])
    embedded = corpus.windows()
    progress.start(len(embedded))
    vectors = embedder.embed([window.text for _, window in embedded], "passage", progress.advance)
    progress.finish()
    space = dense.Space("main", embedder.model, vectors.shape[1], len(vectors))
    dense.write(folder / "vectors" / space.name, space, vectors, _places(embedded))
    files = [path for path in folder.rglob("*") if path.is_file() and "chroma" not in path.parts]
    return Manifest(
        format=release.FORMAT,
        id=folder.name,
        created_at=now.isoformat(timespec="seconds"),
        documents=len(corpus.documents),
        chunks=len(corpus.chunks),
        spaces=(space,),
        files={str(p.relative_to(folder)): release.checksum(p) for p in sorted(files)},
    )


def _words(place: Placed) -> list[str]:
    document, chunk = place.document, place.chunk
    if document.sample:
        return []
    about = [document.summary] if place.opens and document.summary else []
    return search_terms("\n".join([document.title, *about, *chunk.section, chunk.text]))


def _places(windows: list[tuple[int, Window]]) -> dense.Windows:
    rows: NDArray[np.int32] = np.array([(r, w.start, w.end) for r, w in windows], np.int32)
    return dense.Windows(rows)
