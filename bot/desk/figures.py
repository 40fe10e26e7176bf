"""The figures of the desk by block and fiscal year (KPI), counted as the national council counts its own.

A request counts once a year, under the furthest it came in that year: マッチング検討 (候補提示), 成立 (決定), 現場試行 or
社会実装 (on the day the request tells). 支援自治体数 are the municipalities of those requests. What was erased is not
counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import get_args

from sqlalchemy import Connection, select

from bot.desk import rows
from bot.desk.request import Request
from bot.store.database import Store
from bot.store.schema import request_events, requests
from corpus.places import Block

_BLOCKS = get_args(Block)
ALL = "全国"


@dataclass(frozen=True)
class Figures:
    """One row: a block, or the whole country (全国), in a fiscal year."""

    year: int
    block: str
    municipalities: int
    considered: int
    agreed: int
    tried: int
    adopted: int

    @property
    def total(self) -> int:
        """マッチング・現場試行・実装実施数."""
        return self.considered + self.agreed + self.tried + self.adopted


def figures(store: Store) -> tuple[Figures, ...]:
    """Every year in which something happened, the newest first; the country before its blocks."""
    with store.reading() as connection:
        furthest = _furthest(connection)
    groups: dict[tuple[int, str], list[tuple[str, Request]]] = defaultdict(list)
    for (year, _), (what, request) in furthest.items():
        groups[year, ALL].append((what, request))
        groups[year, request.block].append((what, request))
    order = {name: place for place, name in enumerate((ALL, *_BLOCKS))}
    keys = sorted(groups, key=lambda key: (-key[0], order[key[1]]))
    return tuple(_counted(year, block, groups[year, block]) for year, block in keys)


def fiscal_year(day: date) -> int:
    """年度: from April to March."""
    return day.year if day.month >= 4 else day.year - 1


def _furthest(connection: Connection) -> dict[tuple[int, int], tuple[str, Request]]:
    """Year and number -> the furthest that the request came in that year."""
    reached = _first_days(connection)
    found: dict[tuple[int, int], tuple[str, Request]] = {}
    for row in connection.execute(select(requests)):
        request = rows.request_of(row)
        days = {
            "considered": reached.get((request.id, "候補提示")),
            "agreed": reached.get((request.id, "決定")),
            "tried": request.tried_on,
            "adopted": request.adopted_on,
        }
        for what, day in days.items():  # the later ones take the place of the earlier
            if day is not None:
                found[fiscal_year(day), request.id] = what, request
    return found


def _first_days(connection: Connection) -> dict[tuple[int, str], date]:
    """Number and state -> the day on which the request first came to it."""
    wanted = (
        select(request_events.c.request_id, request_events.c.at, request_events.c.after)
        .where(request_events.c.action == "advanced")
        .order_by(request_events.c.id)
    )
    reached: dict[tuple[int, str], date] = {}
    for number, at, after in connection.execute(wanted):
        reached.setdefault((number, after["state"]), at.date())
    return reached


def _counted(year: int, block: str, furthest: list[tuple[str, Request]]) -> Figures:
    counts = Counter(what for what, _ in furthest)
    places = {request.municipality_code for _, request in furthest}
    return Figures(
        year, block, len(places), counts["considered"], counts["agreed"], counts["tried"], counts["adopted"]
    )
