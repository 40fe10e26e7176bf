"""How long a need takes among very many advisors."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter, process_time

import numpy as np

from eval import crowd
from rag.matching.matchmaker import Matchmaker

ADVISORS, NEEDS = 20_000, 500


@dataclass(frozen=True)
class Bulk:
    """Milliseconds for a need as typed until the answer is there; seconds to open the bank (once).

    ``cpu_ms_median`` is what the processor works for it, which other programs on the machine do not change.
    """

    advisors: int
    needs: int
    open_s: float
    ms_median: float
    ms_p95: float
    cpu_ms_median: float


def measure(matchmaker: Matchmaker, advisors: int = ADVISORS, needs: int = NEEDS) -> Bulk:
    """The whole way: reading, advisors, team, what to ask for. ``matchmaker`` gets another bank."""
    made = crowd.advisors(matchmaker.shelves.advisors, advisors)
    begun = perf_counter()
    matchmaker.__dict__["advisors"] = matchmaker.advisors_of(made, "bulk")
    _timed(matchmaker, 3)  # prepares what is prepared at the first need
    opened = perf_counter() - begun
    times = np.array(_timed(matchmaker, needs)) * 1000
    wall, cpu = np.median(times, axis=0)
    return Bulk(advisors, needs, opened, float(wall), float(np.percentile(times[:, 0], 95)), float(cpu))


def _timed(matchmaker: Matchmaker, count: int) -> list[tuple[float, float]]:
    """Seconds on the clock and of the processor for each need."""
    times = []
    for text, given in crowd.needs(matchmaker.shelves.technologies, count, seed=count):
        begun, worked = perf_counter(), process_time()
        matchmaker.advise(matchmaker.read(text, given))
        times.append((perf_counter() - begun, process_time() - worked))
    return times
