"""From the values of many cases to figures: each with how many, the value, where it may lie, and what is unmeasured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.asked import Asked
from eval.cases import Case
from eval.measures import METRICS, Values
from eval.metrics import wilson

SEED = 1  # the same resamples every time
RESAMPLES = 2000
WHOLE = "全体"
HALVES = {"dev": "調整する組（dev）", "heldout": "確かめる組（heldout）"}


@dataclass(frozen=True)
class Figure:
    """A mean and its 95 % interval; of nothing there is no value. ``unmeasured`` are never averaged."""

    name: str
    n: int
    value: float | None
    low: float | None
    high: float | None
    unmeasured: int = 0


@dataclass(frozen=True)
class Latency:
    """Milliseconds an answer took, while ``workers`` were asking."""

    n: int
    median: float
    p95: float
    longest: float


def figures(cases: Iterable[Case], values: Mapping[str, Values]) -> dict[str, Figure]:
    """Every metric that has something to say of these cases."""
    own = [values[case.id] for case in cases]
    made = (figure(metric.name, [v[metric.name] for v in own if metric.name in v]) for metric in METRICS)
    return {its.name: its for its in made if its.n or its.unmeasured}


def figure(name: str, told: Sequence[float | None]) -> Figure:
    """Wilson's interval for yes and no, the bootstrap's for anything else."""
    known = [value for value in told if value is not None]
    if not known:
        return Figure(name, 0, None, None, None, len(told))
    if set(known) <= {0.0, 1.0}:
        low, high = wilson(int(sum(known)), len(known))
    else:
        low, high = bootstrap(known)
    return Figure(name, len(known), float(np.mean(known)), low, high, len(told) - len(known))


def bootstrap(known: Sequence[float]) -> tuple[float, float]:
    """Where 95 % of the means of resampled values lie."""
    draw = np.random.default_rng(SEED)
    values = np.asarray(known, float)
    means = values[draw.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def groups(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """All, the two halves where the set has them, then each slice in the order of the file."""
    found: dict[str, list[Case]] = {WHOLE: list(cases)}
    for half, label in HALVES.items():
        if of_it := [case for case in cases if case.half == half]:
            found[label] = of_it
    return found | slices(cases)


def slices(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """The cases of each slice, in the order of the file."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.slice, []).append(case)
    return found


def latency(results: Iterable[Asked]) -> Latency | None:
    """Of the questions that were answered at all."""
    took = sorted(asked.milliseconds for asked in results if asked.milliseconds)
    if not took:
        return None
    return Latency(
        len(took),
        float(np.percentile(took, 50, method="higher")),
        float(np.percentile(took, 95, method="higher")),
        took[-1],
    )


def told(figure: Figure) -> str:
    """A figure as people read it: 0.930 [0.885, 0.958] (n=200)."""
    if figure.value is None:
        return f"測れません（{figure.unmeasured}件）"
    more = f"、未測定{figure.unmeasured}" if figure.unmeasured else ""
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}] (n={figure.n}{more})"
