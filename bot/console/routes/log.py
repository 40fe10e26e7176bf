"""The audit log (変更の記録)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.console import looks
from bot.console.audit import PAGE, Wanted
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Administrator

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
Said = Annotated[str, Query(max_length=100)]


@router.get("/console/audit")
def log(
    visit: Administrator,
    by: Said = "",
    action: Said = "",
    what: Said = "",
    page: Annotated[int, Query(ge=1, le=10**6)] = 1,
) -> Response:
    wanted = Wanted(by.strip(), action.strip(), what.strip())
    entries, count = visit.offices.audit.entries(wanted, page)
    pages = max(1, -(-count // PAGE))
    shown = {"entries": entries, "wanted": wanted, "page": page, "pages": pages, "count": count}
    return looks.page(visit, "audit.html", shown)
