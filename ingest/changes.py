"""What differs between two releases: documents and chunks added, removed, changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import Literal

from rag.documents import Chunk, Document
from rag.release import Release

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class ChunkChange:
    """A chunk that only one side has, or two that stand in the same place of their document."""

    change: Change
    before: Chunk | None
    after: Chunk | None


@dataclass(frozen=True)
class DocumentChange:
    """A document that is not the same on both sides. ``fields`` names what of it changed besides its text."""

    change: Change
    id: str
    title: str
    fields: tuple[str, ...]
    chunks: tuple[ChunkChange, ...]


@dataclass(frozen=True)
class Difference:
    """All that leads from one release to another."""

    before: str
    after: str
    documents: tuple[DocumentChange, ...]

    def counts(self) -> dict[str, dict[Change, int]]:
        """``{"documents": {"added": 1, …}, "chunks": {…}}``"""
        chunks = [chunk.change for document in self.documents for chunk in document.chunks]
        changes = {"documents": [document.change for document in self.documents], "chunks": chunks}
        kinds: tuple[Change, ...] = ("added", "removed", "changed")
        return {name: {kind: found.count(kind) for kind in kinds} for name, found in changes.items()}


def compare(before: Release, after: Release) -> Difference:
    """The documents in the order of the later release, then those it does not have."""
    old, new = _chunks(before), _chunks(after)
    ids = [*after.documents, *(id_ for id_ in before.documents if id_ not in after.documents)]
    changes = (
        _document(before.documents.get(id_), after.documents.get(id_), old.get(id_, []), new.get(id_, []))
        for id_ in ids
    )
    return Difference(before.id, after.id, tuple(change for change in changes if change))


def _document(
    before: Document | None, after: Document | None, old: list[Chunk], new: list[Chunk]
) -> DocumentChange | None:
    shown = after or before
    assert shown is not None  # noqa: S101 - an id comes from one side at least
    chunks = tuple(_chunk_changes(old, new))
    if before is None or after is None:
        return DocumentChange("added" if before is None else "removed", shown.id, shown.title, (), chunks)
    changed = tuple(f.name for f in fields(Document) if getattr(before, f.name) != getattr(after, f.name))
    if not changed and not chunks:
        return None
    return DocumentChange("changed", shown.id, shown.title, changed, chunks)


def _chunk_changes(old: list[Chunk], new: list[Chunk]) -> Iterator[ChunkChange]:
    """In reading order. An id stands for heading path and text; another page is a change too."""
    matcher = SequenceMatcher(None, [c.id for c in old], [c.id for c in new], autojunk=False)
    for _, i, i_end, j, j_end in matcher.get_opcodes():
        for before, after in zip_longest(old[i:i_end], new[j:j_end]):
            if before is None:
                yield ChunkChange("added", None, after)
            elif after is None:
                yield ChunkChange("removed", before, None)
            elif before != after:
                yield ChunkChange("changed", before, after)


def _chunks(release: Release) -> dict[str, list[Chunk]]:
    """Document id -> its chunks; they stand together in a release."""
    return {id_: list(chunks) for id_, chunks in groupby(release.chunks, lambda chunk: chunk.document_id)}
