"""The hard conditions (必ず守る条件): who cannot be recommended for a need, and why, in a sentence.

Consent, capacity, period, region or online, conflict of interest. All advisors at once, as arrays.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from corpus.expertise import Period, Travel
from corpus.records import Advisor, Technology
from rag.matching.bank import Array, Bank
from rag.matching.need import BLOCKS, Need

Condition = Literal["consent", "capacity", "period", "reach", "conflict"]
Flags = NDArray[np.bool_]

_ANYWHERE = 0.7  # comes from far
_ONLINE = 0.4  # only online, where the need does not ask for it
_MONTHS = (0, 9999 * 12)
_TRAVELS: tuple[Travel, ...] = get_args(Travel)


@dataclass(frozen=True)
class Roster:
    """``interests``: the advisors who sell each technology or belong to its provider."""

    advisors: tuple[Advisor, ...]
    interests: Mapping[str, Flags]
    consent: Flags
    capacity: NDArray[np.int64]
    months: NDArray[np.int64]
    remote: Flags
    travel: NDArray[np.int8]

    @classmethod
    def of(cls, advisors: Sequence[Advisor], technologies: Sequence[Technology]) -> Roster:
        return cls(
            tuple(advisors),
            _interests(advisors, technologies),
            consent=np.array([advisor.consent for advisor in advisors], bool),
            capacity=np.array([advisor.capacity for advisor in advisors], np.int64),
            months=np.array([_span(advisor.period) for advisor in advisors], np.int64).reshape(-1, 2),
            remote=np.array([advisor.remote for advisor in advisors], bool),
            travel=np.array([_TRAVELS.index(advisor.travel) for advisor in advisors], np.int8),
        )

    def at(self, rows: NDArray[np.int64]) -> Roster:
        """Some of the advisors."""
        return replace(
            self,
            advisors=tuple(self.advisors[row] for row in rows),
            interests={technology: who[rows] for technology, who in self.interests.items()},
            consent=self.consent[rows],
            capacity=self.capacity[rows],
            months=self.months[rows],
            remote=self.remote[rows],
            travel=self.travel[rows],
        )

    def fails(self, need: Need, bank: Bank, load: Array, today: datetime.date) -> dict[Condition, Flags]:
        """Who fails each condition, in the order in which they are told."""
        start, end = _span(need.period or _this_year(today))
        at_hand = self.on_site(need, bank)
        reached = {"現地": at_hand, "オンライン": self.remote, None: at_hand | self.remote}[need.mode]
        conflict = np.zeros(len(self.advisors), bool)
        for technology in need.in_question:
            if technology in self.interests:
                conflict |= self.interests[technology]
        return {
            "consent": ~self.consent,
            "capacity": load >= self.capacity,
            "period": (self.months[:, 0] > end) | (self.months[:, 1] < start),
            "reach": ~reached,
            "conflict": conflict,
        }

    def on_site(self, need: Need, bank: Bank) -> Flags:
        """Who can come; where the place is not known, everyone who travels at all."""
        travels = np.asarray(self.travel != _TRAVELS.index("オンラインのみ"), bool)
        if not need.block:
            return travels
        home = bank.home(need) > 0
        served = bank.blocks[:, BLOCKS.index(need.block)] > 0
        reached = {
            "県内": home,
            "対応地域": home | served,
            "全国": travels,
            "オンラインのみ": np.zeros_like(travels),
        }
        return np.choose(self.travel, [reached[travel] for travel in _TRAVELS])

    def region(self, need: Need, bank: Bank) -> Array | None:
        """How near each advisor is: in the prefecture, at work in the block, travelling far, only online."""
        near = bank.near(need)
        if near is None:
            return None
        if need.mode == "オンライン":
            return np.maximum(near, self.remote * np.float32(_ANYWHERE))
        comes = np.maximum(near, np.float32(_ANYWHERE))
        online = self.remote * np.float32(_ONLINE)
        return np.asarray(np.where(self.on_site(need, bank), comes, online), np.float32)

    def told(self, condition: Condition, row: int, need: Need, titles: str) -> str:
        """Why an advisor fails a condition. ``titles`` are those of the technologies in question."""
        advisor = self.advisors[row]
        if condition == "capacity" and not advisor.capacity:
            return "今年度は受け入れていません。"
        if condition == "capacity":
            return f"今年度に受けられる{advisor.capacity}自治体に達しています。"
        if condition == "period":
            return f"対応できる期間（{_period_told(advisor.period)}）が、相談の時期と合いません。"
        if condition == "reach":
            return _reach_told(advisor, need)
        if condition == "conflict":
            return f"相談の技術{titles}を扱う企業に属しています（利害の関係）。"
        return "掲載の同意がありません。"


def _reach_told(advisor: Advisor, need: Need) -> str:
    where = need.prefecture or "相談の自治体"
    range_ = {"県内": advisor.prefecture, "対応地域": "・".join(advisor.blocks)}.get(advisor.travel)
    there = f"現地に行けるのは{range_}で、{where}には行けません" if range_ else "現地には行けません"
    if need.mode == "現地":
        return f"{there}。"
    if need.mode == "オンライン":
        return "オンラインの相談に対応していません。"
    return f"{there}。オンラインの相談にも対応していません。"


def _interests(advisors: Sequence[Advisor], technologies: Sequence[Technology]) -> dict[str, Flags]:
    providers = {t.id: t.provider for t in technologies if t.provider}
    found: dict[str, Flags] = {}
    for technology in {*providers, *(record for advisor in advisors for record in advisor.sells)}:
        provider = providers.get(technology)
        found[technology] = np.array(
            [technology in a.sells or (provider is not None and a.vendor == provider) for a in advisors], bool
        )
    return found


def _this_year(today: datetime.date) -> Period:
    """From this month to the end of the fiscal year (年度), as the capacity is counted."""
    year = today.year + (today.month >= 4)
    return Period(start=f"{today:%Y-%m}", end=f"{year}-03")


def _span(period: Period | None) -> tuple[int, int]:
    """Months since the year 0."""
    start, end = (period.start, period.end) if period else (None, None)
    return (_number(start) if start else _MONTHS[0], _number(end) if end else _MONTHS[1])


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def _period_told(period: Period | None) -> str:
    start, end = (period.start, period.end) if period else (None, None)
    return f"{f'{start}から' if start else ''}{f'{end}まで' if end else ''}"
