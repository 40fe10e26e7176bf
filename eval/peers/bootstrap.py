"""How sure a difference is: the paired bootstrap (Efron & Tibshirani 1993, chapter 16; Sakai 2006)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
SEED = 1  # the same resamples every time and for every peer
SLICE = 100  # resamples drawn at once: memory


@dataclass(frozen=True)
class Interval:
    """A mean difference and where 95 % of the resampled means lie."""

    mean: float
    low: float
    high: float


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Of ours minus theirs, each pair of one question; questions are drawn with replacement."""
    differences = np.subtract(ours, theirs)
    if not differences.shape[0]:
        raise ValueError("no question")
    draw = np.random.default_rng(SEED)
    shape = (SLICE, len(differences))
    means = np.concatenate(
        [
            differences[draw.integers(0, len(differences), shape)].mean(axis=1)
            for _ in range(RESAMPLES // SLICE)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(differences.mean()), float(low), float(high))
