"""Late interaction: each token of a question looks for its like among the tokens of a window.

The score of a window is the mean, over the tokens of the question, of the best product with one of its
own (MaxSim; Khattab & Zaharia 2020, arXiv:2004.12832). The model was never trained for it, yet its tokens
find what its one vector a text blurs. A token of a window is kept as the signs of its dimensions only: 48
bytes. The file is mapped: several processes share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


BLOCK = 128  # tokens at a time: they stay in the cache, and BLAS wakes no threads for so few


class LateIndex:
    """The tokens of every window of a space."""

    def __init__(self, folder: Path) -> None:
        self._starts: NDArray[np.int64] = np.load(folder / "starts.npy", allow_pickle=False)
        self._signs: NDArray[np.uint8] = np.load(folder / "signs.npy", mmap_mode="r", allow_pickle=False)
        if self._starts[-1] != len(self._signs):
            raise ValueError("tokens and windows do not agree")

    @property
    def windows(self) -> int:
        return len(self._starts) - 1

    def scores(
        self, question: NDArray[np.float32], ranges: Sequence[tuple[int, int]]
    ) -> list[NDArray[np.float32]]:
        """For each range [first, last) the scores of its windows; -inf for a window without a token.

        ``question`` has the shape (tokens, dimensions), at least one token.
        """
        if not ranges:
            return []
        bounds = [self._starts[first : last + 1] for first, last in ranges]
        bits = np.concatenate([self._signs[bound[0] : bound[-1]] for bound in bounds])
        lengths = np.concatenate([np.diff(bound) for bound in bounds])
        scores = np.full(len(lengths), -np.inf, np.float32)
        some = lengths > 0
        if some.any():
            starts = np.cumsum(lengths) - lengths
            scores[some] = np.maximum.reduceat(_products(bits, question), starts[some], axis=0).mean(axis=1)
        return np.split(scores, np.cumsum([last - first for first, last in ranges])[:-1])


def _products(bits: NDArray[np.uint8], question: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each packed token with each of the question's, shape (packed tokens, tokens of the question)."""
    products = np.empty((len(bits), len(question)), np.float32)
    tokens = np.ascontiguousarray(question.T)
    ones = np.empty((BLOCK, len(tokens)), np.float32)
    for start in range(0, len(bits), BLOCK):
        block = bits[start : start + BLOCK]
        ones[: len(block)] = np.unpackbits(block, axis=1)
        np.matmul(ones[: len(block)], tokens, out=products[start : start + BLOCK])
    # what is summed where a sign is plus, twice, less the sum of all: the minuses need not be spelled out
    whole: NDArray[np.float32] = 2 * products - question.sum(axis=1)
    return whole


def write(folder: Path, tokens: Sequence[NDArray[Any]]) -> None:
    """Write the signs of the tokens of each window."""
    folder.mkdir()
    starts = np.concatenate([[0], np.cumsum([len(array) for array in tokens])]).astype(np.int64)
    np.save(folder / "starts.npy", starts, allow_pickle=False)
    np.save(folder / "signs.npy", np.concatenate(tokens), allow_pickle=False)
