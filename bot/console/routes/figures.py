"""Figures (数字): what was asked, from where and of what, how it went, and the KPI of the desk; each as CSV too."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.console import looks
from bot.console.asked.papers import csv_file
from bot.console.asked.tallies import HEADS, MATTERS, PERIODS, REGIONS, VIEWS, every_day, start_of, tallies_of
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Viewer
from bot.desk.dispatch import japanese_now
from bot.desk.figures import Figures, figures
from bot.store.asked import Asked, Count
from bot.store.unanswered import Unanswered

KPI_NAMES = (
    "年度", "ブロック", "支援自治体数", "マッチング検討", "成立", "現場試行", "社会実装", "実施数の計",
)  # fmt: skip

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
Days = Annotated[int, Query()]


@router.get("/console/figures")
def overview(visit: Viewer, days: Days = PERIODS[0]) -> Response:
    store, period = visit.offices.store, period_of(days)
    counts = asked_in(visit, period)
    start = start_of(period, japanese_now())
    days_asked = tallies_of(Asked(store).days(start))
    shown = {
        "period": period,
        "periods": PERIODS,
        "heads": HEADS,
        "total": sum(count.n for count in counts),
        "days": days_asked,
        "chart": every_day(days_asked, start.date(), period),
        "views": [(view, view.tallies(counts)) for view in (*REGIONS, *MATTERS)],
        "ledger": Counter(entry.state for entry in Unanswered(store).entries()),
        "kpi": [_kpi_row(row) for row in figures(store)],
        "kpi_names": KPI_NAMES,
        "kept": visit.offices.settings.question_days,
    }
    return looks.page(visit, "figures.html", shown)


@router.get("/console/figures/kpi.csv")
def kpi_file(visit: Viewer) -> Response:
    return csv_file("kpi.csv", KPI_NAMES, (_kpi_row(row) for row in figures(visit.offices.store)))


@router.get("/console/figures/days.csv")
def days_file(visit: Viewer, days: Days = PERIODS[0]) -> Response:
    period = period_of(days)
    counted = Asked(visit.offices.store).days(start_of(period, japanese_now()))
    return csv_file(f"days-{period}.csv", ("日", *HEADS), (tally.row for tally in tallies_of(counted)))


@router.get("/console/figures/{name}.csv")
def file(
    visit: Viewer,
    name: Literal["blocks", "prefectures", "facilities", "intents", "stages"],
    days: Days = PERIODS[0],
) -> Response:
    view, period = VIEWS[name], period_of(days)
    tallies = view.tallies(asked_in(visit, period))
    return csv_file(f"{name}-{period}.csv", (view.head, *HEADS), (tally.row for tally in tallies))


def period_of(days: int) -> int:
    """One of the periods there are."""
    return days if days in PERIODS else PERIODS[0]


def asked_in(visit: Viewer, period: int) -> tuple[Count, ...]:
    return Asked(visit.offices.store).since(start_of(period, japanese_now()))


def _kpi_row(row: Figures) -> tuple[object, ...]:
    return (*astuple(row), row.total)
