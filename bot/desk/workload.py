"""How much each advisor has on their hands (アドバイザーの受け持ち)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.desk.request import Request
from bot.desk.states import ENGAGED
from corpus.records import Advisor


@dataclass(frozen=True)
class Workload:
    """The supports that an advisor is at, how many there are ``this_year``, and how many they take in a year.

    ``capacity`` is ``None`` for somebody who is no longer in the bank.
    """

    advisor: str
    name: str
    engaged: tuple[Request, ...]
    this_year: int
    capacity: int | None

    @property
    def is_full(self) -> bool:
        return self.capacity is not None and self.this_year >= self.capacity


def workloads(
    requests: Iterable[Request], bank: Mapping[str, Advisor], load: Mapping[str, int]
) -> tuple[Workload, ...]:
    """Everybody with something this year, the busiest first; ``load``: how many they had this year."""
    engaged: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        if request.advisor and request.state in ENGAGED:
            engaged[request.advisor].append(request)
    made = [
        Workload(
            advisor,
            bank[advisor].title if advisor in bank else advisor,
            tuple(engaged.get(advisor, ())),
            load.get(advisor, 0),
            bank[advisor].capacity if advisor in bank else None,
        )
        for advisor in sorted({*engaged, *load})
    ]
    return tuple(sorted(made, key=lambda one: (-len(one.engaged), -one.this_year)))
