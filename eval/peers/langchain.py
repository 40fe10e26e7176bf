"""LangChain by its own tutorials: its recommended splitter, Chroma, and BM25 in an ensemble.

https://python.langchain.com/docs/tutorials/rag/ and .../how_to/ensemble_retriever/. BM25 cuts at blanks, as it
does unless told otherwise; the ensemble fuses by reciprocal ranks with equal weights, its default.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_chroma import Chroma
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_text_splitters import RecursiveCharacterTextSplitter

from eval.beir import Entry
from eval.peers.peer import CHUNKS_PER_DOCUMENT, Place, once, told

BATCH = 5000  # Chroma refuses more than 5461 at once


class LangChain:
    """Vectors alone, which is what the tutorial ends with, or ``hybrid``."""

    def __init__(self, place: Place, *, hybrid: bool) -> None:
        self._hybrid = hybrid
        self._store = Chroma(persist_directory=str(place.folder), embedding_function=E5(place))

    def index(self, entries: Sequence[Entry]) -> None:
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        parts = splitter.create_documents(
            [told(entry) for entry in entries], [{"document": entry.id} for entry in entries]
        )
        if not self._store.get(limit=1)["ids"]:
            for start in range(0, len(parts), BATCH):
                self._store.add_documents(parts[start : start + BATCH])
        self._words = BM25Retriever.from_documents(parts) if self._hybrid else None

    def search(self, question: str, k: int) -> list[str]:
        found = self._retriever(CHUNKS_PER_DOCUMENT * k).invoke(question)
        return once((str(part.metadata["document"]) for part in found), k)

    def _retriever(self, chunks: int) -> BaseRetriever:
        meaning: BaseRetriever = self._store.as_retriever(search_kwargs={"k": chunks})
        if self._words is None:
            return meaning
        self._words.k = chunks
        return EnsembleRetriever(retrievers=[self._words, meaning], weights=[0.5, 0.5])


class E5(Embeddings):
    """The vectors that all share, behind LangChain's interface."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._place.embed_passages(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._place.embed_question(text)
