"""Vectors of a release: Chroma proposes, the exact vectors score. The only file that imports chromadb.

A space is one model's vectors. A chunk may have many vectors (short windows of its text; the best
one counts), a release many spaces. Chroma is a disposable cache: it is opened only as
``PersistentClient`` without an embedding function, and where it cannot be opened, or gives too
few, exact search over ``vectors.npy`` takes its place.
"""

from __future__ import annotations

import json
import logging
import os
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.types import Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")

COLLECTION = "windows"
# a denser graph than Chroma's default: it costs little at our size and misses next to nothing
GRAPH = {"hnsw:space": "cosine", "hnsw:M": 32, "hnsw:construction_ef": 200, "hnsw:search_ef": 400}
CANDIDATES = 200  # windows asked of Chroma; about fifty chunks
SAMPLE = 2000  # windows whose scores stand for all when scores are standardised
BATCH = 5000  # Chroma refuses more than 5461 at once

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Space:
    """What the vectors of one space are."""

    name: str
    model: str
    dimensions: int
    vectors: int


@dataclass(frozen=True)
class Windows:
    """Which part of which chunk each vector stands for: int32 of shape (vectors, 3).

    Columns: row of the chunk in chunks.jsonl (ascending), start and end of the window in its text.
    """

    rows: NDArray[np.int32]

    @property
    def chunk(self) -> NDArray[np.int32]:
        return self.rows[:, 0]


@dataclass(frozen=True)
class Near:
    """Rows of the chunks near a question, and what cosines are usual for it."""

    chunks: NDArray[np.int64]
    mean: float
    deviation: float


class DenseIndex:
    """One space of a release, open for searching."""

    def __init__(self, folder: Path) -> None:
        self.space = Space(**json.loads((folder / "space.json").read_text("utf-8")))
        self.vectors: NDArray[np.float32] = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        self.windows = Windows(np.load(folder / "windows.npy", allow_pickle=False))
        step = max(1, len(self.vectors) // SAMPLE)
        self._sample = np.ascontiguousarray(self.vectors[::step])
        if not len(self.windows.rows) == len(self.vectors) == self.space.vectors:
            raise ValueError("vectors and windows do not agree")
        self._client, self._collection = _open_collection(folder / "chroma", len(self.vectors))
        if self._client is not None:  # files and threads go with the index, not with the process
            weakref.finalize(self, self._client.close)

    @property
    def engine(self) -> str:
        """Which search proposes: ``chroma`` or ``exact``."""
        return "chroma" if self._collection is not None else "exact"

    def near(self, question: NDArray[np.float32]) -> Near:
        """The chunks with the windows nearest to ``question`` (shape (dimensions,), length 1)."""
        usual = self._sample @ question
        chunks = np.unique(self.windows.chunk[self.propose(question)]).astype(np.int64)
        return Near(chunks, float(usual.mean()), float(usual.std()) or 1.0)

    def propose(self, question: NDArray[np.float32]) -> NDArray[np.int64]:
        """Numbers of the windows nearest to ``question``, nearest first."""
        count = min(CANDIDATES, len(self.vectors))
        if self._collection is not None:
            try:
                found = self._collection.query(
                    query_embeddings=[question.tolist()], n_results=count, include=[]
                )
                if len(found["ids"][0]) == count:
                    return np.array([int(name) for name in found["ids"][0]], np.int64)
                log.warning("Chroma gives %d of %d; exact search", len(found["ids"][0]), count)
                self._collection = None
            except Exception:  # any fault of the cache: the exact vectors are still there
                log.exception("Chroma cannot be searched; exact search takes over")
                self._collection = None
        return self.exact(question, count)

    def exact(self, question: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """The same by comparing with every vector; ties go to the lower number."""
        return np.argsort(-(self.vectors @ question), kind="stable")[:count]

    def passages(self, question: NDArray[np.float32], row: int) -> tuple[Passage, ...]:
        """The windows of the chunk in ``row``, with their cosines to the question."""
        first, last = np.searchsorted(self.windows.chunk, [row, row + 1])
        cosines = self.vectors[first:last] @ question
        return tuple(
            Passage(int(start), int(end), float(cosine))
            for (_, start, end), cosine in zip(self.windows.rows[first:last], cosines, strict=True)
        )


def write(folder: Path, space: Space, vectors: NDArray[np.float32], windows: Windows) -> None:
    """Write one space: the exact vectors, their windows, and the Chroma cache of them."""
    folder.mkdir(parents=True)
    np.save(folder / "vectors.npy", vectors, allow_pickle=False)
    np.save(folder / "windows.npy", windows.rows, allow_pickle=False)
    (folder / "space.json").write_text(json.dumps(asdict(space), indent=1), "utf-8")
    with _client(folder / "chroma") as client:
        collection = client.create_collection(COLLECTION, embedding_function=None, metadata=GRAPH)
        for start in range(0, len(vectors), BATCH):
            part = vectors[start : start + BATCH]
            collection.upsert(ids=[str(start + row) for row in range(len(part))], embeddings=part)


def _open_collection(folder: Path, expected: int) -> tuple[Any | None, Any | None]:
    """The client and its collection; neither where the cache is damaged."""
    client = None
    try:
        client = _client(folder)
        collection = client.get_collection(COLLECTION, embedding_function=None)
        if collection.count() == expected:
            return client, collection
        log.warning("Chroma holds %d of %d vectors; exact search", collection.count(), expected)
    except Exception:  # a damaged cache must not stop the desk
        log.warning("Chroma cannot be opened; exact search", exc_info=True)
    if client is not None:
        client.close()
    return None, None


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    return chromadb.PersistentClient(str(folder), settings=ChromaSettings(anonymized_telemetry=False))
