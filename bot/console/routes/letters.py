"""Letters (手紙): a request's as Word files, and the templates they are written with."""

from __future__ import annotations

import os
from pathlib import Path as FilePath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import Response

from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Staff, Visit
from bot.console.stock.editing import editing
from bot.desk import letters
from bot.desk.letters import KINDS, To
from bot.desk.templates import LARGEST
from rag.errors import DeskError, UserFacingError
from rag.matching.live import LiveMatchmaker

PAGE = "/console/requests/letters"

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.post("/console/requests/{number}/letters/{to}")
def write(visit: Staff, number: Annotated[int, Path(ge=1, le=10**9)], to: To) -> Response:
    """The file, to be kept; that it was written stands in the log."""
    state = visit.request.app.state
    matching: LiveMatchmaker = state.matching
    letter = letters.write(number, to, state.dispatch, visit.offices.settings, matching.current)
    visit.offices.audit.write(
        visit.by, "手紙を作成", f"受付番号{number}", after={"手紙": f"{KINDS[to].to}への{KINDS[to].name}"}
    )
    return _download(letter.name, letter.content)


@router.get(PAGE)
def templates(visit: Staff) -> Response:
    return _page(visit)


@router.get(PAGE + "/{to}.docx")
def template(visit: Staff, to: To) -> Response:
    """The one that is used now, to be changed in Word."""
    content, _ = letters.template_of(to, visit.offices.settings)
    return _download(f"{KINDS[to].name}のひな形.docx", content)


@router.post(PAGE + "/{to}")
def put(visit: Staff, to: To) -> Response:
    """Use another template from now on, if a letter can be written with it."""
    if not visit.posted.files:
        return _page(visit, 422, {f"file-{to}": "Wordのファイル（.docx）を選んでください。"})
    sent = visit.posted.files[0]
    content = sent.file.read(LARGEST + 1)
    try:
        letters.check_template(content, sent.filename or "", to)
    except DeskError as error:
        return _page(visit, 422, {f"file-{to}": error.message})
    with editing(visit.offices.settings):
        _keep(letters.own_template(to, visit.offices.settings), content)
    visit.offices.audit.write(
        visit.by, "手紙のひな形を変更", KINDS[to].name, after={"ファイル": sent.filename}
    )
    return looks.onward(visit, PAGE, f"{KINDS[to].name}のひな形を変えました。次の手紙から使います。")


@router.post(PAGE + "/{to}/remove")
def remove(visit: Staff, to: To) -> Response:
    """Back to the template that was there at the beginning."""
    with editing(visit.offices.settings):
        letters.own_template(to, visit.offices.settings).unlink(missing_ok=True)
    visit.offices.audit.write(visit.by, "手紙のひな形を元に戻す", KINDS[to].name)
    return looks.onward(visit, PAGE, f"{KINDS[to].name}は、はじめのひな形に戻しました。")


def _page(visit: Visit, status: int = 200, faults: dict[str, str] | None = None) -> Response:
    settings = visit.offices.settings
    own = {to for to in KINDS if letters.own_template(to, settings).exists()}
    shown = {
        "kinds": KINDS,
        "own": own,
        "broken": {to: fault for to in own if (fault := _fault(visit, to))},
        "most_mb": LARGEST // 2**20,
    }
    filled = visit.filled(faults) if faults else None
    return looks.page(visit, "letters.html", shown, status=status, filled=filled)


def _fault(visit: Visit, to: To) -> str:
    """Why the template that stands there now cannot be used."""
    try:
        letters.check_template(*letters.template_of(to, visit.offices.settings), to)
    except UserFacingError as error:
        return error.message
    return ""


def _keep(path: FilePath, content: bytes) -> None:
    """In one step: whoever writes a letter meanwhile reads the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(content)
    os.replace(aside, path)


def _download(name: str, content: bytes) -> Response:
    headers = {**looks.HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=letters.CONTENT_TYPE, headers=headers)
