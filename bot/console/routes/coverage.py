"""The map of the corpus (資料の地図): how much is on the shelf against how much is asked."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from bot.console import looks
from bot.console.asked.coverage import ANY, FACILITIES, OFTEN, TOPICS, coverage
from bot.console.asked.papers import csv_file
from bot.console.asked.tallies import PERIODS
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Viewer
from bot.console.offices import live_of
from bot.console.routes.figures import Days, asked_in, period_of
from rag.errors import UserFacingError
from rag.release import Release

NAMES = ("施設", "知りたいこと", "棚", "資料", "質問", "答えがない", "印")

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.get("/console/coverage")
def overview(visit: Viewer, days: Days = PERIODS[1]) -> Response:
    period = period_of(days)
    release, fault = _release(visit)
    counts = asked_in(visit, period)
    found = coverage(release, counts)
    shown = {
        "period": period,
        "periods": PERIODS,
        "coverage": found,
        "missing": found.missing(),
        "topics": TOPICS,
        "total": sum(count.n for count in counts),
        "any": ANY,
        "often": OFTEN,
        "release": release.id if release else "",
        "fault": fault,
    }
    return looks.page(visit, "coverage.html", shown)


@router.get("/console/coverage.csv")
def file(visit: Viewer, days: Days = PERIODS[1]) -> Response:
    period = period_of(days)
    cells = coverage(_release(visit)[0], asked_in(visit, period)).cells
    rows = (
        (name, topic.intent, topic.told, cell.shelved, cell.asked, cell.refused, cell.mark)
        for name in FACILITIES
        for topic in TOPICS
        for cell in (cells[name][topic.intent],)
    )
    return csv_file(f"coverage-{period}.csv", NAMES, rows)


def _release(visit: Viewer) -> tuple[Release | None, str]:
    """The current one, or why there is none."""
    try:
        return live_of(visit.request).desk().release, ""
    except UserFacingError as error:
        return None, error.message
