"""Any other embedding model, and models that rerank, through sentence-transformers. The only file that imports it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.embed import Embedded, Kind
from rag.errors import ModelError
from rag.fold import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH_TEXTS = 32

# No model is fetched behind the user's back; who wants a hub says so: HF_HUB_OFFLINE=0.
for _name, _value in {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1"),
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}.items():
    os.environ.setdefault(_name, _value)


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


class Transformer:
    """A sentence-transformers model by its name, or from a local folder. Raises ModelError."""

    def __init__(self, model: str) -> None:
        self.model = model
        self._transformer = _load(model)
        brings_its_own = any(self._transformer.prompts.values())
        self._prefixes = Prefixes() if brings_its_own else KNOWN_PREFIXES.get(model, Prefixes())
        self._lock = threading.Lock()  # a fast tokenizer must not be borrowed twice at once

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        prefix = self._prefixes.query if kind == "query" else self._prefixes.passage
        ready = [prefix + fold(text) for text in texts]
        # long and short apart: a batch is as slow as its longest text
        order = sorted(range(len(ready)), key=lambda row: len(ready[row]))
        rows: NDArray[np.float32] | None = None
        for start in range(0, len(order), BATCH_TEXTS):
            batch = order[start : start + BATCH_TEXTS]
            vectors = self._encode([ready[row] for row in batch], kind)
            if rows is None:
                rows = np.zeros((len(ready), vectors.shape[1]), np.float32)
            rows[batch] = vectors
            if progress:
                progress(len(batch))
        return Embedded(np.zeros((0, 0), np.float32) if rows is None else rows)

    def _encode(self, texts: list[str], kind: Kind) -> NDArray[np.float32]:
        encode = self._transformer.encode_query if kind == "query" else self._transformer.encode_document
        with self._lock:
            vectors = encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


class CrossEncoder:
    """A model that reads question and passage together (:class:`rag.retrieve.Reranker`). Raises ModelError."""

    def __init__(self, model: str) -> None:
        _quiet()
        from sentence_transformers import CrossEncoder as Model

        try:
            self._model = Model(model, device="cpu", trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise _missing("並べ直すモデル", model, "HANDSON_RERANKER") from error
        self._lock = threading.Lock()

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How well each text answers, shape (texts,), higher is better; no fixed range."""
        pairs = [(fold(question), fold(text)) for text in texts]
        with self._lock:
            scores = self._model.predict(pairs, batch_size=BATCH_TEXTS, show_progress_bar=False)
        return np.asarray(scores, np.float32).reshape(len(texts), -1)[:, 0]


def _load(name: str) -> Any:
    _quiet()
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(name, device="cpu", trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _missing("埋め込みモデル", name, "HANDSON_MODEL") from error


def _quiet() -> None:
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)


def _missing(what: str, name: str, setting: str) -> ModelError:
    return ModelError(
        f"{what}「{name}」を読み込めません。{setting} の名前かフォルダを確かめてください"
        "（モデルの取得には HF_HUB_OFFLINE=0 とネットワークが要ります）。"
    )
