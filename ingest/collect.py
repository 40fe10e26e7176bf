"""The shelves and the library -> Corpus: all documents and chunks that a release is built from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corpus import shelves
from ingest.chunks import Window, chunks, grouped, telling, windows
from ingest.cutting import cut
from ingest.library import Library
from ingest.records import shelf_documents
from rag.documents import Chunk, Document
from rag.errors import RecordError
from rag.settings import Settings


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


def collect(settings: Settings) -> Corpus:
    """Read the shelves and the library into documents and chunks."""
    try:
        made = shelf_documents(shelves.load(shelves.ROOT, settings.shelves))
    except shelves.ShelfError as error:
        raise RecordError(str(error)) from error
    documents = [document for document, _ in made]
    made_chunks = [chunk for document, parts in made for chunk in chunks(document, parts)]
    library = Library(settings)
    for item, reading in library.searchable():
        documents.append(item.document)
        made_chunks += cut(item.document, reading, library.corrections(item)).chunks
    return Corpus(tuple(documents), tuple(made_chunks))
