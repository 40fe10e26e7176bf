"""What a newer edition changes in an older one (版の違い), passage by passage, before anything is replaced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from ingest.changes import Change, ChunkChange
from ingest.inspection import inspect_reading
from ingest.types import Reading
from rag.documents import Chunk


@dataclass(frozen=True)
class Changed:
    """The passages that differ, in the order of the newer edition, and how many do not."""

    changes: tuple[ChunkChange, ...]
    same: int

    def count(self, kind: Change) -> int:
        return Counter(change.change for change in self.changes)[kind]


def compare(name: str, before: Reading, after: Reading) -> Changed:
    """Both as the pipeline cuts them, under one name: a passage is the same where heading and words are."""
    old, new = (inspect_reading(name, reading).chunks for reading in (before, after))
    changes = tuple(_changes(old, new))
    return Changed(changes, len(new) - sum(change.after is not None for change in changes))


def _changes(old: tuple[Chunk, ...], new: tuple[Chunk, ...]) -> Iterator[ChunkChange]:
    matcher = SequenceMatcher(None, [_key(c) for c in old], [_key(c) for c in new], autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        for before, after in zip_longest(old[i:i_end], new[j:j_end]):
            kind: Change = "added" if before is None else "removed" if after is None else "changed"
            yield ChunkChange(kind, before, after)


def _key(chunk: Chunk) -> tuple[tuple[str, ...], str]:
    return chunk.section, chunk.text
