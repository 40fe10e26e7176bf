"""How a document was read (読み取り): page by page, the picture of the page beside what was made of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, Response

from bot.commands.inspecting import STATES
from bot.console import looks
from bot.console.access import Viewer
from bot.console.door import ConsoleRoute
from bot.console.shelf import Shelf
from bot.originals import Originals
from ingest.inspection import inspect_reading
from rag.errors import NotFound

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.get("/console/documents/{item_id}/reading")
def reading(visit: Viewer, item_id: str, page: Annotated[int, Query(ge=1, le=10**6)] = 1) -> Response:
    settings = visit.offices.settings
    keeper = Shelf(settings)
    item = keeper.item(item_id)
    read = keeper.library.reading(item)
    seen = inspect_reading(item.file_name, read.trusted(item.accepted))
    pages = len(read.pages)
    if page > pages:
        raise NotFound(f"{page}ページはありません（{pages}ページまでです）。")
    number = read.pages[page - 1].number
    shown = {
        "item": item,
        "seen": seen,
        "page": read.pages[page - 1],
        "place": page,
        "pages": pages,
        "states": STATES,
        "chunks": [chunk for chunk in seen.chunks if number is None or chunk.page == number],
        "removed": [part for part in seen.removed if number is None or part.page == number],
        "picture": Originals(settings).pdf(item.id) is not None,
    }
    return looks.page(visit, "reading.html", shown)


@router.get("/console/documents/{item_id}/pages/{page}")
def picture(visit: Viewer, item_id: str, page: Annotated[int, Path(ge=1, le=10**6)]) -> Response:
    settings = visit.offices.settings
    item = Shelf(settings).item(item_id)
    originals = Originals(settings)
    if page > originals.pages(item.id):
        raise NotFound("このページの画像はありません。")
    return FileResponse(originals.picture(item.id, page), media_type="image/png")
