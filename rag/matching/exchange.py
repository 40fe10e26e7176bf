"""ニーズ↔シーズ: a need finds technologies and seeds, a seed finds needs. A match starts at 検討 (see kpi).

Both ways give a pair the same score: it is always the need that is asked and the seed that is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corpus.parts import Facility
from corpus.records import Need, Technology
from rag.matching.advice import PartScore
from rag.matching.bank import Array, kin
from rag.matching.kpi import State
from rag.matching.weights import ExchangeWeights

_LEAST = 0.45  # below this the two have too little in common


@dataclass(frozen=True)
class Match:
    """A technology for a need, or a need for a technology: ``record`` is the one that was found."""

    record: Need | Technology
    score: float
    parts: tuple[PartScore, ...]
    state: State = "検討"


@dataclass(frozen=True)
class Side:
    """What a pair is scored by, one row or column each: facilities, how far about it, how near as texts."""

    records: Sequence[Need] | Sequence[Technology]
    facilities: Array | None
    technology: Array
    similar: Array


def matches(side: Side, weights: ExchangeWeights, wanted: Sequence[Facility], k: int) -> tuple[Match, ...]:
    """The best ``k`` of one side for one of the other, those that are closed (終了) left out.

    A seed that someone offers (提案者のある技術) comes before a kind of technology that is as near.
    """
    parts = {"facility": side.facilities, "technology": side.technology, "similar": side.similar}
    known = {name: values for name, values in parts.items() if values is not None}
    total = sum(weights.of(name) for name in known)
    score = np.sum([weights.of(name) / total * values for name, values in known.items()], axis=0)
    found = [
        (-round(float(score[row]), 2), not getattr(record, "provider", None), row)
        for row, record in enumerate(side.records)
        if score[row] >= _LEAST and getattr(record, "status", None) != "終了"
    ]
    return tuple(
        Match(
            side.records[row],
            round(float(score[row]), 3),
            tuple(
                PartScore(
                    name,
                    round(float(values[row]), 3),
                    _reason(name, float(values[row]), wanted, side.records[row]),
                )
                for name, values in known.items()
            ),
        )
        for _, _, row in sorted(found)[:k]
    )


def agreement(wanted: Sequence[Facility], records: Sequence[Need] | Sequence[Technology]) -> Array | None:
    """How well the facilities of each record fit: the best pair of them."""
    if not wanted:
        return None
    best = [max(kin(one, other) for one in wanted for other in record.facilities) for record in records]
    return np.array(best, np.float32)


def _reason(name: str, score: float, wanted: Sequence[Facility], record: Need | Technology) -> str:
    if name == "facility":
        both = [facility for facility in wanted if facility in record.facilities]
        if both:
            return f"施設が合います（{'・'.join(both)}）。"
        near = "近い施設です" if score else "施設が違います"
        return f"{near}（{'・'.join(record.facilities)}）。"
    what = "技術の種類" if name == "technology" else "求める内容と技術の概要"
    near = "よく合います" if score >= 0.8 else "合います" if score >= 0.5 else "少し合います"
    return f"{what}が{near if score >= 0.2 else '合うとは読めません'}。"
