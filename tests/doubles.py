"""Small real doubles for the seams: an embedder without a model, a chat model without a provider."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import numpy as np
from langchain_core.messages import AIMessageChunk

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


class Speaker:
    """A chat model that says its pieces, one after a pause each; ``stopped`` once nobody listens any more."""

    def __init__(self, *pieces: Any, pause: float = 0.0, endless: bool = False) -> None:
        self._pieces = pieces
        self._pause = pause
        self._endless = endless
        self.said = 0
        self.stopped = False
        self.messages: Any = None

    async def astream(self, messages: Any) -> AsyncIterator[Any]:
        self.messages = messages
        try:
            while True:
                for piece in self._pieces:
                    await asyncio.sleep(self._pause)
                    self.said += 1
                    yield AIMessageChunk(piece)
                if not self._endless:
                    return
        finally:
            self.stopped = True
