"""The pages: chat, a readable document, the pages of its original, and their files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from bot.api_models import AnswerModel
from bot.faults import status_of
from bot.live import LiveDesk
from bot.originals import Originals
from bot.pages.marking import marked
from bot.rooms import rooms_of
from bot.talk.counter import prepared
from bot.widget.assemble import EXAMPLES, script
from rag.documents import SHELF_NAMES, Document
from rag.errors import NotFound, UserFacingError
from rag.release import Release

PAGES = Path(__file__).parent.parent / "pages"
STATIC = {"style.css": "text/css", "tokens.css": "text/css", "icon.svg": "image/svg+xml"}
WIDGET_SECONDS = 300  # a browser may keep the script for so long

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(PAGES)


@router.get("/")
def chat_page(request: Request, q: Annotated[str, Query()] = "") -> HTMLResponse:
    """The chat page. Without JavaScript its form comes back here with ``?q=``."""
    live: LiveDesk = request.app.state.live
    rooms = rooms_of(request)
    limit = live.settings.max_question_chars
    shown: dict[str, object] = {"question": q, "examples": EXAMPLES, "limit": limit}
    status = 200
    try:
        desk = live.desk()
        shown["release"] = desk.release.manifest
        if q:
            asked = rooms.counter.take(q)
            answer = desk.answer(prepared(desk, asked))
            shown["answer"] = AnswerModel.of(answer)
            if _without_script(request):
                rooms.counter.keep(asked, answer)
    except UserFacingError as error:
        shown["fault"] = error.message
        status = status_of(error)
    return templates.TemplateResponse(request, "chat.html", shown, status_code=status)


@router.get("/documents/{document_id}")
def document_page(request: Request, document_id: str, chunk: str = "", sentence: str = "") -> HTMLResponse:
    """One document in full, the cited sentence marked (``sentence``: its words, or start-end in the chunk)."""
    live: LiveDesk = request.app.state.live
    try:
        release = live.desk().release
        document = _document(release, document_id)
        chunks = release.chunks_of(document_id)
        shown: dict[str, object] = {
            "document": document,
            "related": _by_shelf([release.documents[other] for other in document.related]),
            "shelf_names": SHELF_NAMES,
            "chunks": chunks,
            "cited": chunk,
            "lines": {one.id: marked(one.text, sentence if one.id == chunk else "") for one in chunks},
            "original": Originals(live.settings).pdf(document_id) is not None,
            "release": release.manifest,
        }
        return templates.TemplateResponse(request, "document.html", shown)
    except UserFacingError as error:
        return fault_page(request, error)


@router.get("/documents/{document_id}/pages/{page}")
def original_page(request: Request, document_id: str, page: int) -> HTMLResponse:
    """One page of the original as a picture, with what was read from it."""
    live: LiveDesk = request.app.state.live
    try:
        release = live.desk().release
        chunks = release.chunks_of(document_id)
        shown: dict[str, object] = {
            "document": _document(release, document_id),
            "page": page,
            "pages": _pages_of(live, document_id, page),
            "chunks": [chunk for chunk in chunks if chunk.page == page],
            "release": release.manifest,
        }
        return templates.TemplateResponse(request, "original.html", shown)
    except UserFacingError as error:
        return fault_page(request, error)


@router.get("/documents/{document_id}/pages/{page}/picture")
def page_picture(request: Request, document_id: str, page: int) -> Response:
    """The picture itself."""
    live: LiveDesk = request.app.state.live
    _document(live.desk().release, document_id)
    _pages_of(live, document_id, page)
    return FileResponse(Originals(live.settings).picture(document_id, page), media_type="image/png")


@router.get("/widget.js")
def widget() -> Response:
    """The widget as one script, for any page."""
    headers = {"Cache-Control": f"public, max-age={WIDGET_SECONDS}"}
    return Response(script(), media_type="text/javascript", headers=headers)


@router.get("/static/{name}")
def static(name: str) -> FileResponse:
    """The style sheets and the picture; nothing else can be named."""
    if name not in STATIC:
        raise NotFound("このファイルはありません。")
    return FileResponse(PAGES / name, media_type=STATIC[name])


def _without_script(request: Request) -> bool:
    """Whether the form of the page sent it. Who comes from elsewhere and has the widget asks again through it."""
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _document(release: Release, document_id: str) -> Document:
    document = release.documents.get(document_id)
    if document is None:
        raise NotFound("この文書は、いまの版の資料にはありません。質問の画面からお探しください。")
    return document


def _pages_of(live: LiveDesk, document_id: str, page: int) -> int:
    """How many pages the original has. Raises NotFound where it has none of that number."""
    pages = Originals(live.settings).pages(document_id)
    if not 1 <= page <= pages:
        had = f"{pages}ページまで" if pages else "ページの画像がない文書"
        raise NotFound(f"{page}ページはありません（{had}です）。文書の画面からお選びください。")
    return pages


def fault_page(request: Request, error: UserFacingError) -> HTMLResponse:
    """What went wrong, for a person."""
    return templates.TemplateResponse(
        request, "fault.html", {"fault": error.message}, status_code=status_of(error)
    )


def _by_shelf(documents: list[Document]) -> dict[str, list[Document]]:
    """Japanese shelf name -> its documents, in the order of the shelves."""
    shelves = {name: [d for d in documents if d.shelf == shelf] for shelf, name in SHELF_NAMES.items()}
    return {name: found for name, found in shelves.items() if found}
