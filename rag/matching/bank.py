"""Many profiles as arrays, prepared once: each part of a match is one step over all of them.

A part is how well each profile suits a need in one respect, 0..1. ``None``: the need does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.parts import Facility
from rag.matching.need import BLOCKS, FACILITIES, PREFECTURES, SIZES, STAGES, Need
from rag.matching.profiles import Profile
from rag.matching.qualified import FIELDS, OTHER, field_of
from rag.matching.texts import Texts

Array = NDArray[np.float32]
Part = str  # the name of a part, as in weights.yaml

# what someone who knows one facility can say of another
_KIN: dict[tuple[Facility, Facility], float] = {
    ("道路", "舗装"): 0.7,
    ("道路", "道路附属物・斜面"): 0.5,
    ("河川", "砂防・海岸"): 0.5,
    ("港湾", "砂防・海岸"): 0.4,
    ("橋梁", "トンネル"): 0.3,
    ("水道", "下水道"): 0.3,
    ("道路", "橋梁"): 0.3,
    ("道路", "トンネル"): 0.3,
}
_ANY_FIELD = 0.5  # 複数分野 and a single facility
_SIZE_STEPS = (1.0, 0.6, 0.3)  # the same size, the next one, the one after
_STAGE_STEPS = (1.0, 0.4)
SAME_BLOCK = 0.9


@dataclass(frozen=True)
class Bank:
    """``technologies``: for each profile the columns of the catalogue and how well it knows each."""

    profiles: tuple[Profile, ...]
    texts: Texts
    columns: NDArray[np.int64]
    levels: Array

    @classmethod
    def of(cls, profiles: Sequence[Profile], texts: Texts, catalogue: Sequence[str]) -> Bank:
        place = {record: column for column, record in enumerate(catalogue)}
        known = [[(place[t], level) for t, level in p.technologies.items() if t in place] for p in profiles]
        width = max([1, *map(len, known)])
        columns = np.zeros((len(profiles), width), np.int64)
        levels = np.zeros((len(profiles), width), np.float32)
        for row, pairs in enumerate(known):
            for at, (column, level) in enumerate(pairs):
                columns[row, at], levels[row, at] = column, level
        return cls(tuple(profiles), texts, columns, levels)

    def __len__(self) -> int:
        return len(self.profiles)

    @cached_property
    def facilities(self) -> Array:
        """How well each profile knows each facility, its kin included."""
        own = self._grid(FACILITIES, lambda p: p.facilities)
        near = np.array([[kin(one, other) for other in FACILITIES] for one in FACILITIES], np.float32)
        return np.asarray((own[:, :, None] * near[None]).max(axis=1), np.float32)

    @cached_property
    def stages(self) -> Array:
        return _near(self._grid(STAGES, lambda p: dict.fromkeys(p.stages, 1.0)), _STAGE_STEPS)

    @cached_property
    def sizes(self) -> Array:
        return _near(self._grid(SIZES, lambda p: dict.fromkeys(p.sizes, 1.0)), _SIZE_STEPS)

    @cached_property
    def prefectures(self) -> Array:
        return self._grid(PREFECTURES, lambda p: dict.fromkeys(p.prefectures, 1.0))

    @cached_property
    def blocks(self) -> Array:
        return self._grid(BLOCKS, lambda p: dict.fromkeys(p.blocks, 1.0))

    @cached_property
    def qualified(self) -> Array:
        """Which fields each profile has qualifications of; the last column: any at all."""
        grid = np.zeros((len(self), len(FIELDS) + 1), np.float32)
        for row, profile in enumerate(self.profiles):
            for name in profile.qualifications:
                grid[row, -1] = OTHER
                for facility in field_of(name):
                    grid[row, FIELDS.index(facility)] = 1.0
        return grid

    def at(self, rows: NDArray[np.int64]) -> Bank:
        """Some of the profiles, with what was prepared; their texts are left to the whole bank."""
        few = Bank(
            tuple(self.profiles[row] for row in rows), self.texts, self.columns[rows], self.levels[rows]
        )
        for name in ("facilities", "stages", "sizes", "prefectures", "blocks", "qualified"):
            few.__dict__[name] = getattr(self, name)[rows]
        return few

    def parts(self, need: Need, relevance: Array, nearness: Array) -> dict[Part, Array | None]:
        """Every part that a bank can tell, by name. ``relevance``: how far the need is about each technology."""
        known = (relevance[self.columns] * self.levels).max(axis=1) if len(relevance) else None
        return {
            "facility": self.facility(need.facilities),
            "technology": known,
            "stage": self.stages[:, STAGES.index(need.stage)] if need.stage else None,
            "size": self.sizes[:, SIZES.index(need.size)] if need.size else None,
            "region": self.near(need),
            "similar": nearness,
            "qualifications": self.qualification(need.facilities),
        }

    def facility(self, facilities: Sequence[Facility]) -> Array | None:
        """Over the facilities of a need: half the best, half the mean."""
        if not facilities:
            return None
        known = self.facilities[:, [FACILITIES.index(facility) for facility in facilities]]
        return np.asarray((known.max(axis=1) + known.mean(axis=1)) / 2)

    def near(self, need: Need) -> Array | None:
        """1 in the prefecture of a need, a little less in its block."""
        if not need.block:
            return None
        return np.asarray(np.maximum(self.home(need), self.blocks[:, BLOCKS.index(need.block)] * SAME_BLOCK))

    def home(self, need: Need) -> Array:
        """1 for who is in the prefecture of a need, where it is known."""
        column = PREFECTURES.index(need.prefecture) if need.prefecture else None
        return np.zeros(len(self), np.float32) if column is None else self.prefectures[:, column]

    def qualification(self, facilities: Sequence[Facility]) -> Array:
        columns = [FIELDS.index(facility) for facility in facilities if facility in FIELDS]
        return np.asarray(self.qualified[:, [*columns, -1]].max(axis=1))

    def _grid(self, choices: Sequence[str], told: Callable[[Profile], Mapping[Any, float]]) -> Array:
        place = {choice: column for column, choice in enumerate(choices)}
        grid = np.zeros((len(self), len(choices)), np.float32)
        for row, profile in enumerate(self.profiles):
            for choice, value in told(profile).items():
                grid[row, place[choice]] = value
        return grid


def weighted(parts: dict[Part, Array | None], weight: Callable[[Part], float]) -> Array:
    """The weighted mean of the parts that are known."""
    known = [(weight(name), values) for name, values in parts.items() if values is not None and weight(name)]
    total = sum(share for share, _ in known)
    return np.asarray(sum(share * values for share, values in known) / total if total else np.zeros(0))


def kin(one: Facility, other: Facility) -> float:
    """What knowing one facility counts for another."""
    if one == other:
        return 1.0
    if "複数分野" in (one, other):
        return _ANY_FIELD
    return _KIN.get((one, other), _KIN.get((other, one), 0.0))


def _near(grid: Array, steps: Sequence[float]) -> Array:
    """Choices in an order: next to one that holds, a part of it does."""
    near = np.zeros_like(grid)
    for distance, value in enumerate(steps):
        for shift in {distance, -distance}:
            moved = np.roll(grid, shift, axis=1)
            if shift > 0:
                moved[:, :shift] = 0
            elif shift < 0:
                moved[:, shift:] = 0
            near = np.maximum(near, moved * value)
    return near
