"""A simulated year: needs come one after another, each goes to the first advisor found, and loads are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval import crowd
from eval.advisors import TODAY
from rag.matching.advisors import Advisors
from rag.matching.bank import Array
from rag.matching.heard import Heard
from rag.matching.matchmaker import Matchmaker

BANK = 400  # advisors, so that a year of needs does not use up all there is


@dataclass(frozen=True)
class Year:
    """``served`` of the ``needs`` found an advisor. ``over``: advisors with more than their capacity."""

    needs: int
    served: int
    gini: float
    top_tenth: float
    over: int
    idle: int


@dataclass(frozen=True)
class Fairness:
    """``systems``: in turn, and by score alone. ``capacity_gini``: as uneven as the capacities are."""

    advisors: int
    capacity: int
    capacity_gini: float
    systems: dict[str, Year]


Choose = Callable[[Heard, Array], Sequence[int]]


def simulate(matchmaker: Matchmaker, count: int) -> Fairness:
    """The same needs for every system."""
    made = crowd.advisors(matchmaker.shelves.advisors, BANK)
    advisors = matchmaker.advisors_of(made, "crowd")
    asked = [
        matchmaker.read(text, given).need
        for text, given in crowd.needs(matchmaker.shelves.technologies, count)
    ]
    heard = [matchmaker.heard(need, advisors.bank.texts) for need in asked]
    capacity = advisors.roster.capacity.astype(np.float32)
    unturned = replace(advisors, weights=advisors.weights.model_copy(update={"equal_within": 0.0}))
    systems: dict[str, Choose] = {
        "in turn": lambda need, had: _chosen(advisors, need, had),
        "score alone": lambda need, had: _chosen(unturned, need, had),
    }
    return Fairness(
        BANK,
        int(capacity.sum()),
        gini(capacity[capacity > 0]),
        {name: _year(choose, heard, capacity) for name, choose in systems.items()},
    )


def gini(counts: Array) -> float:
    """0: all have the same; near 1: one has everything (Gini 1912)."""
    values = np.sort(np.asarray(counts, np.float64))
    if not values.sum():
        return 0.0
    ranks = np.arange(1, len(values) + 1)
    return float(2 * (ranks * values).sum() / (len(values) * values.sum()) - (len(values) + 1) / len(values))


def _chosen(advisors: Advisors, need: Heard, had: Array) -> list[int]:
    return advisors.in_turn(advisors.judge(need, had, TODAY), had, 1)


def _year(choose: Choose, heard: Sequence[Heard], capacity: Array) -> Year:
    had = np.zeros(len(capacity), np.float32)
    for need in heard:
        for row in choose(need, had):
            had[row] += 1
    able = capacity > 0
    counts = np.sort(had[able])[::-1]
    tenth = max(1, round(len(counts) / 10))
    return Year(
        len(heard),
        int(had.sum()),
        gini(counts),
        float(counts[:tenth].sum() / max(counts.sum(), 1)),
        int((had > capacity).sum()),
        int(Counter(counts.tolist())[0.0]),
    )
