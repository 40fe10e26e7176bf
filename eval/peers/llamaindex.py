"""LlamaIndex by its own example of hybrid search: BM25 and vectors, fused by reciprocal ranks.

https://developers.llamaindex.ai/python/framework/integrations/retrievers/reciprocal_rerank_fusion/. The
example lets a language model write more questions; here only the one that was asked counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.retrievers.bm25 import BM25Retriever
from pydantic import PrivateAttr

from eval.beir import Entry
from eval.peers.peer import CHUNKS_PER_DOCUMENT, Place, once, told


class LlamaIndex:
    """Its splitter, its store in memory and its BM25, all as they come."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def index(self, entries: Sequence[Entry]) -> None:
        documents = [Document(text=told(entry), metadata={}, id_=entry.id) for entry in entries]
        self._nodes = SentenceSplitter().get_nodes_from_documents(documents)
        self._vectors = VectorStoreIndex(self._nodes, embed_model=E5(self._place))
        self._words = BM25Retriever.from_defaults(nodes=self._nodes)

    def search(self, question: str, k: int) -> list[str]:
        chunks = min(CHUNKS_PER_DOCUMENT * k, len(self._nodes))  # its BM25 refuses to be asked for more
        self._words.similarity_top_k = chunks
        fused = QueryFusionRetriever(
            [self._vectors.as_retriever(similarity_top_k=chunks), self._words],
            llm=MockLLM(),  # never asked: num_queries is 1
            similarity_top_k=chunks,
            num_queries=1,
            mode="reciprocal_rerank",
            use_async=False,
        )
        return once((str(found.node.ref_doc_id) for found in fused.retrieve(question)), k)


class E5(BaseEmbedding):  # type: ignore[misc]
    """The vectors that all share, behind LlamaIndex's interface."""

    _place: Place = PrivateAttr()

    def __init__(self, place: Place, **options: Any) -> None:
        super().__init__(**options)
        self._place = place

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._place.embed_question(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._place.embed_passages([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._place.embed_passages(texts)
