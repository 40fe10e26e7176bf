"""How a document was read (読み取り): page by page, the picture of the page beside what was made of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, Response

from bot.commands.inspecting import STATES
from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Viewer, Visit
from bot.console.offices import live_of
from bot.console.stock.corrections import Corrections, Proof, printed_on
from bot.console.stock.editing import fingerprint
from bot.console.stock.shelf import Shelf
from bot.originals import Originals
from ingest.corrections import DEEPEST, LONGEST, Correction, PageFix
from rag.errors import NotFound, UserFacingError

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.get("/console/documents/{item_id}/reading")
def reading(
    visit: Viewer,
    item_id: str,
    page: Annotated[int, Query(ge=1, le=10**6)] = 1,
    fix: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    return show(visit, item_id, page, fix)


@router.get("/console/documents/{item_id}/pages/{page}")
def picture(visit: Viewer, item_id: str, page: Annotated[int, Path(ge=1, le=10**6)]) -> Response:
    settings = visit.offices.settings
    item = Shelf(settings).item(item_id)
    originals = Originals(settings)
    if page > originals.pages(item.id):
        raise NotFound("このページの画像はありません。")
    return FileResponse(originals.picture(item.id, page), media_type="image/png")


def show(
    visit: Visit,
    item_id: str,
    page: int,
    fix: str = "",
    *,
    status: int = 200,
    faults: dict[str, str] | None = None,
    conflict: str = "",
) -> Response:
    """One page of a document; ``fix``: the passage that is being put right."""
    settings = visit.offices.settings
    proof = Corrections(settings).proof(item_id)
    pages = proof.reading.pages
    if not 1 <= page <= len(pages):
        raise NotFound(f"{page}ページはありません（{len(pages)}ページまでです）。")
    number = pages[page - 1].number
    shown = {
        "item": proof.item,
        "seen": proof.seen,
        "page": pages[page - 1],
        "place": page,
        "pages": len(pages),
        "states": STATES,
        "every": [one for one in proof.cut.every if number is None or one[0].page == number],
        "removed": [part for part in proof.seen.removed if number is None or part.page == number],
        "picture": Originals(settings).pdf(proof.item.id) is not None,
        "passages": proof.passages(number),
        "fix": fix,
        "corrections": proof.by_id,
        "version_of": fingerprint,
        "waiting": waiting(visit, proof),
        "deepest": DEEPEST,
        "longest": LONGEST,
    }
    filled = visit.filled(faults) if status != 200 else None
    return looks.page(
        visit,
        "reading.html",
        shown | _printed(proof, number) | {"conflict": conflict},
        status=status,
        filled=filled,
    )


def _printed(proof: Proof, number: int | None) -> dict[str, object]:
    """The number printed on the page: as it is, as it was read, and what was put right of it."""
    if number is None:
        return {"printed": None}
    fix = proof.by_id.get(Correction(PageFix(number, ""), "", "").id)
    read = proof.cut.printed_read.get(number)
    return {"printed": printed_on(proof, number), "printed_read": read, "printed_fix": fix}


def waiting(visit: Visit, proof: Proof) -> bool:
    """Whether the current release has this document otherwise than the next one would."""
    chunks = () if proof.item.state == "withdrawn" else proof.cut.chunks
    try:
        return live_of(visit.request).desk().release.chunks_of(proof.item.id) != chunks
    except UserFacingError:  # there is no release yet
        return bool(chunks)
