"""As many chunks as one likes, out of the passages of real sets; and vectors for them without embedding them.

A copy of a passage holds its sentences in another order. Nobody embeds 200,000 texts for the sake of a clock:
a passage gets a vector near one of BASE real ones, drawn by lot (a question is embedded as always). So times,
sizes and memory are those of the real thing; how well anything is found cannot be asked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from random import Random

import numpy as np

from eval.beir import Entry
from eval.retrieval import corpus_of
from rag.embed import Embedded, Embedder, Kind
from rag.sentences import split_sentences

CHARS = 300  # letters of a passage at most: one chunk of ours, and one of everybody's
BASE = 2000  # texts that are really embedded
NOISE = 0.02  # standard deviation in each dimension: about .93 of cosine to the real one


def passages(entries: Sequence[Entry], size: int) -> Iterator[Entry]:
    """``size`` documents of one chunk each: the real passages, then copies of them, always the same."""
    parts = [(entry, _sentences(entry.text)) for entry in entries if entry.text.strip()]
    return islice(_endless(parts), size)


def _endless(parts: Sequence[tuple[Entry, list[str]]]) -> Iterator[Entry]:
    for number in count():
        entry, sentences = parts[number % len(parts)]
        if number >= len(parts):
            sentences = Random(number).sample(sentences, len(sentences))  # noqa: S311 - the same every time
        yield Entry(str(number), entry.title, "".join(sentences)[:CHARS])


def _sentences(text: str) -> list[str]:
    flat = " ".join(text.split())
    return [flat[span.start : span.end] for span in split_sentences(flat)]


def base_texts(entries: Sequence[Entry]) -> list[str]:
    """What is really embedded: windows of ours, evenly from all of the passages."""
    windows = [window.text for _, window in corpus_of(list(passages(entries, len(entries)))).windows()]
    return windows[:: max(1, len(windows) // BASE)][:BASE]


def write_base(file: Path, embedded: Embedded) -> None:
    """Keep real vectors, and their tokens where the model tells them."""
    tokens = np.concatenate(embedded.tokens) if embedded.tokens else np.zeros(0, np.uint8)
    lengths = np.array([len(each) for each in embedded.tokens], np.int64)
    np.savez(file, vectors=embedded.vectors, tokens=tokens, lengths=lengths)


def read_base(file: Path) -> Embedded:
    """The same again."""
    with np.load(file, allow_pickle=False) as kept:
        lengths = kept["lengths"]
        tokens = np.split(kept["tokens"], np.cumsum(lengths)[:-1]) if len(lengths) else []
        return Embedded(kept["vectors"], tuple(tokens))


class Drawn:
    """Gives a passage a vector near a real one; a question goes to the model itself."""

    def __init__(self, embedder: Embedder, base: Callable[[], Embedded]) -> None:
        self.model = embedder.model
        self._embedder = embedder
        self._base = base  # read only where passages are embedded, so that it fills no other memory
        self._made: Embedded | None = None
        self._random = np.random.default_rng(1)

    def embed(
        self, texts: Sequence[str], kind: Kind, progress: Callable[[int], object] | None = None
    ) -> Embedded:
        if kind == "query":
            return self._embedder.embed(texts, kind, progress)
        made = self._made = self._made or self._base()
        rows = self._random.integers(0, len(made.vectors), len(texts))
        near = made.vectors[rows] + self._random.normal(0, NOISE, (len(rows), made.vectors.shape[1]))
        unit = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
        if progress:
            progress(len(texts))
        return Embedded(unit, tuple(made.tokens[row] for row in rows) if made.tokens else ())
