"""Figures (数字): what was asked and how it went, day by day, and the KPI of the desk; each as CSV too."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select

from bot.console import looks
from bot.console.access import Viewer
from bot.console.door import ConsoleRoute
from bot.desk.figures import Figures, figures
from bot.store.database import Store
from bot.store.schema import answers, feedback
from bot.store.unanswered import Unanswered

DAY_NAMES = ("日", "質問", "答えた", "近い答え", "答えがない", "聞き返した", "役に立った", "役に立たなかった")
KPI_NAMES = (
    "年度", "ブロック", "支援自治体数", "マッチング検討", "成立", "現場試行", "社会実装", "実施数の計",
)  # fmt: skip
STATUSES = ("answered", "partial", "refused", "clarify")

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@dataclass(frozen=True)
class Day:
    """What was asked on one day, and what people said of the answers on that day."""

    day: date
    asked: int
    answered: int
    partial: int
    refused: int
    clarify: int
    helpful: int
    unhelpful: int


@router.get("/console/figures")
def overview(visit: Viewer) -> Response:
    store = visit.offices.store
    days = days_of(store)
    ledger = Counter(entry.state for entry in Unanswered(store).entries())
    shown = {
        "days": days,
        "most": max((day.asked for day in days), default=0),
        "day_names": DAY_NAMES,
        "kpi": [_kpi_row(row) for row in figures(store)],
        "kpi_names": KPI_NAMES,
        "ledger": ledger,
        "hours": visit.offices.settings.conversation_hours,
    }
    return looks.page(visit, "figures.html", shown)


@router.get("/console/figures/days.csv")
def days_file(visit: Viewer) -> Response:
    return _csv("days.csv", DAY_NAMES, (astuple(day) for day in days_of(visit.offices.store)))


@router.get("/console/figures/kpi.csv")
def kpi_file(visit: Viewer) -> Response:
    return _csv("kpi.csv", KPI_NAMES, (_kpi_row(row) for row in figures(visit.offices.store)))


def days_of(store: Store) -> tuple[Day, ...]:
    """Every day on which something was asked or said, the newest first."""
    with store.reading() as connection:
        asked = list(connection.execute(select(answers.c.at, answers.c.status)))
        said = list(connection.execute(select(feedback.c.at, feedback.c.helpful)))
    by_day: dict[date, Counter[str]] = defaultdict(Counter)
    for at, status in asked:
        by_day[at.date()].update(("asked", status))
    for at, helpful in said:
        by_day[at.date()].update(("helpful" if helpful else "unhelpful",))
    return tuple(
        Day(day, *(counts[name] for name in ("asked", *STATUSES, "helpful", "unhelpful")))
        for day, counts in sorted(by_day.items(), reverse=True)
    )


def _kpi_row(row: Figures) -> tuple[object, ...]:
    return (*astuple(row), row.total)


def _csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """With a mark at the beginning, by which Excel knows UTF-8."""
    paper = io.StringIO()
    writer = csv.writer(paper)
    writer.writerow(header)
    writer.writerows(rows)
    headers = {**looks.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + paper.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
