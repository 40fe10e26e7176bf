"""Our search as a LangChain retriever, for chains and agents that are built elsewhere.

LangChain's types stay on this side: nothing else in rag/ knows of it, and nothing here is needed to answer.
"""

from __future__ import annotations

from typing import Annotated

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from rag.answer import Desk
from rag.cite import address
from rag.types import Hit


class HandsonRetriever(BaseRetriever):
    """The best ``k`` chunks of a desk's release, best first, with all that a citation needs.

    Only the sources are handed over: that a sentence stands on them is checked by ``Desk.ask``, not in
    somebody else's chain. Raises what ``Desk.search`` raises.
    """

    desk: Desk
    k: Annotated[int, Field(ge=1, le=100)] = 10

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  LangChain passes it by this name
    ) -> list[Document]:
        return [_document(hit) for hit in self.desk.search(query, self.k)]


def _document(hit: Hit) -> Document:
    chunk = hit.chunk
    return Document(
        id=chunk.id,
        page_content=chunk.text,
        metadata={
            "id": chunk.id,
            "document_id": chunk.document_id,
            "title": hit.document.label,
            "section": list(chunk.section),
            "page": chunk.page,
            "printed": chunk.printed,
            "url": address(chunk),
            "score": hit.score,
            "shelf": hit.document.shelf,
        },
    )
