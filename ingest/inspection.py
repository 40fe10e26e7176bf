"""What would be made of a file: its pages, headings and chunks, and what was left out. Adds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ingest.corrections import Correction
from ingest.cutting import Cut, cut
from ingest.items import Item
from ingest.readers import parent
from ingest.readers.limits import Limits
from ingest.types import Page, Reading, Removed
from rag.documents import Chunk, Document


@dataclass(frozen=True)
class Heading:
    """One heading of the document and how deep it stands (0 is outermost)."""

    depth: int
    text: str


@dataclass(frozen=True)
class Inspection:
    """A file as the pipeline sees it."""

    name: str
    title: str
    pages: tuple[Page, ...]
    headings: tuple[Heading, ...]
    chunks: tuple[Chunk, ...]
    removed: tuple[Removed, ...]
    printed: dict[int, str]
    cut: Cut

    @property
    def left_out(self) -> dict[str, int]:
        """Reason -> how many runs of text were left out for it."""
        return dict(Counter(part.why for part in self.removed))

    @property
    def to_look_at(self) -> tuple[Page, ...]:
        """Pages that are not searched: unread or doubtful."""
        return tuple(page for page in self.pages if page.state != "read")


def inspect_file(path: Path, limits: Limits) -> Inspection:
    """Read a file as ``handson add`` would. Raises UnreadableFile."""
    return inspect_reading(path.name, parent.read(path, limits))


def inspect_reading(name: str, reading: Reading) -> Inspection:
    """See what the pipeline makes of a reading."""
    title = reading.title or Path(name).stem
    return _inspected(reading, name, cut(Document(name, title, "library"), reading.trusted()), title)


def inspect_item(item: Item, reading: Reading, corrections: Sequence[Correction]) -> Inspection:
    """See what the next release takes of a document of the library, corrections and all."""
    made = cut(item.document, reading.trusted(item.accepted), corrections)
    return _inspected(reading, item.file_name, made, item.title)


def _inspected(reading: Reading, name: str, made: Cut, title: str) -> Inspection:
    return Inspection(
        name=name,
        title=title,
        pages=reading.pages,
        headings=tuple(_headings(made.chunks)),
        chunks=made.chunks,
        removed=(*reading.removed, *made.removed),
        printed=made.printed,
        cut=made,
    )


def _headings(made: tuple[Chunk, ...]) -> list[Heading]:
    """The heading tree in reading order; a heading is named once for all chunks below it."""
    found: list[Heading] = []
    before: tuple[str, ...] = ()
    for path, _ in groupby(made, key=lambda chunk: chunk.section):
        shared = next((n for n, (a, b) in enumerate(zip(path, before, strict=False)) if a != b), None)
        start = min(len(path), len(before)) if shared is None else shared
        found += [Heading(depth, path[depth]) for depth in range(start, len(path))]
        before = path
    return found
