"""The state of a match of a need and a seed, and the count of matches as the national council counts it.

インフラメンテナンス国民会議 令和3年度事業計画書（令和2年度 KPI 結果）: each match is counted once, under the state that it
has reached, and マッチング・現場試行・実装実施数 is their sum (113 + 14 + 6 + 0 = 133).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from rag.errors import StateError

State = Literal["検討", "成立", "現場試行", "実装"]
STATES: tuple[State, ...] = get_args(State)
COUNTED: dict[State, str] = {
    "検討": "マッチング検討数",
    "成立": "マッチング成立数",
    "現場試行": "現場試行数",
    "実装": "社会実装数",
}
TOTAL = "マッチング・現場試行・実装実施数"


@dataclass(frozen=True)
class Pairing:
    """A need and a seed that are looked at together, and how far they have come; ``sample``: the need is made up."""

    need_id: str
    seed_id: str
    municipality: str
    state: State = "検討"
    sample: bool = False

    def advanced(self, state: State) -> Pairing:
        """One or more steps on. Raises StateError for a step back or none."""
        if STATES.index(state) <= STATES.index(self.state):
            ahead = "、".join(STATES[STATES.index(self.state) + 1 :])
            told = f"進められるのは {ahead} です。" if ahead else "これより先の状態はありません。"
            raise StateError(
                f"{self.need_id} と {self.seed_id} の状態は、{self.state}から{state}にはできません。{told}"
            )
        return replace(self, state=state)


@dataclass(frozen=True)
class Kpi:
    """``counts``: matches by the state they have reached; ``municipalities``: whose needs they are (支援自治体数)."""

    counts: dict[State, int]
    municipalities: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def lines(self) -> dict[str, int]:
        """As the plan of the council lists them."""
        named = {COUNTED[state]: count for state, count in self.counts.items()}
        return {"支援自治体数": self.municipalities, TOTAL: self.total, **named}


def kpi(pairings: Iterable[Pairing]) -> Kpi:
    """Each pair of a need and a seed once, under the furthest state told of it; samples (サンプル) do not count."""
    furthest: dict[tuple[str, str], Pairing] = {}
    for pairing in pairings:
        if pairing.sample:
            continue
        key = (pairing.need_id, pairing.seed_id)
        known = furthest.setdefault(key, pairing)
        if STATES.index(pairing.state) > STATES.index(known.state):
            furthest[key] = pairing
    counts = Counter(pairing.state for pairing in furthest.values())
    towns = {pairing.municipality for pairing in furthest.values()}
    return Kpi({state: counts[state] for state in STATES}, len(towns))
