"""The pages: chat, a readable document, and their files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.templating import Jinja2Templates

from bot.api_models import AnswerModel
from bot.faults import status_of
from bot.live import LiveDesk
from rag.errors import NotFound, UserFacingError
from rag.types import SHELF_NAMES, Document

PAGES = Path(__file__).parent.parent / "pages"
STATIC = {"style.css": "text/css", "chat.js": "text/javascript", "icon.svg": "image/svg+xml"}
EXAMPLES = (
    "新技術を使いたいのですが、何から始めればよいですか",
    "道路橋の定期点検は何年に1回ですか",
    "職員がドローンで橋を点検している自治体はありますか",
    "歩掛りがない新技術はどう積算すればよいですか",
)

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(PAGES)


@router.get("/")
def chat_page(request: Request, q: Annotated[str, Query()] = "") -> HTMLResponse:
    """The chat page. Without JavaScript its form comes back here with ``?q=``."""
    live: LiveDesk = request.app.state.live
    limit = live.settings.max_question_chars
    shown: dict[str, object] = {"question": q, "examples": EXAMPLES, "limit": limit}
    status = 200
    try:
        desk = live.desk()
        shown["release"] = desk.release.manifest
        if q:
            shown["answer"] = AnswerModel.of(desk.ask(q))
    except UserFacingError as error:
        shown["fault"] = error.message
        status = status_of(error)
    return templates.TemplateResponse(request, "chat.html", shown, status_code=status)


@router.get("/documents/{document_id}")
def document_page(request: Request, document_id: str, chunk: str = "") -> HTMLResponse:
    """One document in full, the cited chunk marked."""
    live: LiveDesk = request.app.state.live
    try:
        release = live.desk().release
        document = release.documents.get(document_id)
        if document is None:
            raise NotFound("この文書は、いまの版の資料にはありません。質問の画面からお探しください。")
        shown: dict[str, object] = {
            "document": document,
            "related": _by_shelf([release.documents[other] for other in document.related]),
            "shelf_names": SHELF_NAMES,
            "chunks": release.chunks_of(document_id),
            "cited": chunk,
            "release": release.manifest,
        }
        return templates.TemplateResponse(request, "document.html", shown)
    except UserFacingError as error:
        return templates.TemplateResponse(
            request, "fault.html", {"fault": error.message}, status_code=status_of(error)
        )


def _by_shelf(documents: list[Document]) -> dict[str, list[Document]]:
    """Japanese shelf name -> its documents, in the order of the shelves."""
    shelves = {name: [d for d in documents if d.shelf == shelf] for shelf, name in SHELF_NAMES.items()}
    return {name: found for name, found in shelves.items() if found}


@router.get("/static/{name}")
def static(name: str) -> FileResponse:
    """The style sheet and the script; nothing else can be named."""
    if name not in STATIC:
        raise NotFound("このファイルはありません。")
    return FileResponse(PAGES / name, media_type=STATIC[name])
