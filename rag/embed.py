"""Texts to vectors: one seam. What stands behind it is in :mod:`rag.models`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Literal["query", "passage"]


@dataclass(frozen=True)
class Embedded:
    """``vectors`` of shape (texts, dimensions), float32, each of length 1.

    A model that can tell its tokens apart also gives ``tokens``, one array a text: of a question float32
    (tokens, dimensions), of a passage the signs of the same, packed into bits (uint8, an eighth as wide).
    """

    vectors: NDArray[np.float32]
    tokens: tuple[NDArray[Any], ...] = ()


class Embedder(Protocol):
    """Turns texts into vectors. Safe to share between threads."""

    model: str

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        """``progress`` is called with the number of texts done since its last call."""
