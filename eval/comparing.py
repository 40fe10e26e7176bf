"""Two runs of the same questions: what differs, and whether it is more than chance.

Yes or no: McNemar's exact test on the cases that changed (McNemar 1947). Anything else: the paired bootstrap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

from eval.measures import BY_NAME, METRICS, Values
from eval.peers.bootstrap import paired

LEVEL = 0.05  # of significance, two-sided


@dataclass(frozen=True)
class Difference:
    """``after`` minus ``before`` over the ``n`` cases that both have. ``won``, ``lost``: cases, for yes or no.

    ``p``: McNemar's; ``None`` where values are no yes or no. ``low``, ``high``: where the difference may lie.
    """

    name: str
    n: int
    before: float
    after: float
    low: float
    high: float
    p: float | None
    won: int
    lost: int

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def significant(self) -> bool:
        """More than chance."""
        return self.p < LEVEL if self.p is not None else self.low > 0 or self.high < 0

    @property
    def worse(self) -> bool:
        """Whether it got worse, by chance or not."""
        return self.change < 0 if BY_NAME[self.name].more else self.change > 0


@dataclass(frozen=True)
class Comparison:
    """``won``: cases that only the second answers rightly; ``lost``: those that only the first does."""

    differences: tuple[Difference, ...]
    won: tuple[str, ...]
    lost: tuple[str, ...]
    shared: int


def compare(before: Mapping[str, Values], after: Mapping[str, Values]) -> Comparison:
    """By the ids that both have; the values of a case are those of :mod:`eval.measures`."""
    shared = [name for name in before if name in after]
    found = []
    for metric in METRICS:
        pairs = [
            (name, one, other)
            for name in shared
            if (one := before[name].get(metric.name)) is not None
            and (other := after[name].get(metric.name)) is not None
        ]
        if pairs:
            found.append(_difference(metric.name, [p[1] for p in pairs], [p[2] for p in pairs]))
    right = {name: (before[name].get("right"), after[name].get("right")) for name in shared}
    return Comparison(
        tuple(found),
        tuple(name for name, its in right.items() if its == (0, 1)),
        tuple(name for name, its in right.items() if its == (1, 0)),
        len(shared),
    )


def _difference(name: str, before: Sequence[float], after: Sequence[float]) -> Difference:
    interval = paired(after, before)
    up = sum(b < a for b, a in zip(before, after, strict=True))
    down = sum(b > a for b, a in zip(before, after, strict=True))
    yes_or_no = {*before, *after} <= {0.0, 1.0}
    won, lost = (up, down) if BY_NAME[name].more else (down, up)
    return Difference(
        name,
        len(before),
        sum(before) / len(before),
        sum(after) / len(after),
        interval.low,
        interval.high,
        mcnemar(up, down) if yes_or_no else None,
        won,
        lost,
    )


def mcnemar(won: int, lost: int) -> float:
    """The exact two-sided p of so uneven a split of the cases that changed: a fair coin, tossed for each."""
    tossed = won + lost
    tail = sum(comb(tossed, heads) for heads in range(min(won, lost) + 1)) / 2**tossed
    return float(min(1.0, 2 * tail))
