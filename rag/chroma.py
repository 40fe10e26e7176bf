"""Chroma: a disposable index of one space's vectors. The only file that imports chromadb.

It is opened only as ``PersistentClient`` without an embedding function. A damaged directory can abort the
process that opens it: see :mod:`rag.dense`.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")

COLLECTION = "windows"
# a denser graph than Chroma's default: among 27,000 windows of which many are alike, M = 32 lost 4-7 % of
# them, 64 none, for the same time
GRAPH = {"hnsw:space": "cosine", "hnsw:M": 64, "hnsw:construction_ef": 100, "hnsw:search_ef": 400}
BATCH = 5000  # Chroma refuses more than 5461 at once

log = logging.getLogger(__name__)


def write(folder: Path, vectors: NDArray[np.float32]) -> None:
    """Write the index; the number of a vector is its id. Raises whatever Chroma raises."""
    with _client(folder) as client:
        collection = client.create_collection(COLLECTION, embedding_function=None, metadata=GRAPH)
        for start in range(0, len(vectors), BATCH):
            part = vectors[start : start + BATCH]
            collection.upsert(ids=[str(start + row) for row in range(len(part))], embeddings=part)


def open_collection(folder: Path, expected: int) -> tuple[Any | None, Any | None]:
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
