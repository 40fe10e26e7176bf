"""Small real doubles for the seams: an embedder without a model, a chat model without a provider."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np

from rag.embed import Embedded, Kind
from rag.tokens import search_terms

DIMENSIONS = 64


class WordEmbedder:
    """A unit vector from the words of a text: texts that share words are near."""

    def __init__(self, model: str = "words") -> None:
        self.model = model

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            for word in search_terms(text) or ["空"]:
                vectors[row, zlib.crc32(word.encode()) % DIMENSIONS] += 1
        if progress:
            progress(len(texts))
        return Embedded(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
