"""Haystack by its own tutorial of hybrid retrieval: BM25 and vectors in memory, joined by reciprocal ranks.

https://haystack.deepset.ai/tutorials/33_hybrid_retrieval, with its splitter. The tutorial ends with a cross-encoder
from a hub, which none of us has here; without one its joiner is set to reciprocal ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from haystack import Document, Pipeline, component
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.document_stores.types import DuplicatePolicy

from eval.beir import Entry
from eval.peers.peer import CHUNKS_PER_DOCUMENT, Place, once, told


class Haystack:
    """Two retrievers and a joiner in a pipeline."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        self._pipeline = _pipeline(place, self._store)

    def index(self, entries: Sequence[Entry]) -> None:
        splitter = DocumentSplitter(split_by="word", split_length=512, split_overlap=32)
        whole = [Document(content=told(entry), meta={"document": entry.id}) for entry in entries]
        parts = splitter.run(documents=whole)["documents"]
        vectors = self._place.embed_passages([part.content for part in parts])
        ready = [replace(part, embedding=vector) for part, vector in zip(parts, vectors, strict=True)]
        self._store.write_documents(ready, policy=DuplicatePolicy.SKIP)

    def search(self, question: str, k: int) -> list[str]:
        chunks = CHUNKS_PER_DOCUMENT * k
        asked = {
            "embedder": {"text": question},
            "words": {"query": question, "top_k": chunks},
            "meaning": {"top_k": chunks},
        }
        found = self._pipeline.run(asked)["joiner"]["documents"]
        return once((str(part.meta["document"]) for part in found), k)


@component
class E5:
    """The vectors that all share, as a component."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @component.output_types(embedding=list[float])  # type: ignore[untyped-decorator]
    def run(self, text: str) -> dict[str, list[float]]:
        return {"embedding": self._place.embed_question(text)}


def _pipeline(place: Place, store: Any) -> Any:
    pipeline = Pipeline()
    pipeline.add_component("embedder", E5(place))
    pipeline.add_component("words", InMemoryBM25Retriever(store))
    pipeline.add_component("meaning", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    pipeline.connect("embedder.embedding", "meaning.query_embedding")
    pipeline.connect("words", "joiner")
    pipeline.connect("meaning", "joiner")
    return pipeline
