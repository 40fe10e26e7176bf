"""Texts to vectors: one seam. What stands behind it is in :mod:`rag.models`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["query", "passage"]


class Embedder(Protocol):
    """Turns texts into unit vectors. Safe to share between threads."""

    model: str

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), dimensions), float32, each of length 1.

        ``progress`` is called with the number of texts done since its last call.
        """
