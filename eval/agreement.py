"""How far people agree beyond chance: Cohen's κ of two, Krippendorff's α of any number with gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean

import numpy as np


def kappa(marks: Sequence[Mapping[str, float]]) -> float | None:
    """The mean of Cohen's κ over all pairs of people (Cohen 1960); ``None`` where nobody shares what can differ."""
    found = [one for a, b in combinations(marks, 2) if (one := _of_two(a, b)) is not None]
    return fmean(found) if found else None


def _of_two(one: Mapping[str, float], other: Mapping[str, float]) -> float | None:
    shared = [(one[name], other[name]) for name in one if name in other]
    if not shared:
        return None
    levels = {mark for pair in shared for mark in pair}
    same = sum(a == b for a, b in shared) / len(shared)
    chance = (
        sum(sum(a == level for a, _ in shared) * sum(b == level for _, b in shared) for level in levels)
        / len(shared) ** 2
    )
    return None if chance == 1 else (same - chance) / (1 - chance)


def alpha(marks: Sequence[Mapping[str, float]]) -> float | None:
    """Krippendorff's α for marks that have an order (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability).

    ``None`` where no two marked the same, or all marks are one.
    """
    names = {name for its in marks for name in its}
    units = [told for name in names if len(told := [its[name] for its in marks if name in its]) > 1]
    levels = sorted({mark for unit in units for mark in unit})
    if len(levels) < 2:
        return None
    pairs = np.zeros((len(levels), len(levels)))
    for unit in units:
        counts = np.array([unit.count(level) for level in levels], float)
        pairs += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    totals = pairs.sum(axis=0)
    distance = _ordinal(totals)
    expected = (np.outer(totals, totals) - np.diag(totals)) / (totals.sum() - 1)
    return float(1 - (pairs * distance).sum() / (expected * distance).sum())


def _ordinal(
    totals: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """How far two levels are from each other: by how many marks lie between them."""
    size = len(totals)
    distance = np.zeros((size, size))
    for a, b in combinations(range(size), 2):
        between = totals[a : b + 1].sum() - (totals[a] + totals[b]) / 2
        distance[a, b] = distance[b, a] = between**2
    return distance
