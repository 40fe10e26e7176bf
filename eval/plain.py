"""Two plain ways of answering, as baselines: the best chunk for the question is the answer, quoted whole.

They never refuse and never ask back. BM25 ranks our own chunks by words alone (fugashi, fields as of
rag.lexical left out); LangChain is its tutorial: RecursiveCharacterTextSplitter and Chroma, with our embedding
model. A section of ours is what a page is to its loaders.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from eval.asked import DEPTH, Asked, Cited, Gold, Said, Spot
from eval.beir import SetError
from eval.cases import Case
from rag.documents import Chunk
from rag.release import Release
from rag.settings import Settings
from rag.tokens import search_terms

CHUNK, OVERLAP = 1000, 200  # letters: what the tutorial takes
BATCH = 5000  # Chroma refuses more than 5461 at once


class Plain:
    """Quotes the first of a ranking. Parts are texts with the chunk of ours that they begin in."""

    def __init__(self, release: Release) -> None:
        self._gold = Gold(release)
        self._titles = {name: document.title for name, document in release.documents.items()}

    def ask(self, case: Case) -> Asked:
        """The question alone: a plain pipeline knows no conversation."""
        started = perf_counter()
        ranked = self.ranked(case.question)
        took = (perf_counter() - started) * 1000
        found = tuple(self._gold.spot(case, chunk) for _, chunk in ranked)
        facts: dict[str, Any] = self._gold.facts(case)
        if not ranked:
            return Asked(case.id, "refused", milliseconds=round(took, 1), **facts)
        text, chunk = ranked[0]
        cited = Cited(1, self._titles[chunk.document_id], text, text, found=True, spot=found[0])
        return Asked(
            case.id,
            "answered",
            text=f"{text}[1]",
            sentences=(Said(text, (1,)),),
            cited=(cited,),
            found=found,
            stood_on=found[:1],
            claims=1,
            kept=1,
            milliseconds=round(took, 1),
            **facts,
        )

    def ranked(self, question: str) -> Sequence[tuple[str, Chunk]]:
        raise NotImplementedError


class BM25(Plain):
    """BM25 over the words of each chunk and its title, as bm25s does it by default."""

    def __init__(self, release: Release) -> None:
        import bm25s

        super().__init__(release)
        self._chunks = release.chunks
        self._index = bm25s.BM25()
        words = [search_terms(f"{self._titles[c.document_id]}\n{c.text}") for c in release.chunks]
        self._index.index([list(its) for its in words], show_progress=False)

    def ranked(self, question: str) -> Sequence[tuple[str, Chunk]]:
        words = [word for word in search_terms(question) if word in self._index.vocab_dict]
        if not words:
            return []
        scores = self._index.get_scores(words)
        best = (-scores).argsort(kind="stable")[:DEPTH]
        return [(self._chunks[row].text, self._chunks[row]) for row in best if scores[row] > 0]


class PlainLangChain(Plain):
    """The tutorial's retrieval (https://python.langchain.com/docs/tutorials/rag/)."""

    def __init__(self, release: Release, settings: Settings, folder: Path) -> None:
        try:
            from langchain_chroma import Chroma
            from langchain_text_splitters import RecursiveCharacterTextSplitter

            from eval.peers.langchain import E5
        except ImportError as error:
            raise SetError(
                f"{error.name} がないので、LangChainとは比べられません。make bench-answers が専用の環境に入れて測ります。"
            ) from error
        from eval.peers.peer import Place
        from eval.peers.race import Remembering
        from rag.models import open_embedder

        super().__init__(release)
        model = Remembering(open_embedder(settings.model, settings.models))
        place = Place(settings, folder, lambda _: model)
        splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)
        self._first: dict[str, Chunk] = {}
        texts: dict[str, str] = {}
        for chunk in release.chunks:
            key = Spot("", chunk.document_id, chunk.section, chunk.page, None).where
            self._first.setdefault(key, chunk)
            texts[key] = f"{texts[key]}\n{chunk.text}" if key in texts else chunk.text
        told = [f"{self._titles[self._first[key].document_id]}\n{text}" for key, text in texts.items()]
        parts = splitter.create_documents(told, [{"place": key} for key in texts])
        self._store = Chroma(persist_directory=str(folder), embedding_function=E5(place))
        for start in range(0, len(parts), BATCH):
            self._store.add_documents(parts[start : start + BATCH])

    def ranked(self, question: str) -> Sequence[tuple[str, Chunk]]:
        found = self._store.similarity_search(question, k=DEPTH)
        return [(part.page_content, self._first[part.metadata["place"]]) for part in found]
