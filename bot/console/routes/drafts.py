"""Drafts of cases (事例の下書き): what finished supports left, each the beginning of a record."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Staff
from bot.desk import drafts
from bot.desk.drafts import Draft
from rag.errors import UserFacingError

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@dataclass(frozen=True)
class Shown:
    """A draft, or why it cannot be read."""

    number: int
    draft: Draft | None = None
    fault: str = ""


@router.get("/console/requests/drafts")
def listing(visit: Staff) -> Response:
    folder = visit.offices.settings.drafts
    found = []
    for number in drafts.numbers(folder):
        try:
            found.append(Shown(number, drafts.read(folder, number)))
        except UserFacingError as error:
            found.append(Shown(number, fault=error.message))
    return looks.page(visit, "drafts.html", {"found": found})
